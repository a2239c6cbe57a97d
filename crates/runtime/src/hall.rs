//! Where a session's stream events are heard.

use boxagnts_tools::Listener;
use boxagnts_types::StreamEvent;
use tokio::sync::broadcast;

/// Events that a slow reader may lie behind. A reader that lies further behind is told how many it missed, and can
/// read them in the journal; it never holds up an agent.
const BEHIND: usize = 8192;

/// Passes the events of one session to everybody who subscribed.
pub struct Hall(broadcast::Sender<StreamEvent>);

impl Hall {
    /// A hall that nobody listens in yet.
    pub fn new() -> Self {
        Self(broadcast::Sender::new(BEHIND))
    }

    /// Hears everything from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.0.subscribe())
    }
}

impl Default for Hall {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener for Hall {
    fn hear(&self, event: StreamEvent) {
        // Nobody listening is no failure.
        let _ = self.0.send(event);
    }
}

/// The events of one session, in order.
pub struct Subscription(broadcast::Receiver<StreamEvent>);

impl Subscription {
    /// The next event; `None` when the session is gone.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        match self.0.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Closed) => None,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                Some(StreamEvent::Error { message: format!("{missed} events were missed; the journal has them") })
            }
        }
    }
}
