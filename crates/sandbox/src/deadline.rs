//! The end of a call's time, which stands still while a person is asked.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The deadline of one call. Clones are handles to the same one.
#[derive(Clone)]
pub(crate) struct Deadline(Arc<Shared>);

struct Shared {
    clock: Mutex<Clock>,
    moved: Notify,
}

struct Clock {
    end: Instant,
    /// Questions that stand, and since when there is one.
    standing: Option<(u32, Instant)>,
}

/// A question that stands; dropping it lets the time go on.
pub(crate) struct Standing(Deadline);

impl Deadline {
    /// A deadline after so much time of running, beginning now.
    pub(crate) fn after(time: Duration) -> Self {
        Self(Arc::new(Shared {
            clock: Mutex::new(Clock { end: Instant::now() + time, standing: None }),
            moved: Notify::new(),
        }))
    }

    /// The time begins now; what was waited for before does not count.
    pub(crate) fn start(&self, time: Duration) {
        self.clock().end = Instant::now() + time;
        self.0.moved.notify_waiters();
    }

    /// Whether the time is up.
    pub(crate) fn is_over(&self) -> bool {
        self.clock().is_over(Instant::now())
    }

    /// Waits until the time is up.
    pub(crate) async fn passed(&self) {
        loop {
            // Listening begins before looking, so that no move is missed.
            let moved = self.0.moved.notified();
            let end = {
                let clock = self.clock();
                clock.standing.is_none().then_some(clock.end)
            };
            match end {
                Some(end) if end <= Instant::now() => return,
                Some(end) => tokio::select! {
                    () = sleep_until(end) => {}
                    () = moved => {}
                },
                None => moved.await,
            }
        }
    }

    /// Stops the time until what is returned is dropped.
    pub(crate) fn stand_still(&self) -> Standing {
        self.clock().stand_still(Instant::now());
        self.0.moved.notify_waiters();
        Standing(self.clone())
    }

    fn clock(&self) -> MutexGuard<'_, Clock> {
        // Each step leaves a whole clock behind.
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock {
    fn is_over(&self, now: Instant) -> bool {
        self.standing.is_none() && self.end <= now
    }

    fn stand_still(&mut self, now: Instant) {
        let (questions, since) = self.standing.unwrap_or((0, now));
        self.standing = Some((questions + 1, since));
    }

    fn go_on(&mut self, now: Instant) {
        self.standing = match self.standing {
            Some((questions, since)) if 1 < questions => Some((questions - 1, since)),
            Some((_, since)) => {
                self.end += now.saturating_duration_since(since);
                None
            }
            None => None,
        };
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.clock().go_on(Instant::now());
        self.0.0.moved.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn time_that_nobody_asks_in_counts() {
        let begin = Instant::now();
        let clock = Clock { end: begin + 10 * SECOND, standing: None };
        assert!(!clock.is_over(begin + 9 * SECOND));
        assert!(clock.is_over(begin + 10 * SECOND));
    }

    #[test]
    fn time_stands_still_while_any_question_stands() {
        let begin = Instant::now();
        let at = |seconds: u32| begin + seconds * SECOND;
        let mut clock = Clock { end: at(10), standing: None };
        clock.stand_still(at(5));
        clock.stand_still(at(6));
        clock.go_on(at(65));
        assert!(!clock.is_over(at(100)), "one of them still stands");
        clock.go_on(at(125));
        assert_eq!(clock.end, at(130));
        assert!(!clock.is_over(at(129)) && clock.is_over(at(130)));
    }
}
