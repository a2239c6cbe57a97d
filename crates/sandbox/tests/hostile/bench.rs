//! A bench: a folder with a workspace and a neighbour, a law, and guests that are called as the door would.

use boxagnts_capability::{Authority, DecideRequest, Decision, Mode, Permit, Rulebook, Subject, Unanswered, decide};
use boxagnts_sandbox::{EffectsPlan, Guest, GuestKind, GuestSpec, GuestTool, Limits, Sandbox, Source, World};
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{Ask, Ledger, PermissionLevel, Progress, Tool, ToolContext, ToolFailure, ToolResult, Wish};
use boxagnts_types::{CallId, Content, GuestPath, Label, MintId};
use boxagnts_workspace::{Hidden, Root};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// One sandbox for all tests of the process; the compiled guests are kept between runs.
pub(crate) static SANDBOX: LazyLock<Arc<Sandbox>> =
    LazyLock::new(|| Sandbox::new(Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"))));

pub(crate) struct Bench {
    around: TempDir,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) authority: Authority,
    pub(crate) limits: Limits,
    pub(crate) ledger: Ledger,
    pub(crate) cancel: CancellationToken,
    pub(crate) progress: Progress,
    pub(crate) state: Option<Vec<u8>>,
    pub(crate) effects: Option<EffectsPlan>,
    pub(crate) person: Arc<Person>,
    /// What the conversation has read that asks for the call.
    pub(crate) context: Label,
    world: Option<Arc<World>>,
}

impl Bench {
    /// A workspace in which everything that the law can grant is granted.
    pub(crate) fn new() -> Self {
        Self::with(Rulebook::defaults(Mode::Bypass))
    }

    pub(crate) fn with(book: Rulebook) -> Self {
        let around = tempfile::tempdir().unwrap();
        fs::create_dir_all(around.path().join("workspace/.git/hooks")).unwrap();
        fs::create_dir_all(around.path().join("workspace/sub")).unwrap();
        fs::create_dir(around.path().join("outside")).unwrap();
        fs::write(around.path().join("outside/canary"), "canary").unwrap();
        fs::write(around.path().join("workspace/sub/file"), "file").unwrap();
        Self {
            around,
            sandbox: Arc::clone(&SANDBOX),
            authority: Authority::new(book),
            limits: Limits::default(),
            ledger: Ledger::new(),
            cancel: CancellationToken::new(),
            progress: Progress::silent(),
            state: None,
            effects: None,
            person: Arc::default(),
            context: Label::PUBLIC,
            world: None,
        }
    }

    /// A path of the host inside the workspace.
    pub(crate) fn inside(&self, name: &str) -> PathBuf {
        self.around.path().join("workspace").join(name)
    }

    /// A path of the host beside the workspace.
    pub(crate) fn outside(&self, name: &str) -> PathBuf {
        self.around.path().join("outside").join(name)
    }

    pub(crate) fn root(&self) -> Arc<Root> {
        Arc::new(Root::open(&self.inside(""), Hidden::by_name_only()).unwrap())
    }

    pub(crate) fn in_world(mut self, build: impl FnOnce(&Self, World) -> World) -> Self {
        let world = World::empty().with_folder(GuestPath::workspace(), self.root(), true).unwrap();
        self.world = Some(Arc::new(build(&self, world)));
        self
    }

    /// The canary is as it was, and alone.
    pub(crate) fn assert_nothing_escaped(&self) {
        assert_eq!(fs::read(self.outside("canary")).unwrap(), b"canary");
        assert_eq!(fs::read_dir(self.outside("")).unwrap().count(), 1);
    }

    pub(crate) fn tool(&self, name: &str) -> GuestTool {
        self.tool_of(name, GuestKind::Typed)
    }

    pub(crate) fn tool_of(&self, name: &str, kind: GuestKind) -> GuestTool {
        self.tool_from(name, component(name), kind)
    }

    pub(crate) fn tool_from(&self, name: &str, wasm: Vec<u8>, kind: GuestKind) -> GuestTool {
        self.tool_from_source(name, Source::Wasm(wasm.into()), kind)
    }

    pub(crate) fn tool_from_source(&self, name: &str, source: Source, kind: GuestKind) -> GuestTool {
        self.tool_around(name, &Arc::new(Guest::new(source, &self.limits).unwrap()), kind)
    }

    pub(crate) fn tool_around(&self, name: &str, guest: &Arc<Guest>, kind: GuestKind) -> GuestTool {
        let everything = ["fs.read:/workspace", "fs.write:/workspace", "fs.read:/tmp", "fs.write:/tmp"];
        let everything = everything.map(|text| text.parse().unwrap()).to_vec();
        let spec = GuestSpec {
            name: name.parse().unwrap(),
            description: String::new(),
            level: PermissionLevel::Write,
            search: false,
            schema: json!({}),
            subject: Subject::BuiltIn,
            effects: self.effects.clone().unwrap_or(EffectsPlan::Capabilities(everything)),
            preview: None,
            limits: self.limits.clone(),
            kind,
        };
        let world = self.world.clone().unwrap_or_else(|| {
            Arc::new(World::empty().with_folder(GuestPath::workspace(), self.root(), true).unwrap())
        });
        GuestTool::new(Arc::clone(&self.sandbox), Arc::clone(guest), spec, world)
    }

    pub(crate) async fn call(&self, name: &str, input: Value) -> ToolResult {
        self.call_tool(&self.tool(name), input).await
    }

    pub(crate) async fn call_tool(&self, tool: &GuestTool, input: Value) -> ToolResult {
        let effects = tool.effects(&input).unwrap();
        let (subject, context) = (tool.subject(), &self.context);
        let request = DecideRequest { call: call_id(), tool: tool.name(), subject, chain: &[], effects, context };
        let permit = match decide(&self.authority, request) {
            Decision::Allow { permit, .. } => permit,
            Decision::Ask { pending, .. } => pending.allow().unwrap(),
            Decision::Deny { refusal, .. } => panic!("denied before the start: {refusal}"),
        };
        let context = ToolContext {
            permit,
            cancel: self.cancel.clone(),
            progress: self.progress.clone(),
            asker: Arc::clone(&self.person) as _,
            ledger: self.ledger.clone(),
            state: self.state.clone(),
        };
        tool.execute(input, context).await
    }

    /// Runs operations of the probe one after the other and returns its answers.
    pub(crate) async fn probe(&self, ops: Value) -> Vec<Value> {
        match self.call("probe", json!({ "ops": ops })).await {
            Ok(output) => match &output.content[..] {
                [Content::Json { value: Value::Array(answers) }] => answers.clone(),
                other => panic!("no answers: {other:?}"),
            },
            Err(failure) => panic!("the probe failed: {failure:?}"),
        }
    }
}

/// Whoever is asked while a call runs: nobody, unless answers were written down.
#[derive(Default)]
pub(crate) struct Person {
    answers: Mutex<VecDeque<bool>>,
    pub(crate) wishes: Mutex<Vec<Wish>>,
    /// What happens in the world while the question stands.
    pub(crate) meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// How long the person thinks.
    pub(crate) thinks: Mutex<Duration>,
}

impl Person {
    pub(crate) fn answers(answers: impl IntoIterator<Item = bool>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }
}

impl Ask for Person {
    fn ask<'a>(&'a self, permit: &'a Permit, wish: Wish) -> BoxFuture<'a, Result<(), Unanswered>> {
        let effects = wish.effects.clone();
        self.wishes.lock().unwrap().push(wish);
        if let Some(meanwhile) = self.meanwhile.lock().unwrap().take() {
            meanwhile();
        }
        let answer = match self.answers.lock().unwrap().pop_front() {
            Some(true) => {
                let crossing = permit.crossing(&effects);
                permit.accept(&effects);
                if let Some(crossing) = &crossing {
                    permit.accept_flow(crossing);
                }
                Ok(())
            }
            Some(false) => Err(Unanswered::PersonSaidNo),
            None => Err(Unanswered::NobodyThere),
        };
        let thinks = *self.thinks.lock().unwrap();
        Box::pin(async move {
            tokio::time::sleep(thinks).await;
            answer
        })
    }
}

/// The kind and the message of a failure that the model may recover from.
pub(crate) fn failure(result: ToolResult) -> (Recoverable, String) {
    match result {
        Err(ToolFailure::Recoverable { kind, message }) => (kind, message),
        other => panic!("no recoverable failure: {other:?}"),
    }
}

/// The message of a call that a limit ended.
pub(crate) fn limited(result: ToolResult) -> String {
    let (kind, message) = failure(result);
    assert_eq!(kind, Recoverable::Limited, "{message}");
    message
}

pub(crate) fn text(result: ToolResult) -> String {
    match &result.unwrap().content[..] {
        [Content::Text { text }] => text.clone(),
        other => panic!("no single text: {other:?}"),
    }
}

/// A hostile guest or one of the tools, as `cargo xtask build` leaves it.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let gathered =
        std::env::var_os("BOXAGNTS_HOSTILE_GUESTS").map_or_else(|| house.join("target/hostile"), PathBuf::from);
    let places = [gathered.join(format!("{name}.wasm")), house.join(format!("target/packages/{name}/component.wasm"))];
    places
        .iter()
        .find_map(|path| fs::read(path).ok())
        .unwrap_or_else(|| panic!("the guest {name:?} is not built: run `cargo xtask build` first ({places:?})"))
}

pub(crate) fn call_id() -> CallId {
    struct Counting;
    impl MintId for Counting {
        fn mint(&self) -> ulid::Ulid {
            static NEXT: AtomicU64 = AtomicU64::new(1);
            ulid::Ulid::from_parts(NEXT.fetch_add(1, Ordering::Relaxed), 0)
        }
    }
    CallId::mint(&Counting)
}
