//! Questions to the person: the table `[approvals]`.

use crate::error::SettingsError;
use crate::limits::Amount;
use crate::read::Table;
use crate::{Origin, Setting};
use std::time::Duration;

/// No question stands longer: whoever has not answered in a month has forgotten what it was about.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// Whoever is asked more often than this in a turn answers nothing any more.
const MOST: u64 = 1000;

/// `[approvals]`: questions to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// `expire-after`: how long a question stands that nobody answers.
    pub expire_after: Setting<Duration>,
    /// `per-call`: how often one call that runs may ask.
    pub per_call: Setting<u32>,
    /// `per-turn`: how often the calls of one turn may ask, all together.
    pub per_turn: Setting<u32>,
}

impl Default for Approvals {
    fn default() -> Self {
        fn by_nobody<T>(value: T) -> Setting<T> {
            Setting { value, origin: Origin::Default }
        }
        Self { expire_after: by_nobody(Duration::from_hours(24)), per_call: by_nobody(5), per_turn: by_nobody(50) }
    }
}

impl Approvals {
    /// What stands in a table wins over what is here.
    pub(crate) fn take(&mut self, table: &Table<'_>) -> Result<(), SettingsError> {
        let [expire_after, per_call, per_turn] = table.values(["expire-after", "per-call", "per-turn"])?;
        if let Some(expire_after) = expire_after
            && let Setting { value: Amount::Time(value), origin } = expire_after.amount(Amount::Time(LONGEST))?
        {
            self.expire_after = Setting { value, origin };
        }
        for (said, count) in [(per_call, &mut self.per_call), (per_turn, &mut self.per_turn)] {
            if let Some(said) = said
                && let Setting { value: Amount::Count(value), origin } = said.amount(Amount::Count(MOST))?
            {
                *count = Setting { value: u32::try_from(value).unwrap_or(u32::MAX), origin };
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use std::path::Path;

    #[test]
    fn a_question_stands_for_a_day_or_as_long_as_the_person_says() {
        let under = |text: &str| Settings::default().under(text, Path::new("c.toml"));
        let stands = |text: &str| under(text).map(|settings| settings.approvals.expire_after.value);
        assert_eq!(stands("").unwrap(), Duration::from_hours(24));
        assert_eq!(stands("[approvals]\nexpire-after = \"10m\"").unwrap(), Duration::from_mins(10));
        for wrong in ["\"0s\"", "\"31d\"", "5", "\"soon\""] {
            assert!(stands(&format!("approvals.expire-after = {wrong}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn how_often_a_person_is_asked_is_the_persons_word() {
        let under = |text: &str| Settings::default().under(text, Path::new("c.toml"));
        let often = |text: &str| under(text).map(|s| (s.approvals.per_call.value, s.approvals.per_turn.value));
        assert_eq!(often("").unwrap(), (5, 50));
        assert_eq!(often("[approvals]\nper-call = 1\nper-turn = 7").unwrap(), (1, 7));
        for wrong in ["per-call = 0", "per-turn = 1001", "per-turn = \"7\"", "per-cal = 1"] {
            assert!(often(&format!("approvals.{wrong}")).is_err(), "{wrong}");
        }
    }
}
