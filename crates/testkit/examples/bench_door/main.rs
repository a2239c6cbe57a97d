//! Measures calls from inside one process: through the door, with the real sandbox, the record in memory.
//!
//! Started with a workspace's folder, it prints `ready` and then answers each line `CASE N` on its standard input with
//! one line of numbers: for most cases N durations in nanoseconds, one call after the other; for those of `crowd` and
//! `shape` what is said there. `cargo xtask bench` asks; it decides whose turn it is.

#![expect(clippy::disallowed_methods, reason = "a measuring program reads its arguments and its guest")]

mod crowd;
mod shape;

use anyhow::{Context as _, Result, bail};
use boxagnts_capability::{Authority, Mode, Rulebook, Subject};
use boxagnts_catalog::built_in;
use boxagnts_record::{Claim, Journal, ManualStamp, MemoryStore, Store as _};
use boxagnts_sandbox::{EffectsPlan, Guest, GuestKind, GuestSpec, GuestTool, Limits, Sandbox, Source, World};
use boxagnts_tools::approvals::NobodyThere;
use boxagnts_tools::{Door, Listener, PermissionLevel, Registry};
use boxagnts_types::{
    AgentName, CallId, CallRequest, GuestPath, Label, Outcome, PrincipalId, SessionId, StreamEvent, ToolName,
    WorkspaceId,
};
use boxagnts_workspace::{Hidden, Root};
use serde_json::{Value, json};
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

/// A session: a door of its own over tools that all sessions share.
struct Bench {
    door: Door,
    journal: Journal,
    stamp: Arc<ManualStamp>,
    cancel: CancellationToken,
    chain: [AgentName; 1],
}

/// What sessions share, as in the product: the engine and the loaded guests.
struct House {
    folder: PathBuf,
    sandbox: Arc<Sandbox>,
    guests: Vec<(Arc<Guest>, GuestSpec)>,
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("say which folder is the workspace")?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(&folder))
}

async fn serve(folder: &Path) -> Result<()> {
    let house = House::new(folder)?;
    let bench = house.session().await?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (case, count) = line.split_once(' ').context("a line is CASE N")?;
        let count: usize = count.trim().parse()?;
        let numbers = match case {
            "crowd" => crowd::crowd(&house, count).await?,
            "neighbour" => crowd::neighbour(&house, count).await?,
            "live" => crowd::live(&house, count).await?,
            "workspace" => shape::begun(&house, count).await?,
            "held" => shape::held(&house, count).await?,
            "noop" => one_by_one(&bench, count, "noop", "{}").await?,
            "read" => one_by_one(&bench, count, "read", r#"{"path":"README.md"}"#).await?,
            "grep" => one_by_one(&bench, count, "grep", r#"{"pattern":"TODO|FIXME"}"#).await?,
            "glob" => one_by_one(&bench, count, "glob", r#"{"pattern":"**"}"#).await?,
            "bash" => one_by_one(&bench, count, "bash", r#"{"script":"true"}"#).await?,
            other => bail!("{other:?} cannot be measured"),
        };
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        writeln!(out, "{}", numbers.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

/// The nanoseconds of each of so many calls, the next beginning when one has ended.
async fn one_by_one(bench: &Bench, count: usize, tool: &str, input: &str) -> Result<Vec<u64>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        times.push(nanoseconds(bench.call(tool, input).await?));
    }
    Ok(times)
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl House {
    fn new(folder: &Path) -> Result<Self> {
        let sandbox = Sandbox::new(Some(tempfile::tempdir()?.keep()));
        let mut guests = Vec::new();
        for (name, properties) in [("noop", json!({})), ("sleep", json!({"ms": {"type": "integer"}}))] {
            let effects = EffectsPlan::Capabilities(vec!["fs.read:/workspace".parse()?]);
            let schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
            let spec = spec(name.parse()?, String::new(), PermissionLevel::ReadOnly, schema, effects);
            guests.push((Arc::new(Guest::new(hostile(name)?, &spec.limits)?), spec));
        }
        for package in built_in()? {
            let (manifest, digest) = (package.manifest, package.digest);
            let source = Source::Packed {
                digest,
                code: Cow::Borrowed(package.code),
                size: package.size,
                component: Cow::Borrowed(package.component),
                component_size: package.component_size,
            };
            let effects = if manifest.effects.is_empty() {
                EffectsPlan::Capabilities(manifest.permissions)
            } else {
                EffectsPlan::Templates(manifest.effects)
            };
            let (description, schema) = (package.descriptor.description, package.descriptor.input_schema);
            let spec = spec(manifest.name, description, manifest.level, schema, effects);
            guests.push((Arc::new(Guest::new(source, &spec.limits)?), spec));
        }
        Ok(Self { folder: folder.to_owned(), sandbox, guests })
    }

    async fn session(&self) -> Result<Bench> {
        let root = Arc::new(Root::open(&self.folder, Hidden::by_name_only())?);
        let world = Arc::new(World::empty().with_folder(GuestPath::workspace(), root, true)?);
        let mut registry = Registry::new();
        for (guest, spec) in &self.guests {
            let (sandbox, guest) = (Arc::clone(&self.sandbox), Arc::clone(guest));
            registry.add(Arc::new(GuestTool::new(sandbox, guest, spec.clone(), Arc::clone(&world))))?;
        }
        let stamp = Arc::new(ManualStamp::new());
        let authority = Authority::new(Rulebook::defaults(Mode::Ask));
        Ok(Bench {
            door: Door::new(registry, authority, Arc::new(NobodyThere), Arc::new(Nobody)),
            journal: journal(&stamp).await?,
            stamp,
            cancel: CancellationToken::new(),
            chain: [AgentName::main()],
        })
    }
}

impl Bench {
    async fn call(&self, tool: &str, input: &str) -> Result<Duration> {
        let request = CallRequest {
            id: CallId::mint(&*self.stamp),
            model_id: String::new(),
            tool: tool.to_owned(),
            input: input.to_owned(),
        };
        let started = Instant::now();
        let answered = self.door.call(request, &self.journal, &self.chain, &Label::PUBLIC, &self.cancel).await?;
        let spent = started.elapsed();
        if answered.answer.outcome != Outcome::Done {
            bail!("{tool}: {:?}", answered.answer);
        }
        Ok(spent)
    }
}

fn spec(name: ToolName, description: String, level: PermissionLevel, schema: Value, effects: EffectsPlan) -> GuestSpec {
    let (subject, limits, kind) = (Subject::BuiltIn, Limits::default(), GuestKind::Typed);
    GuestSpec { name, description, level, search: false, schema, subject, effects, preview: None, limits, kind }
}

/// A guest that is no tool of the product.
fn hostile(name: &str) -> Result<Source> {
    let path = std::env::var_os("BOXAGNTS_HOSTILE_GUESTS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hostile"), PathBuf::from)
        .join(format!("{name}.wasm"));
    let wasm = std::fs::read(&path)
        .with_context(|| format!("{} is missing; build it with: cargo xtask build", path.display()))?;
    Ok(Source::Wasm(Cow::Owned(wasm)))
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
