//! Who holds a session and until when: the arithmetic of leases, the same in every backend.

use crate::listing::one_line;
use crate::store::Claim;
use std::time::Duration;

/// A claim that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who has it, on one line.
    pub holder: String,
    /// When it ends, by [`crate::Stamp::monotonic`].
    pub expires: Duration,
    /// For how long a renewal keeps it.
    pub time_to_live: Duration,
}

impl Hold {
    /// The hold that a claim asks for, beginning now.
    pub fn of(claim: &Claim, now: Duration) -> Self {
        let holder = one_line(claim.holder.chars());
        Self { holder, expires: now.saturating_add(claim.time_to_live), time_to_live: claim.time_to_live }
    }

    /// Whether nobody else may claim the session now.
    ///
    /// A hold that ends later than one made now would is from before the machine was started anew: its holder is gone.
    pub fn is_live(&self, now: Duration) -> bool {
        now < self.expires && self.expires.saturating_sub(now) <= self.time_to_live
    }

    /// The same hold for another time to live.
    #[must_use]
    pub fn renewed(self, now: Duration) -> Self {
        Self { expires: now.saturating_add(self.time_to_live), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_hold_from_before_a_restart_is_dead() {
        let hold = Hold { holder: String::new(), expires: SECOND * 1000, time_to_live: SECOND * 30 };
        assert!(hold.is_live(SECOND * 980));
        assert!(!hold.is_live(SECOND * 1000));
        assert!(!hold.is_live(SECOND * 5));
    }
}
