//! What a turn came to.

use boxagnts_types::Usage;
use boxagnts_types::stream::StopReason;

/// What a turn came to, for whoever started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnReport {
    /// Why it ended.
    pub reason: StopReason,
    /// The text of the model's last message; only the beginning where it broke off.
    pub text: String,
    /// Sum over the turn.
    pub usage: Usage,
    /// Requests made to the model.
    pub steps: u32,
    /// How many asks became a deny because nobody was there.
    pub unanswered: u32,
    /// What went wrong, in one sentence; set for every reason but an answer and an interruption.
    pub error: Option<String>,
}
