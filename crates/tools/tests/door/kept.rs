//! What a tool keeps from call to call keeps the label that it came with.

use crate::scene::{Heard, Person};
use boxagnts_capability::{
    Authority, Effect, Effects, Layer, Methods, Mode, Rule, RuleOfTwo, Rulebook, Subject, Verdict,
};
use boxagnts_record::store::Claim;
use boxagnts_record::{Journal, ManualStamp, MemoryStore, Store as _};
use boxagnts_tools::{Answer, Door, PermissionLevel, Registry, Tool, ToolContext, ToolOutput, ToolResult};
use boxagnts_types::{
    AgentName, CallId, CallRequest, InputError, Label, Outcome, PrincipalId, SessionId, ToolName, WorkspaceId,
};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Reads what is private and a stranger's in one call, and sends in another.
struct Hoarder {
    name: ToolName,
    schema: Value,
    sent: Arc<AtomicUsize>,
}

impl Tool for Hoarder {
    fn name(&self) -> &ToolName {
        &self.name
    }

    fn description(&self) -> &'static str {
        "keeps what it has read"
    }

    fn permission_level(&self) -> PermissionLevel {
        PermissionLevel::Write
    }

    fn input_schema(&self) -> &Value {
        &self.schema
    }

    fn subject(&self) -> &Subject {
        &Subject::BuiltIn
    }

    fn digest(&self) -> &'static str {
        "digest"
    }

    fn effects(&self, input: &Value) -> Result<Effects, InputError> {
        let Some(to) = input["to"].as_str() else { return Ok(Effects::Exact(Vec::new())) };
        let target = to.parse().map_err(|_| InputError::Value("no address".to_owned()))?;
        Ok(Effects::Exact(vec![Effect::Network { methods: Methods::Get, target }]))
    }

    fn execute(&self, input: Value, context: ToolContext) -> BoxFuture<'_, ToolResult> {
        Box::pin(async move {
            if input["to"].is_string() {
                self.sent.fetch_add(1, Ordering::Relaxed);
                return Ok(ToolOutput::text("sent"));
            }
            if input["reads"] == true {
                let seen = context.permit.seen();
                seen.saw(&Label::untrusted("https://page.test"));
                seen.saw(&Label::private("/workspace/.env"));
            }
            Ok(ToolOutput { state: Some(b"all of it".to_vec()), ..ToolOutput::text("kept") })
        })
    }
}

async fn journal(stamp: &Arc<ManualStamp>) -> Journal {
    let store = Arc::new(MemoryStore::new(Arc::clone(stamp) as _));
    let claim = Claim {
        session: SessionId::mint(&**stamp),
        workspace: WorkspaceId::mint(&**stamp),
        principal: PrincipalId::local(),
        holder: "a test".to_owned(),
        time_to_live: Duration::from_mins(1),
    };
    let lease = store.claim(claim).await.unwrap();
    Journal::new(store, lease)
}

/// What becomes of a request after a call that read, or did not; and the label of its answer.
async fn sends_after(reads: bool) -> (Outcome, usize, Label) {
    let (stamp, sent) = (Arc::new(ManualStamp::new()), Arc::new(AtomicUsize::new(0)));
    let journal = journal(&stamp).await;
    let name: ToolName = "hoard".parse().unwrap();
    let hoarder = Hoarder { name: name.clone(), schema: json!({"type": "object", "additionalProperties": true}), sent };
    let (sent, mut registry) = (Arc::clone(&hoarder.sent), Registry::new());
    registry.add(Arc::new(hoarder)).unwrap();
    let grant = Rule {
        verdict: Verdict::Allow,
        capability: "network.get:https://api.test".parse().unwrap(),
        layer: Layer::Granted,
        subject: Subject::BuiltIn,
    };
    let book = Rulebook::defaults(Mode::Ask).with_rule_of_two(RuleOfTwo::Deny).with(grant);
    let person = Arc::new(Person(Answer::Nobody, Mutex::default()));
    let door = Door::new(registry, Authority::new(book), person, Arc::new(Heard::default()));
    let mut last = None;
    for input in [json!({"reads": reads}), json!({"to": "https://api.test/"})] {
        let (id, input) = (CallId::mint(&*stamp), input.to_string());
        let request = CallRequest { id, model_id: String::new(), tool: name.to_string(), input };
        // Whoever asks has read nothing: it is the tool that has.
        let (chain, cancel) = ([AgentName::main()], CancellationToken::new());
        last = Some(door.call(request, &journal, &chain, &Label::PUBLIC, &cancel).await.unwrap());
    }
    let answer = last.unwrap().answer;
    (answer.outcome, sent.load(Ordering::Relaxed), answer.label)
}

#[tokio::test]
async fn what_a_tool_keeps_from_call_to_call_keeps_its_label() {
    let (outcome, sent, label) = sends_after(false).await;
    assert_eq!((outcome, sent), (Outcome::Done, 1), "{label}");
    let (outcome, sent, _) = sends_after(true).await;
    assert_eq!((outcome, sent), (Outcome::Denied, 0), "what was kept went out");
}
