//! Questions to the person: the table `[approvals]`.

use crate::error::SettingsError;
use crate::limits::Amount;
use crate::read::Table;
use crate::{Origin, Setting};
use std::time::Duration;

/// No question stands longer: whoever has not answered in a month has forgotten what it was about.
const LONGEST: Duration = Duration::from_hours(30 * 24);

/// `[approvals]`: questions to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// `expire-after`: how long a question stands that nobody answers.
    pub expire_after: Setting<Duration>,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { expire_after: Setting { value: Duration::from_hours(24), origin: Origin::Default } }
    }
}

impl Approvals {
    /// What stands in a table wins over what is here.
    pub(crate) fn take(&mut self, table: &Table<'_>) -> Result<(), SettingsError> {
        let [expire_after] = table.values(["expire-after"])?;
        let Some(expire_after) = expire_after else { return Ok(()) };
        let Setting { value, origin } = expire_after.amount(Amount::Time(LONGEST))?;
        if let Amount::Time(value) = value {
            self.expire_after = Setting { value, origin };
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
}
