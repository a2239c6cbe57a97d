//! What one turn may use up. Each number keeps a model that goes wrong from costing more than a person would notice.

/// The bounds of one turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Requests to the model in one turn.
    pub steps: u32,
    /// Calls of one message that are run; the others are answered without being run.
    pub calls_per_message: usize,
    /// Calls of one message that are under way at the same time; at least one always is.
    pub calls_at_once: usize,
    /// Calls of one message that are heard at all; with one more the whole reply is refused.
    pub calls_heard: usize,
    /// Bytes of text and reasoning in one reply.
    pub reply_bytes: usize,
    /// Bytes of the inputs, names and ids of all calls of one reply.
    pub call_bytes: usize,
}

/// Work that needs more than fifty requests is rare, and a model that is lost never stops by itself.
pub const STEPS: u32 = 50;

/// No useful message asks for more at once; a hundred writes in one message could not be followed by a person.
pub const CALLS_PER_MESSAGE: usize = 32;

/// Enough to keep a few cores and a slow network busy; each call may take the memory of one guest, so all of them together
/// stay near a gigabyte.
pub const CALLS_AT_ONCE: usize = 16;

/// Each of these costs a line in the journal, run or not.
pub const CALLS_HEARD: usize = 1024;

/// About a quarter of a million tokens: more than any model writes, little enough to hold and show.
pub const REPLY_BYTES: usize = 1024 * 1024;

/// Room for two inputs of the largest size that the door accepts.
pub const CALL_BYTES: usize = 16 * 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self {
            steps: STEPS,
            calls_per_message: CALLS_PER_MESSAGE,
            calls_at_once: CALLS_AT_ONCE,
            calls_heard: CALLS_HEARD,
            reply_bytes: REPLY_BYTES,
            call_bytes: CALL_BYTES,
        }
    }
}
