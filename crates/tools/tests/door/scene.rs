//! A door with one tool behind it, a journal, and a person who gives one answer to everything.

use boxagnts_capability::{Authority, Effect, Effects, Mode, Rulebook, Subject};
use boxagnts_record::memory::MemoryStore;
use boxagnts_record::stamp::ManualStamp;
use boxagnts_record::store::Claim;
use boxagnts_record::{Body, Journal, Store as _};
use boxagnts_tools::{
    Answer, Answered, Approvals, Door, Listener, PermissionLevel, Question, Registry, Tool, ToolContext, ToolFailure,
    ToolOutput, ToolResult, Wish,
};
use boxagnts_types::{
    AgentName, CallId, CallRequest, GuestPath, InputError, Label, PrincipalId, SessionId, StreamEvent, ToolName,
    WorkspaceId,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A tool that counts how often it really ran.
pub(crate) struct Writer {
    pub(crate) name: ToolName,
    pub(crate) schema: Value,
    pub(crate) subject: Subject,
    pub(crate) ran: Arc<AtomicUsize>,
}

impl Tool for Writer {
    fn name(&self) -> &ToolName {
        &self.name
    }

    fn description(&self) -> &'static str {
        "writes"
    }

    fn permission_level(&self) -> PermissionLevel {
        PermissionLevel::Write
    }

    fn input_schema(&self) -> &Value {
        &self.schema
    }

    fn subject(&self) -> &Subject {
        &self.subject
    }

    fn digest(&self) -> &'static str {
        "digest"
    }

    fn effects(&self, input: &Value) -> Result<Effects, InputError> {
        let path = input["path"].as_str().unwrap_or_default();
        let path = GuestPath::parse(path).map_err(|error| InputError::Value(error.to_string()))?;
        if path.name() == Some("asks") {
            return Ok(Effects::Envelope(vec!["fs.write:/workspace".parse().unwrap()]));
        }
        Ok(Effects::Exact(vec![Effect::Write(path)]))
    }

    fn execute(&self, input: Value, context: ToolContext) -> BoxFuture<'_, ToolResult> {
        Box::pin(async move {
            let run = self.ran.fetch_add(1, Ordering::Relaxed);
            match input["path"].as_str() {
                Some("panic") => panic!("on purpose"),
                Some("hang") => std::future::pending().await,
                Some("broken") => Err(ToolFailure::Broken("on purpose".to_owned())),
                Some("asks") => asks(&input, &context, run).await,
                Some("huge") => Ok(ToolOutput::text("x".repeat(1 << 20))),
                Some("state") => {
                    let count = context.state.map_or(0, |state| state[0]) + 1;
                    Ok(ToolOutput { state: Some(vec![count]), ..ToolOutput::text(count.to_string()) })
                }
                _ => Ok(ToolOutput::text("written")),
            }
        })
    }
}

/// Asks while it runs, as often as the input says, and tells what the permit says to each afterwards. Where `{run}` stands
/// in the changes, it is the number of the run, so that the same input can change other things.
pub(crate) async fn asks(input: &Value, context: &ToolContext, run: usize) -> ToolResult {
    let changes = input["changes"].as_str().map(|changes| changes.replace("{run}", &run.to_string()));
    let mut said = Vec::new();
    for number in 0..input["times"].as_u64().unwrap() {
        let name = if input["changes"] == "same" { "file".to_owned() } else { format!("file-{number}") };
        let effect = Effect::Write(GuestPath::parse(&name).unwrap());
        let wish = Wish { effects: vec![effect.clone()], changes: changes.clone(), detail: None };
        let answer = context.asker.ask(&context.permit, wish).await;
        said.push(format!("{answer:?} {}", context.permit.check(&effect).is_ok()));
    }
    Ok(ToolOutput::text(said.join("; ")))
}

#[derive(Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<StreamEvent>>);

impl Listener for Heard {
    fn hear(&self, event: StreamEvent) {
        self.0.lock().unwrap().push(event);
    }
}

/// Gives the same answer to every question and keeps the questions.
pub(crate) struct Person(pub(crate) Answer, pub(crate) Mutex<Vec<Question>>);

