//! The clock that lets guests be interrupted: one thread that advances the engine's epoch while guests run.
//!
//! The epoch is the engine's, deadlines are each call's: an advance only makes every running guest look at its own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use wasmtime::{Engine, EngineWeak};

/// How late a guest may notice its end.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// After so many ticks without a guest the thread goes to sleep; waking it costs more than a short call.
const PATIENCE: u32 = 100;

/// Keeps the thread. It ends with the last of its users.
pub(crate) struct Ticker(Arc<Shared>);

struct Shared {
    running: AtomicUsize,
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    asleep: bool,
    ended: bool,
}

/// A guest runs as long as this lives.
pub(crate) struct Running(Arc<Shared>);

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { running: AtomicUsize::new(0), state: Mutex::default(), wake: Condvar::new() });
        let (engine, of_thread) = (engine.weak(), Arc::clone(&shared));
        std::thread::Builder::new().name("boxagnts-tick".to_owned()).spawn(move || of_thread.tick(&engine))?;
        Ok(Self(shared))
    }

    /// A guest begins to run.
    pub(crate) fn run(&self) -> Running {
        let before = self.0.running.fetch_add(1, Ordering::SeqCst);
        if before == 0 {
            let mut state = self.0.lock();
            if std::mem::take(&mut state.asleep) {
                self.0.wake.notify_one();
            }
        }
        Running(Arc::clone(&self.0))
    }
}

impl Shared {
    fn tick(&self, engine: &EngineWeak) {
        let mut idle = 0;
        loop {
            pause();
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
            idle = if self.running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
            if PATIENCE <= idle {
                idle = 0;
                if !self.sleep() {
                    return;
                }
            }
        }
    }

    /// Sleeps until a guest runs. `false`: there will be none.
    fn sleep(&self) -> bool {
        let mut state = self.lock();
        // A guest that began before we held the lock found nobody asleep.
        state.asleep = self.running.load(Ordering::SeqCst) == 0;
        while state.asleep && !state.ended {
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.ended
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // Two flags cannot be left half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(clippy::disallowed_methods, reason = "the one clock of the engine, on a thread of its own")]
fn pause() {
    std::thread::sleep(TICK);
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.wake.notify_one();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
