//! Which parts of an event were written by a person, a model, a tool or a server, and may hold a secret.
//!
//! What stood at a path before a change stays as it was, its path included: undo must give back exactly that. It lies in
//! files that only the person can read.

use super::{Body, DecisionLine};
use boxagnts_types::scrub::Scrub;

impl Body {
    /// Covers secrets in everything that is not a word or a number of ours.
    pub(crate) fn cover(&mut self, scrub: &dyn Scrub) {
        match self {
            Self::SessionStarted { folder, .. } => scrub.text(folder),
            Self::TurnStarted { prompt, .. } => scrub.contents(prompt),
            Self::Message { text, calls, .. } => {
                scrub.text(text);
                scrub.calls(calls);
            }
            Self::CallDecided { tool, lines, .. } => {
                scrub.text(tool);
                scrub.texts(lines.iter_mut().flat_map(|DecisionLine { effect, rule, .. }| [effect, rule]));
            }
            Self::ApprovalRequested { effects, flow, .. } => scrub.texts(effects.iter_mut().chain(flow)),
            Self::Effect { effect, rule, .. } => scrub.texts([effect, rule]),
            Self::CallFinished { tool, content, .. } => {
                scrub.text(tool);
                scrub.contents(content);
            }
            Self::TurnFinished { text, error, .. } => scrub.texts(std::iter::once(text).chain(error)),
            Self::ApprovalResolved { .. } | Self::CallIntended { .. } | Self::FileBefore { .. } => {}
        }
    }
}
