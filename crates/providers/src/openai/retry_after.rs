//! How long a server wants to be left alone.

use crate::patience::LONGEST_WAIT;
use boxagnts_egress::Response;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use std::time::Duration;

/// What `retry-after-ms` or `Retry-After` (RFC 9110, section 10.2.3) say, held at [`LONGEST_WAIT`]; none for what is
/// negative or makes no sense.
pub(crate) fn of(response: &Response) -> Option<Duration> {
    let milliseconds = response.header("retry-after-ms").and_then(|text| seconds(text, 1000.0));
    let asked = milliseconds.or_else(|| {
        let text = response.header("retry-after")?;
        // A date is read against the server's own clock, since ours may be wrong.
        let now = || response.header("date").and_then(date).unwrap_or_else(Timestamp::now);
        seconds(text, 1.0).or_else(|| Some(until(date(text)?, now())))
    });
    asked.map(|asked| asked.min(LONGEST_WAIT))
}

/// Some servers write fractions, and some write more than any clock can hold.
fn seconds(text: &str, parts: f64) -> Option<Duration> {
    let number: f64 = text.trim().parse().ok()?;
    if number.is_nan() || number.is_sign_negative() {
        return None;
    }
    Some(Duration::try_from_secs_f64(number / parts).unwrap_or(LONGEST_WAIT))
}

fn date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text.trim()).ok().map(|time| time.timestamp())
}

/// Nothing when the time has passed.
fn until(time: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(time.duration_since(now)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt as _;

    const NOW: &str = "Wed, 04 Nov 2026 10:00:00 GMT";

    fn asked(fields: &[(&str, &str)]) -> Option<u128> {
        let headers = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        of(&Response { status: 429, headers, body: futures::stream::empty().boxed() }).map(|time| time.as_millis())
    }

    #[test]
    fn seconds_and_dates_are_understood() {
        for (text, wanted) in [("0", 0), ("3", 3000), (" 7 ", 7000), ("1.5", 1500), ("-0.0", 0)] {
            let wanted = (text != "-0.0").then_some(wanted);
            assert_eq!(asked(&[("retry-after", text)]), wanted, "{text}");
        }
        for (text, wanted) in [("Wed, 04 Nov 2026 10:00:09 GMT", 9000), ("Wed, 04 Nov 2026 09:00:00 GMT", 0)] {
            assert_eq!(asked(&[("date", NOW), ("retry-after", text)]), Some(wanted), "{text}");
        }
        assert_eq!(asked(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(250));
        assert_eq!(asked(&[]), None);
    }

    #[test]
    fn more_than_a_minute_is_a_minute() {
        for text in ["61", "1000000000", "9999999999999999999999999", "1e300", "inf", "Wed, 04 Nov 2099 10:00:00 GMT"] {
            assert_eq!(asked(&[("date", NOW), ("retry-after", text)]), Some(60_000), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_not_honoured() {
        for text in ["-1", "-1e9", "", "soon", "NaN", "1 hour", "0x10", "Wed, 99 Nov 2026 10:00:09 GMT", "\u{fffd}"] {
            assert_eq!(asked(&[("date", NOW), ("retry-after", text)]), None, "{text}");
        }
    }
}
