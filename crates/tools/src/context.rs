//! What a tool is handed for one call, and owns until the call ends.

use crate::asking::Ask;
use crate::ledger::Ledger;
use boxagnts_capability::Permit;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The world of one call. It never holds the session.
pub struct ToolContext {
    /// What the call may do; dropped with the context.
    pub permit: Permit,
    /// Set when the person, or the end of the program, wants the call to stop.
    pub cancel: CancellationToken,
    /// The way to the person, for what only shows while the call runs.
    pub asker: Arc<dyn Ask>,
    /// Where the tool tells how far it is.
    pub progress: Progress,
    /// Where each allowed or refused effect is written down; the door keeps the other end.
    pub ledger: Ledger,
    /// What the tool returned as its state at its last call of this session.
    pub state: Option<Vec<u8>>,
}

/// Tells the person how far a call is.
#[derive(Clone)]
pub struct Progress(Arc<Sink>);

/// Takes a text and a fraction.
type Sink = dyn Fn(&str, Option<f32>) + Send + Sync;

impl Progress {
    /// Calls `sink` with a text and a fraction from 0 to 1.
    pub fn new(sink: impl Fn(&str, Option<f32>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Tells nobody.
    pub fn silent() -> Self {
        Self::new(|_, _| {})
    }

    /// Tells how far the call is.
    pub fn report(&self, text: &str, fraction: Option<f32>) {
        (self.0)(text, fraction);
    }
}
