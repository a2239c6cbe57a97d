//! The house of all guests: an engine, one set of threads, one cache. Starts with the first call, and a second engine with
//! the first one that is metered.

use crate::cache::CodeCache;
use crate::call::{Frame, run};
use crate::compile::{LoadError, Loaded, compile};
use crate::compiler::Compiler;
use crate::deadline::Deadline;
use crate::ending::{Ending, Stop};
use crate::engine::{House, MOST_CALLS};
use crate::fuel::Metering;
use crate::gate::Gate;
use crate::guest::Guest;
use crate::limits::Limits;
use crate::link::linker;
use crate::state::{CallParts, CallState};
use crate::threads::Threads;
use crate::typed;
use crate::wall::Wall;
use crate::world::World;
use boxagnts_tools::pack::Descriptor;
use boxagnts_tools::{Ledger, Progress};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use wasmtime::component::Linker;

/// A component that describes itself only says a few constants; whoever needs longer does something else.
const DESCRIBE_TIME: Duration = Duration::from_secs(5);

/// Runs guests. One per process; sessions share it.
pub struct Sandbox {
    cache: Option<PathBuf>,
    compiler: Option<Compiler>,
    plain: OnceLock<Result<Open, String>>,
    metered: OnceLock<Result<Open, String>>,
    pub(crate) threads: Threads,
    /// As many calls at the same time as the engine has places.
    pub(crate) places: Arc<Semaphore>,
}

/// The started part, for calls of one kind.
pub(crate) struct Open {
    pub(crate) metering: Metering,
    pub(crate) house: House,
    pub(crate) linker: Linker<CallState>,
    pub(crate) cache: Option<CodeCache>,
    pub(crate) compiler: Option<Compiler>,
}

/// Why a component did not describe itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DescribeError {
    /// It cannot be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A plain command has nothing to say of itself; its manifest must.
    #[error("a plain command does not describe itself")]
    Command,
    /// It did not end well.
    #[error("it does not describe itself: {0}")]
    Failed(String),
    /// The schema of its input is no JSON.
    #[error("the schema of its input cannot be read: {0}")]
    Schema(String),
}

impl Sandbox {
    /// A sandbox that has not started. Compiled code is kept in `cache`, our own cache folder, outside of everything
    /// that guests see; without one, or when it cannot be used safely, code is made anew by each process.
    pub fn new(cache: Option<PathBuf>) -> Arc<Self> {
        Self::make(cache, None)
    }

    /// The same, which has components of others compiled by a child process with limits.
    pub fn with_compiler(cache: Option<PathBuf>, compiler: Compiler) -> Arc<Self> {
        Self::make(cache, Some(compiler))
    }

    fn make(cache: Option<PathBuf>, compiler: Option<Compiler>) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(MOST_CALLS as usize));
        let threads = Threads::behind(Wall::of_this_system());
        Arc::new(Self { cache, compiler, plain: OnceLock::new(), metered: OnceLock::new(), threads, places })
    }

    /// What a component says of itself, found out without any right. That is no call of anybody's, so no fuel is counted;
    /// it has a few seconds.
    pub async fn describe(self: &Arc<Self>, guest: &Arc<Guest>) -> Result<Descriptor, DescribeError> {
        let loaded = self.load(guest, Metering::Off).await?;
        let Loaded::Typed(_) = *loaded else { return Err(DescribeError::Command) };
        let limits = Limits { wall_clock: DESCRIBE_TIME, ..Limits::default() };
        let parts = CallParts {
            world: Arc::new(World::empty()),
            permit: None,
            ledger: Ledger::new(),
            progress: Progress::silent(),
            cancel: CancellationToken::new(),
            gate: Arc::new(Gate::default()),
            deadline: Deadline::after(limits.wall_clock),
            asker: None,
        };
        let frame = Frame::new(&parts, &limits);
        let state = CallState::for_tool(parts, &limits);
        let described = run(self, frame.clone(), typed::describe(loaded, state, frame, limits)).await;
        let described = described.map_err(|ending| DescribeError::Failed(ending.to_string()))?;
        let input_schema = serde_json::from_str(&described.input_schema);
        let input_schema = input_schema.map_err(|error| DescribeError::Schema(error.to_string()))?;
        let (name, description) = (described.name, described.description);
        Ok(Descriptor { name, description, input_schema, examples: described.examples })
    }

    /// Makes sure that a component can be loaded: its form, its imports, its exports.
    pub async fn inspect(self: &Arc<Self>, guest: &Arc<Guest>) -> Result<(), LoadError> {
        self.load(guest, Metering::Off).await.map(|_| ())
    }

    /// Compiles a component ahead of time, for a pack, without metering. Blocks, for seconds with a large one.
    pub fn precompile(&self, wasm: &[u8]) -> Result<Vec<u8>, LoadError> {
        compile(&self.open(Metering::Off)?.house.engine, wasm)
    }

    /// Whether the kernel holds the threads of guests back. Said before any of them is started; when it then cannot be
    /// done, the call is refused.
    pub fn wall(&self) -> &Wall {
        self.threads.wall()
    }

    /// How many calls hang in the system and cannot be ended. Anything but zero is worth a look.
    pub fn stuck_calls(&self) -> usize {
        self.threads.stuck()
    }

    /// The component, loaded on a thread that may block if this is its first use.
    pub(crate) async fn load(
        self: &Arc<Self>,
        guest: &Arc<Guest>,
        metering: Metering,
    ) -> Result<Arc<Loaded>, LoadError> {
        if let Some(loaded) = guest.loaded(metering) {
            return Ok(loaded);
        }
        let (sandbox, guest) = (Arc::clone(self), Arc::clone(guest));
        let loading = self.threads.load(move || guest.load(sandbox.open(metering)?));
        let loading = loading.map_err(|ending| LoadError::NoThreads(ending.to_string()))?;
        loading.await.unwrap_or_else(|error| Err(LoadError::NoEngine(error.to_string())))
    }

    /// Starts the engine for calls of this kind if that has not happened. Takes about a millisecond.
    pub(crate) fn open(&self, metering: Metering) -> Result<&Open, LoadError> {
        let open = match metering {
            Metering::Off => &self.plain,
            Metering::On => &self.metered,
        };
        let open = open.get_or_init(|| {
            let start = || {
                let house = House::start(metering)?;
                let linker = linker(&house.engine)?;
                // A cache that is not safe is not used; code is then made anew.
                let cache = self.cache.as_deref().and_then(|path| CodeCache::open(path).ok());
                Ok(Open { metering, house, linker, cache, compiler: self.compiler.clone() })
            };
            start().map_err(|error: wasmtime::Error| format!("{error:#}"))
        });
        open.as_ref().map_err(|error| LoadError::NoEngine(error.clone()))
    }
}

impl From<LoadError> for Ending {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::NoThreads(why) => Self::Unstartable(why),
            error => Self::Unloadable(error.to_string()),
        }
    }
}

impl From<Stop> for Ending {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}
