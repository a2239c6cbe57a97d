//! Says what is going on, how much is left and how long it took.

use anyhow::Result;
use std::time::{Duration, Instant};

/// A run of so many steps, told on standard error.
pub(crate) struct Steps {
    total: usize,
    done: usize,
    began: Instant,
}

impl Steps {
    /// Begins a run.
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: 0, began: Instant::now() }
    }

    /// Does one step between two lines that name it.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        self.done += 1;
        let place = format!("[{}/{}]", self.done, self.total);
        eprintln!("{place} {name} …");
        let began = Instant::now();
        let result = work();
        let end = if result.is_ok() { "done" } else { "failed" };
        eprintln!("{place} {name}: {end} in {}", seconds(began.elapsed()));
        result
    }

    /// How long the run has lasted.
    pub(crate) fn elapsed(&self) -> String {
        seconds(self.began.elapsed())
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
