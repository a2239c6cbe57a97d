//! Amounts as people write them: `30s`, `64MiB`.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// Units of time, in milliseconds, the largest first.
const TIMES: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Units of size, in bytes, the largest first (IEC 80000-13).
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Reads a length of time such as `500ms`, `30s` or `2m`: a whole number and its unit.
pub fn time(text: &str) -> Option<Duration> {
    amount(text, &TIMES).map(Duration::from_millis)
}

/// Reads a number of bytes such as `512KiB`, `64MiB` or `1GiB`: a whole number and its unit.
pub fn size(text: &str) -> Option<u64> {
    amount(text, &SIZES)
}

/// A length of time, printed as [`time`] reads it, in whole milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownTime(pub Duration);

/// A number of bytes, printed as [`size`] reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownSize(pub u64);

impl Display for ShownTime {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX), &TIMES, f)
    }
}

impl Display for ShownSize {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        show(self.0, &SIZES, f)
    }
}

fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = (text[..end].parse::<u64>().ok()?, text[end..].trim_start());
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

/// In the largest unit that leaves a whole number.
fn show(amount: u64, units: &[(&str, u64)], f: &mut Formatter<'_>) -> fmt::Result {
    let whole = units.iter().find(|(_, factor)| amount != 0 && amount.is_multiple_of(*factor));
    let (unit, factor) = whole.or(units.last()).copied().unwrap_or(("", 1));
    write!(f, "{}{unit}", amount / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_whole_number_and_its_unit() {
        assert_eq!(time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(time("2 m"), Some(Duration::from_mins(2)));
        assert_eq!(size("64MiB"), Some(64 << 20));
        assert_eq!(size("0B"), Some(0));
        for text in ["", "30", "s", "-1s", "1.5s", "1d", "30S", "99999999999999999999s", "18446744073709551615m"] {
            assert_eq!(time(text), None, "{text}");
        }
        for text in ["", "64", "MiB", "64MB", "64mib", "18446744073709551615KiB"] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for text in ["1ms", "30s", "2m", "90s", "0ms"] {
            assert_eq!(time(text).map(|time| ShownTime(time).to_string()).as_deref(), Some(text));
        }
        for text in ["0B", "1000B", "64KiB", "1GiB", "1025MiB"] {
            assert_eq!(size(text).map(|size| ShownSize(size).to_string()).as_deref(), Some(text));
        }
    }
}
