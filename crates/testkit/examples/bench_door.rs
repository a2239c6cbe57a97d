//! Measures calls from inside one process: through the door, with the real sandbox, the record in memory.
//!
//! Started with a workspace's folder, it prints `ready` and then answers each line `CASE N` on its standard input with
//! N durations in nanoseconds. `cargo xtask bench` asks; it decides whose turn it is.

#![expect(clippy::disallowed_methods, reason = "a measuring program reads its arguments and its guest")]

use anyhow::{Context as _, Result, bail};
use boxagnts_capability::{Authority, Mode, Rulebook, Subject};
use boxagnts_catalog::built_in;
use boxagnts_record::{Claim, Journal, ManualStamp, MemoryStore, Store as _};
use boxagnts_sandbox::{EffectsPlan, Guest, GuestKind, GuestSpec, GuestTool, Limits, Sandbox, Source, World};
use boxagnts_tools::approvals::NobodyThere;
use boxagnts_tools::{Door, Listener, PermissionLevel, Registry, Tool};
use boxagnts_types::{
    AgentName, CallId, CallRequest, GuestPath, Outcome, PrincipalId, SessionId, StreamEvent, WorkspaceId,
};
use boxagnts_workspace::{Hidden, Root};
use serde_json::json;
use std::borrow::Cow;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

struct Nobody;

impl Listener for Nobody {
    fn hear(&self, _: StreamEvent) {}
}

struct Bench {
    door: Door,
    journal: Journal,
    stamp: Arc<ManualStamp>,
    cancel: CancellationToken,
    chain: [AgentName; 1],
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("say which folder is the workspace")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(&folder))
}

async fn serve(folder: &Path) -> Result<()> {
    let bench = Bench::new(folder).await?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (case, count) = line.split_once(' ').context("a line is CASE N")?;
        let count: usize = count.trim().parse()?;
        let (tool, input) = match case {
            "noop" => ("noop", "{}"),
            "read" => ("read", r#"{"path":"README.md"}"#),
            "grep" => ("grep", r#"{"pattern":"TODO|FIXME"}"#),
            "glob" => ("glob", r#"{"pattern":"**"}"#),
            other => bail!("{other:?} cannot be measured"),
        };
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            times.push(bench.call(tool, input).await?.as_nanos().to_string());
        }
        writeln!(out, "{}", times.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

impl Bench {
    async fn new(folder: &Path) -> Result<Self> {
        let root = Arc::new(Root::open(folder, Hidden::by_name_only())?);
        let world = Arc::new(World::empty().with_folder(GuestPath::workspace(), root, true)?);
        let cache = tempfile::tempdir()?.keep();
        let sandbox = Sandbox::new(Some(cache));
        let mut registry = Registry::new();
        registry.add(noop(&sandbox, &world)?)?;
        for package in built_in()? {
            let (manifest, digest) = (package.manifest, package.digest);
            let source = Source::Packed { digest, code: Cow::Borrowed(package.code), size: package.size };
            let effects = if manifest.effects.is_empty() {
                EffectsPlan::Capabilities(manifest.permissions)
            } else {
                EffectsPlan::Templates(manifest.effects)
            };
            let spec = GuestSpec {
                name: manifest.name,
                description: package.descriptor.description,
                level: manifest.level,
                search: manifest.search,
                schema: package.descriptor.input_schema,
                subject: Subject::BuiltIn,
                effects,
                limits: Limits::default(),
                kind: GuestKind::Typed,
            };
            let guest = Arc::new(Guest::new(source, &spec.limits)?);
            registry.add(Arc::new(GuestTool::new(Arc::clone(&sandbox), guest, spec, Arc::clone(&world))))?;
        }
        let stamp = Arc::new(ManualStamp::new());
        let authority = Authority::new(Rulebook::defaults(Mode::Ask));
        Ok(Self {
            door: Door::new(registry, authority, Arc::new(NobodyThere), Arc::new(Nobody)),
            journal: journal(&stamp).await?,
            stamp,
            cancel: CancellationToken::new(),
            chain: [AgentName::main()],
        })
    }

    async fn call(&self, tool: &str, input: &str) -> Result<Duration> {
        let request = CallRequest {
            id: CallId::mint(&*self.stamp),
            model_id: String::new(),
            tool: tool.to_owned(),
            input: input.to_owned(),
        };
        let started = Instant::now();
        let answered = self.door.call(request, &self.journal, &self.chain, &self.cancel).await?;
        let spent = started.elapsed();
        if answered.answer.outcome != Outcome::Done {
            bail!("{tool}: {:?}", answered.answer);
        }
        Ok(spent)
    }
}

fn noop(sandbox: &Arc<Sandbox>, world: &Arc<World>) -> Result<Arc<dyn Tool>> {
    let path = std::env::var_os("BOXAGNTS_HOSTILE_GUESTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hostile"), PathBuf::from)
        .join("noop.wasm");
    let wasm = std::fs::read(&path)
        .with_context(|| format!("{} is missing; build it with: cargo xtask build", path.display()))?;
    let limits = Limits::default();
    let guest = Arc::new(Guest::new(Source::Wasm(Cow::Owned(wasm)), &limits)?);
    let spec = GuestSpec {
        name: "noop".parse()?,
        description: "Says ok.".to_owned(),
        level: PermissionLevel::ReadOnly,
        search: false,
        schema: json!({"type": "object", "properties": {}, "additionalProperties": false}),
        subject: Subject::BuiltIn,
        effects: EffectsPlan::Capabilities(vec!["fs.read:/workspace".parse()?]),
        limits,
        kind: GuestKind::Typed,
    };
    Ok(Arc::new(GuestTool::new(Arc::clone(sandbox), guest, spec, Arc::clone(world))))
}

async fn journal(stamp: &Arc<ManualStamp>) -> Result<Journal> {
    let store = Arc::new(MemoryStore::new(Arc::clone(stamp) as _));
    let claim = Claim {
        session: SessionId::mint(&**stamp),
        workspace: WorkspaceId::mint(&**stamp),
        principal: PrincipalId::local(),
        holder: "a measurement".to_owned(),
        time_to_live: Duration::from_hours(1),
    };
    let lease = store.claim(claim).await?;
    Ok(Journal::new(store, lease))
}
