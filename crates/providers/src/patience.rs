//! How often and after which wait a vendor is asked again.

use std::time::Duration;

/// Asking again, for the faults that pass by themselves. It happens only before anything of a reply was passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// How often it is asked again.
    pub retries: u32,
    /// About how long the first wait lasts, when the vendor does not say; each further one lasts twice as long.
    pub first_wait: Duration,
    /// No wait lasts longer, whatever the vendor says.
    pub longest_wait: Duration,
}

/// Most faults of a vendor are over within seconds; after the fourth answer of its kind it is the person's turn.
pub const RETRIES: u32 = 3;

/// Short enough to pass unnoticed.
pub const FIRST_WAIT: Duration = Duration::from_millis(500);

/// A person who waits longer than this would rather be told.
pub const LONGEST_WAIT: Duration = Duration::from_mins(1);

impl Default for Patience {
    fn default() -> Self {
        Self { retries: RETRIES, first_wait: FIRST_WAIT, longest_wait: LONGEST_WAIT }
    }
}

impl Patience {
    /// How long to wait before asking again, `before` being how often that was done already. `chance` is drawn by the
    /// caller: many clients that were refused at one moment must not come back at one moment.
    pub(crate) fn wait(&self, before: u32, asked: Option<Duration>, chance: u8) -> Duration {
        // A part of the wait is chance: a quarter more than was asked for, never less; or half of our own.
        let (sure, spread) = if let Some(asked) = asked {
            let asked = asked.min(self.longest_wait);
            (asked, asked / 4)
        } else {
            let doubled = self.first_wait.saturating_mul(2_u32.saturating_pow(before)).min(self.longest_wait);
            (doubled / 2, doubled / 2)
        };
        let wait = sure.saturating_add((spread / 256).saturating_mul(u32::from(chance)));
        wait.min(self.longest_wait)
    }
}

/// A byte of chance. Without the system's randomness all wait alike, which only makes them a crowd.
pub(crate) fn chance() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).map_or(0, |()| byte[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_spread() {
        let patience = Patience::default();
        let wait = |before, chance| patience.wait(before, None, chance).as_millis();
        assert_eq!((wait(0, 0), wait(1, 0), wait(2, 0)), (250, 500, 1000));
        assert!((490..500).contains(&wait(0, 255)) && (990..1000).contains(&wait(1, 255)));
        assert_eq!(patience.wait(u32::MAX, None, 255).as_secs(), 59);
    }

    #[test]
    fn a_vendor_is_asked_no_sooner_than_it_wants_and_no_later_than_the_longest_wait() {
        let patience = Patience::default();
        let wait = |asked, chance| patience.wait(0, Some(Duration::from_secs(asked)), chance);
        for chance in [0, 1, 128, 255] {
            assert!((Duration::from_secs(4)..=Duration::from_secs(5)).contains(&wait(4, chance)));
            assert_eq!(wait(1_000_000_000, chance), LONGEST_WAIT);
            assert_eq!(wait(0, chance), Duration::ZERO);
        }
    }
}