impl Approvals for Person {
    fn ask(&self, question: Question) -> BoxFuture<'_, Answer> {
        self.1.lock().unwrap().push(question);
        Box::pin(std::future::ready(self.0))
    }
}

pub(crate) struct Scene {
    pub(crate) door: Door,
    pub(crate) authority: Authority,
    pub(crate) journal: Journal,
    pub(crate) stamp: Arc<ManualStamp>,
    pub(crate) ran: Arc<AtomicUsize>,
    pub(crate) person: Arc<Person>,
    pub(crate) heard: Arc<Heard>,
    pub(crate) cancel: CancellationToken,
}

/// A scene in which the person gives this answer to everything.
pub(crate) async fn scene(mode: Mode, answer: Answer) -> Scene {
    let person = Arc::new(Person(answer, Mutex::default()));
    Scene { person: Arc::clone(&person), ..scene_with(mode, person, |door| door).await }
}

/// A scene with whoever answers, and with a changed door.
pub(crate) async fn scene_with(mode: Mode, approvals: Arc<dyn Approvals>, change: impl FnOnce(Door) -> Door) -> Scene {
    let stamp = Arc::new(ManualStamp::new());
    let store = Arc::new(MemoryStore::new(Arc::clone(&stamp) as _));
    let lease = store
        .claim(Claim {
            session: SessionId::mint(&*stamp),
            workspace: WorkspaceId::mint(&*stamp),
            principal: PrincipalId::local(),
            holder: "a test".to_owned(),
            time_to_live: Duration::from_mins(1),
        })
        .await
        .unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    let schema = json!({
        "type": "object",
        "properties": { "path": {"type": "string"}, "times": {"type": "integer"}, "changes": {"type": ["string", "null"]} },
        "required": ["path"],
    });
    let writer = Writer { name: "write".parse().unwrap(), schema, subject: Subject::BuiltIn, ran: Arc::clone(&ran) };
    let mut registry = Registry::new();
    registry.add(Arc::new(writer)).unwrap();
    let heard = Arc::new(Heard::default());
    let authority = Authority::new(Rulebook::defaults(mode));
    let door = change(Door::new(registry, authority.clone(), approvals, Arc::clone(&heard) as _));
    let journal = Journal::new(store, lease);
    // Asks nobody: only a scene with one answer to everything has a person in it.
    let person = Arc::new(Person(Answer::Nobody, Mutex::default()));
    Scene { door, authority, journal, stamp, ran, person, heard, cancel: CancellationToken::new() }
}

impl Scene {
    pub(crate) async fn call(&self, tool: &str, input: &str) -> Answered {
        let request = CallRequest {
            id: CallId::mint(&*self.stamp),
            model_id: "call_1".to_owned(),
            tool: tool.to_owned(),
            input: input.to_owned(),
        };
        self.door.call(request, &self.journal, &[AgentName::main()], &Label::PUBLIC, &self.cancel).await.unwrap()
    }

    pub(crate) async fn write(&self, path: &str) -> Answered {
        self.call("write", &json!({"path": path}).to_string()).await
    }

    pub(crate) async fn bodies(&self) -> Vec<Body> {
        let events = self.journal.store().read(self.journal.lease().session, 0, 1000).await.unwrap();
        events.into_iter().map(|event| event.body).collect()
    }

    pub(crate) fn ran(&self) -> usize {
        self.ran.load(Ordering::Relaxed)
    }
}

impl Scene {
    pub(crate) async fn asks(&self, times: u32, changes: Option<&str>) -> Answered {
        self.call("write", &json!({"path": "asks", "times": times, "changes": changes}).to_string()).await
    }
}

pub(crate) fn kinds(bodies: &[Body]) -> Vec<&'static str> {
    let kind = |body: &Body| match body {
        Body::CallDecided { .. } => "decided",
        Body::ApprovalRequested { .. } => "requested",
        Body::ApprovalResolved { .. } => "resolved",
        Body::CallIntended { .. } => "intended",
        Body::Effect { .. } => "effect",
        Body::CallFinished { .. } => "finished",
        _ => "other",
    };
    bodies.iter().map(kind).collect()
}

pub(crate) fn text(answered: &Answered) -> String {
    format!("{:?}", answered.answer.content)
}
