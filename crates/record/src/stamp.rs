//! Where a store gets time and identifiers from. This room reads no clock: a stamp is handed in.

use boxagnts_types::{MintId, Time};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use ulid::Ulid;

/// Time and identifiers for a store.
pub trait Stamp: MintId {
    /// The calendar's time, which a person may set at will. Written into events, never used to decide anything.
    fn now(&self) -> Time;

    /// Time since a moment that every store on the same data shares, such as the start of the machine. It never goes
    /// back and leases are measured with it, so that setting the calendar neither ends nor revives one.
    fn monotonic(&self) -> Duration;

    /// What a holder's text is to end with, so that others can see whether its process has ended. It may be empty.
    fn mark_of_process(&self) -> String {
        String::new()
    }

    /// Whether the process of a holder is known to have ended: then its lease binds nobody. A holder of which nothing is
    /// known has not.
    fn has_ended(&self, holder: &str) -> bool {
        let _ = holder;
        false
    }
}

/// A clock that moves when it is told to, and identifiers that count up: equal runs get equal stamps.
#[derive(Debug)]
pub struct ManualStamp {
    calendar: AtomicU64,
    elapsed: AtomicU64,
    minted: AtomicU64,
}

impl ManualStamp {
    /// Where its calendar begins: 2026-01-01T00:00:00Z in microseconds since 1970.
    pub const BEGIN: u64 = 1_767_225_600_000_000;

    /// A fresh clock at [`Self::BEGIN`].
    pub fn new() -> Self {
        Self { calendar: AtomicU64::new(Self::BEGIN), elapsed: AtomicU64::new(0), minted: AtomicU64::new(0) }
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
        self.calendar.fetch_add(micros, Ordering::Relaxed);
        self.elapsed.fetch_add(micros, Ordering::Relaxed);
    }

    /// Sets the calendar alone, as a person does, to microseconds since 1970.
    pub fn set_calendar(&self, micros: u64) {
        self.calendar.store(micros, Ordering::Relaxed);
    }
}

impl Default for ManualStamp {
    fn default() -> Self {
        Self::new()
    }
}

impl MintId for ManualStamp {
    fn mint(&self) -> Ulid {
        let count = self.minted.fetch_add(1, Ordering::Relaxed);
        Ulid::from_parts(Self::BEGIN / 1000, u128::from(count) + 1)
    }
}

impl Stamp for ManualStamp {
    fn now(&self) -> Time {
        Time::from_micros(i64::try_from(self.calendar.load(Ordering::Relaxed)).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.elapsed.load(Ordering::Relaxed))
    }
}
