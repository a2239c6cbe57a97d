//! The threads on which guests run, and nothing else.
//!
//! Host functions of guests may block: opening, reading and writing happens on the guest's thread, which is several
//! times faster than handing it over. A thread that the system does not give back (a dead network file system) is
//! abandoned with its whole crew: calls that run beside it end there, new ones get a fresh crew. The number of
//! abandoned calls is bounded; then no further call is begun.

use crate::ending::Ending;
use crate::gate::Gate;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{Builder, Handle, Runtime};

/// Calls that may hang in the system at the same time before no further one is begun.
pub(crate) const MOST_STUCK: usize = 16;

/// The current crew, started with the first call.
#[derive(Default)]
pub(crate) struct Threads {
    crew: Mutex<Option<Arc<Crew>>>,
    stuck: Arc<AtomicUsize>,
}

/// A runtime of its own. Ends without waiting when nobody uses it any more.
pub(crate) struct Crew {
    runtime: Option<Runtime>,
    handle: Handle,
    tainted: AtomicBool,
}

impl Threads {
    /// The threads for a new call.
    pub(crate) fn crew(&self) -> Result<Arc<Crew>, Ending> {
        let stuck = self.stuck();
        if MOST_STUCK <= stuck {
            return Err(Ending::Overloaded(stuck));
        }
        let mut current = self.crew.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(crew) = current.as_ref().filter(|crew| !crew.tainted.load(Ordering::Relaxed)) {
            return Ok(Arc::clone(crew));
        }
        let crew = Arc::new(Crew::start().map_err(|error| Ending::Unstartable(error.to_string()))?);
        *current = Some(Arc::clone(&crew));
        Ok(crew)
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
    fn start() -> std::io::Result<Self> {
        // Guests compute and read; one more thread than cores keeps the cores busy while one waits for the disk.
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1;
        let runtime =
            Builder::new_multi_thread().worker_threads(threads).thread_name("boxagnts-guest").enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime), tainted: AtomicBool::new(false) })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
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
