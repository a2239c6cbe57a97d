//! Where a session's stream events are heard.

use boxagnts_tools::Listener;
use boxagnts_types::StreamEvent;
use boxagnts_types::scrub::{NothingSecret, Scrub};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Events that a slow reader may lie behind. A reader that lies further behind is told how many it missed, and can
/// read them in the journal; it never holds up an agent.
const BEHIND: usize = 8192;

/// Passes the events of one session to everybody who subscribed.
pub struct Hall {
    events: broadcast::Sender<StreamEvent>,
    scrub: Arc<dyn Scrub>,
}

impl Hall {
    /// A hall that nobody listens in yet.
    pub fn new() -> Self {
        Self { events: broadcast::Sender::new(BEHIND), scrub: Arc::new(NothingSecret) }
    }

    /// The same hall, in which no secret is heard.
    #[must_use]
    pub fn scrubbed(self, scrub: Arc<dyn Scrub>) -> Self {
        Self { scrub, ..self }
    }

    /// Hears everything from now on.
    pub fn subscribe(&self) -> Subscription {
        Subscription(self.events.subscribe())
    }
}

impl Default for Hall {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener for Hall {
    fn hear(&self, mut event: StreamEvent) {
        event.cover(&*self.scrub);
        // Nobody listening is no failure.
        let _ = self.events.send(event);
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

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_egress::Vault;
    use boxagnts_types::Secret;
    use futures::executor::block_on;

    fn heard(hall: &Hall) -> String {
        let mut subscription = hall.subscribe();
        hall.hear(StreamEvent::Error { message: "it said canary-4711 twice: canary-4711".to_owned() });
        format!("{:?}", block_on(subscription.next()).unwrap())
    }

    #[test]
    fn what_is_heard_shows_no_secret() {
        let vault = Vault::new([], &[Secret::new("canary-4711".to_owned())]);
        assert!(!heard(&Hall::new().scrubbed(vault.scrubber())).contains("canary"));
        assert!(heard(&Hall::new()).contains("canary"), "the control: without a scrubber it would");
    }
}
