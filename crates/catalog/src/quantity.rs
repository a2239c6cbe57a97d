//! Amounts as people write them: `30s`, `64MiB`.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::time::Duration;

/// A length of time such as `500ms`, `30s` or `2m`.
pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wanted = || D::Error::custom(format!("{text:?} is no duration; write for example 500ms, 30s or 2m"));
    let (number, unit) = split(&text).ok_or_else(wanted)?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(wanted()),
    };
    number.checked_mul(factor).map(|millis| Some(Duration::from_millis(millis))).ok_or_else(wanted)
}

/// A number of bytes such as `64MiB`.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wanted = || D::Error::custom(format!("{text:?} is no size; write for example 512KiB, 64MiB or 1GiB"));
    let (number, unit) = split(&text).ok_or_else(wanted)?;
    let factor = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(wanted()),
    };
    number.checked_mul(factor).map(Some).ok_or_else(wanted)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, text[end..].trim_start()))
}
