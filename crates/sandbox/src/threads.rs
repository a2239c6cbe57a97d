//! The threads on which guests run, and nothing else.
//!
//! Host functions of guests may block: opening, reading and writing happens on the guest's thread, which is several
//! times faster than handing it over. Each world has threads of its own, held by the kernel to the world's folders where
//! the kernel can do that ([`crate::wall`]). A thread that the system does not give back (a dead network file system) is
//! abandoned with its whole crew: calls that run beside it end there, new ones get a fresh crew. The number of
//! abandoned calls is bounded; then no further call is begun.

use crate::ending::Ending;
use crate::gate::Gate;
use crate::os::Fence;
use crate::wall::{Reach, Wall};
use crate::world::World;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};

/// Calls that may hang in the system at the same time before no further one is begun.
pub(crate) const MOST_STUCK: usize = 16;

/// Components that are loaded at the same time; a compiler takes a whole core.
const MOST_LOADING: usize = 16;

/// What all crews share, and the threads that load components.
pub(crate) struct Threads {
    wall: Wall,
    stuck: Arc<AtomicUsize>,
    loader: OnceLock<Result<Crew, String>>,
}

/// The crew of one world, started with its first call.
#[derive(Default)]
pub(crate) struct CrewPlace(Mutex<Option<Arc<Crew>>>);

/// A runtime of its own. Ends without waiting when nobody uses it any more.
///
/// The kernel holds a thread and those that it starts, so nothing may start a thread of a crew but the crew itself: the
/// runtime's handle is not given away.
pub(crate) struct Crew {
    runtime: Option<Runtime>,
    handle: Handle,
    tainted: AtomicBool,
}

impl Threads {
    /// No thread yet, behind this wall.
    pub(crate) fn behind(wall: Wall) -> Self {
        Self { wall, stuck: Arc::default(), loader: OnceLock::new() }
    }

    pub(crate) fn wall(&self) -> &Wall {
        &self.wall
    }

    /// The threads for a new call in a world.
    pub(crate) fn crew(&self, world: &World) -> Result<Arc<Crew>, Ending> {
        let stuck = self.stuck();
        if MOST_STUCK <= stuck {
            return Err(Ending::Overloaded(stuck));
        }
        let mut current = world.crew().0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(crew) = current.as_ref().filter(|crew| !crew.tainted.load(Ordering::Relaxed)) {
            return Ok(Arc::clone(crew));
        }
        let crew = Crew::of_guests(&self.wall, &world.reaches());
        let crew = Arc::new(crew.map_err(|error| Ending::Unstartable(error.to_string()))?);
        *current = Some(Arc::clone(&crew));
        Ok(crew)
    }

    /// Loads a component on a thread that may block and is no guest's: it reads and writes the cache of compiled code,
    /// which no thread of guests may reach. Called on a thread of the house.
    pub(crate) fn load<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Ending> {
        let loader = self.loader.get_or_init(|| Crew::of_loaders().map_err(|error| error.to_string()));
        let loader = loader.as_ref().map_err(|error| Ending::Unstartable(error.clone()))?;
        Ok(loader.handle.spawn_blocking(work))
    }

    /// Calls that hang in the system now.
    pub(crate) fn stuck(&self) -> usize {
        self.stuck.load(Ordering::SeqCst)
    }

    pub(crate) fn counter(&self) -> &Arc<AtomicUsize> {
        &self.stuck
    }

    /// Gives up a call that did not end when it was told to.
    pub(crate) fn abandon(&self, crew: &Crew, gate: &Gate) {
        if gate.abandon(&self.stuck) {
            crew.tainted.store(true, Ordering::Relaxed);
        }
    }
}

impl Crew {
    /// A wall that stands and cannot be put around these threads is an error: nobody runs outside who was said to be
    /// inside.
    fn of_guests(wall: &Wall, reaches: &[Reach<'_>]) -> io::Result<Self> {
        // Guests compute and read; one more thread than cores keeps the cores busy while one waits for the disk.
        let threads = thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1;
        let build = move || {
            Builder::new_multi_thread().worker_threads(threads).thread_name("boxagnts-guest").enable_all().build()
        };
        if !wall.stands() {
            return build().map(Self::new);
        }
        let fence = Fence::around(reaches)?;
        // All threads of the runtime are started by this one or by each other, and so are held like it.
        let fenced = move || fence.bind_this_thread().and_then(|()| build());
        let starter = thread::Builder::new().name("boxagnts-guest".to_owned()).spawn(fenced)?;
        let runtime = starter.join().map_err(|_| io::Error::other("the threads of guests cannot be started"))?;
        runtime.map(Self::new)
    }

    fn of_loaders() -> io::Result<Self> {
        let loaders =
            Builder::new_current_thread().max_blocking_threads(MOST_LOADING).thread_name("boxagnts-load").build();
        loaders.map(Self::new)
    }

    fn new(runtime: Runtime) -> Self {
        Self { handle: runtime.handle().clone(), runtime: Some(runtime), tainted: AtomicBool::new(false) }
    }

    /// Runs what may wait.
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn(work)
    }

    /// Runs what may block, on a thread that a thread of this crew starts.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        self.spawn(async { tokio::task::spawn_blocking(work).await }).await.flatten()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Waiting for a stuck thread would hang whoever drops us.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
#[path = "threads_tests.rs"]
mod tests;
