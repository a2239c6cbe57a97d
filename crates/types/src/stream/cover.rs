//! Which parts of a stream event were written by a person, a model, a tool or a server, and may hold a secret.

use super::StreamEvent;
use crate::scrub::Scrub;

impl StreamEvent {
    /// Covers secrets in everything that is not a word or a number of ours.
    pub fn cover(&mut self, scrub: &dyn Scrub) {
        if scrub.knows_nothing() {
            return;
        }
        match self {
            Self::SessionStarted { workspace, .. } => scrub.text(workspace),
            Self::ModelWaiting { why: text, .. }
            | Self::TextDelta { text, .. }
            | Self::ThinkingDelta { text, .. }
            | Self::CallProgress { text, .. }
            | Self::TurnFinished { text, .. }
            | Self::Error { message: text } => scrub.text(text),
            Self::CallStarted { tool, input, .. } => {
                scrub.text(tool);
                scrub.value(input);
            }
            Self::ApprovalRequested { effects, changes, flow, .. } => {
                scrub.texts(effects.iter_mut().chain(changes).chain(flow));
            }
            Self::Effect { effect, rule, .. } => scrub.texts([effect, rule]),
            Self::CallFinished { tool, content, .. } => {
                scrub.text(tool);
                scrub.contents(content);
            }
            Self::TurnStarted { prompt, .. } => scrub.contents(prompt),
            Self::ApprovalResolved { .. } | Self::ContentWithheld { .. } | Self::Usage { .. } => {}
        }
    }
}
