//! A thread that begins with its first task, takes tasks in order, and ends with its owner.

use boxagnts_record::StoreError;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use tokio::sync::{mpsc, oneshot};

/// How many tasks may wait before whoever brings another one waits too.
const MOST_WAITING: usize = 256;

/// The queue that a worker's thread takes its tasks from.
pub(crate) type Tasks<T> = mpsc::Receiver<T>;

/// What a task is made with: the end at which its answer is awaited.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A lazily started thread with a bounded queue.
pub(crate) struct Worker<T> {
    name: &'static str,
    running: Mutex<Option<Running<T>>>,
}

struct Running<T> {
    queue: mpsc::Sender<T>,
    thread: JoinHandle<()>,
}

impl<T: Send + 'static> Worker<T> {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, running: Mutex::new(None) }
    }

    /// Hands a task over and waits for its answer. `run` is the whole life of the thread, if it has not begun.
    pub(crate) async fn ask<A>(
        &self,
        run: impl FnOnce(Tasks<T>) + Send + 'static,
        task: impl FnOnce(Reply<A>) -> T,
    ) -> Result<A, StoreError> {
        let queue = self.queue(run)?;
        let (reply, answer) = oneshot::channel();
        queue.send(task(reply)).await.map_err(|_| self.gone())?;
        let Ok(answer) = answer.await else {
            // The thread is unwinding. Once its end of the queue is gone, the next task starts another one.
            queue.closed().await;
            return Err(self.gone());
        };
        answer
    }

    fn queue(&self, run: impl FnOnce(Tasks<T>) + Send + 'static) -> Result<mpsc::Sender<T>, StoreError> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that panicked is replaced: one task fails, the store lives on.
        if let Some(running) = running.as_ref().filter(|running| !running.queue.is_closed()) {
            return Ok(running.queue.clone());
        }
        let (queue, tasks) = mpsc::channel(MOST_WAITING);
        let named = thread::Builder::new().name(self.name.to_owned());
        let thread = named.spawn(move || run(tasks)).map_err(|error| StoreError::Backend {
            what: format!("starting the thread {}", self.name),
            source: Box::new(error),
        })?;
        *running = Some(Running { queue: queue.clone(), thread });
        Ok(queue)
    }

    /// The thread panicked; what it held is closed, and nothing half-written counts.
    fn gone(&self) -> StoreError {
        StoreError::Backend {
            what: format!("asking the thread {}", self.name),
            source: "it has ended because of a fault in this program".into(),
        }
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { queue, thread }) = running {
            // The thread ends when nobody can bring more; what waits is done first.
            drop(queue);
            // A panic there was reported to whoever waited for it.
            let _ = thread.join();
        }
    }
}
