//! The log of receipts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which receipts are asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Those of one session.
    pub(crate) session: Option<String>,
    /// Those of refused effects alone.
    #[serde(default)]
    pub(crate) refused: bool,
    /// Those before this number.
    pub(crate) before: Option<u64>,
    /// At most this many; 200 without it, and no more than 1,000.
    pub(crate) limit: Option<usize>,
}

/// Receipts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AuditPage {
    /// Newest first; docs/audit.md has each kind. One that cannot be read has the type `unreadable`.
    pub(crate) receipts: Vec<Value>,
    /// Whether there are older ones.
    pub(crate) more: bool,
}

/// Everything that an effect touched.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TouchedList {
    /// Paths and addresses.
    pub(crate) lines: Vec<String>,
}

/// Whether the log is as it was written.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Verdict {
    /// Whether it is.
    pub(crate) intact: bool,
    /// The journal that it is of.
    pub(crate) journal: Option<String>,
    /// What its checkpoints are checked with.
    pub(crate) key: Option<String>,
    /// How many records it has.
    pub(crate) records: u64,
    /// How many of them a checkpoint covers.
    pub(crate) covered: u64,
    /// How many checkpoints there are.
    pub(crate) checkpoints: u64,
    /// The first record that is not what was written.
    pub(crate) bad: Option<Bad>,
    /// What else is wrong.
    pub(crate) problems: Vec<String>,
    /// What is worth knowing and not wrong.
    pub(crate) remarks: Vec<String>,
}

/// A record that is not what was written.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Bad {
    /// Its number.
    pub(crate) record: u64,
    /// What is wrong with it, in a word.
    pub(crate) flaw: String,
    /// The same in a sentence.
    pub(crate) text: String,
}
