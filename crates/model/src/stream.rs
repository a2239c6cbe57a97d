//! What a model sends back.

use boxagnts_types::Usage;
use std::time::Duration;

/// A piece of the reply, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// There is no reply yet, and the vendor is asked again after a wait. Comes before the wait and before all others.
    Waiting {
        /// Why there is no reply, for the person.
        why: String,
        /// How long the wait lasts.
        wait: Duration,
    },
    /// More text.
    Text(String),
    /// More reasoning, where the vendor shows it.
    Thinking(String),
    /// A whole call.
    Call {
        /// The model's own id of it.
        model_id: String,
        /// The tool as the model wrote it.
        tool: String,
        /// The input as the model wrote it.
        input: String,
    },
    /// What the request cost, cumulative: a later one replaces an earlier one.
    Usage(Usage),
    /// The reply is complete.
    End(Stop),
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It has said what it had to say.
    Finished,
    /// It waits for the answers to its calls.
    Calls,
    /// It ran into its own limit on output. A call that was cut by it is not among the pieces.
    Length,
    /// The vendor or the model refused.
    Refused,
}
