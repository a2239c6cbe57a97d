//! The system's clock and randomness.

use crate::{os, process};
use boxagnts_record::Stamp;
use boxagnts_types::{MintId, Time};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use ulid::Ulid;

/// How many bits of a ULID are random; those above are milliseconds since 1970.
const RANDOM_BITS: u32 = 80;

/// The calendar, the time since the machine was started, and ULIDs that only go up.
#[derive(Debug, Default)]
pub struct SystemStamp {
    last: Mutex<u128>,
}

impl SystemStamp {
    /// A fresh one. Those of several processes do not collide, for their identifiers are random within a millisecond.
    pub fn new() -> Self {
        Self::default()
    }
}

impl MintId for SystemStamp {
    fn mint(&self) -> Ulid {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let millis = u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0);
        // In one millisecond, or when the calendar was set back, the next number keeps the order.
        *last = if u64::try_from(*last >> RANDOM_BITS).is_ok_and(|before| before < millis) {
            (u128::from(millis) << RANDOM_BITS) | random(*last)
        } else {
            last.saturating_add(1)
        };
        Ulid::from(*last)
    }
}

/// Random bits. Identifiers are no secrets, so a system without randomness gets the next number instead.
fn random(last: u128) -> u128 {
    let mask = (1_u128 << RANDOM_BITS) - 1;
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_ok() { u128::from_ne_bytes(bytes) & mask } else { (last + 1) & mask }
}

impl Stamp for SystemStamp {
    fn now(&self) -> Time {
        Time::from_timestamp(jiff::Timestamp::now())
    }

    fn monotonic(&self) -> Duration {
        os::since_start()
    }

    fn mark_of_process(&self) -> String {
        process::mark()
    }

    fn has_ended(&self, holder: &str) -> bool {
        process::has_ended(holder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_only_go_up_and_two_mints_do_not_meet() {
        let (one, two) = (SystemStamp::new(), SystemStamp::new());
        let mut minted: Vec<Ulid> = (0..1000).map(|_| one.mint()).collect();
        assert!(minted.is_sorted_by(|a, b| a < b));
        minted.extend((0..1000).map(|_| two.mint()));
        minted.sort_unstable();
        minted.dedup();
        assert_eq!(minted.len(), 2000);
    }

    #[test]
    fn the_shared_clock_goes_on() {
        let stamp = SystemStamp::new();
        let earlier = stamp.monotonic();
        assert!(Duration::ZERO < earlier && earlier <= stamp.monotonic());
    }
}
