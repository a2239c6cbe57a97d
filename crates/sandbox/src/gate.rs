//! Whether a call still runs, as seen from both of its ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// Shut when the call was answered. A thread that was stuck in the system and comes back later finds it shut before
/// its next effect.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    shut: AtomicBool,
    phase: AtomicU8,
}

const RUNNING: u8 = 0;
const ABANDONED: u8 = 1;
const FINISHED: u8 = 2;

impl Gate {
    pub(crate) fn is_shut(&self) -> bool {
        self.shut.load(Ordering::Acquire)
    }

    pub(crate) fn shut(&self) {
        self.shut.store(true, Ordering::Release);
    }

    /// The waiter gives the call up. `false`: it finished just now.
    pub(crate) fn abandon(&self, stuck: &AtomicUsize) -> bool {
        self.shut();
        // Counted before the phase changes: whoever finishes next takes it back.
        stuck.fetch_add(1, Ordering::SeqCst);
        let abandoned = self.phase.compare_exchange(RUNNING, ABANDONED, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !abandoned {
            stuck.fetch_sub(1, Ordering::SeqCst);
        }
        abandoned
    }
}

/// Lives on the guest's thread; its end is the call's.
pub(crate) struct Finish {
    pub(crate) gate: Arc<Gate>,
    pub(crate) stuck: Arc<AtomicUsize>,
}

impl Drop for Finish {
    fn drop(&mut self) {
        if self.gate.phase.swap(FINISHED, Ordering::SeqCst) == ABANDONED {
            self.stuck.fetch_sub(1, Ordering::SeqCst);
        }
    }
}
