//! Amounts of a manifest, as people write them.

use boxagnts_types::quantity;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::time::Duration;

/// A length of time such as `500ms`, `30s` or `2m`.
pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wanted = || D::Error::custom(format!("{text:?} is no duration; write for example 500ms, 30s or 2m"));
    quantity::time(&text).map(Some).ok_or_else(wanted)
}

/// A number of bytes such as `64MiB`.
pub(crate) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wanted = || D::Error::custom(format!("{text:?} is no size; write for example 512KiB, 64MiB or 1GiB"));
    quantity::size(&text).map(Some).ok_or_else(wanted)
}
