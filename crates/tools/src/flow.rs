//! The label of what a call gives back: from the effects that it really had.

use crate::ledger::Entry;
use boxagnts_capability::Seen;
use boxagnts_types::Label;
use boxagnts_types::stream::Decided;

/// The effects that bring in what a stranger says, by the words before the colon. Whoever carries one out says what came
/// in ([`Seen::saw`]); the ledger has it in any case.
const STRANGERS: [&str; 5] = ["network", "network.get", "mcp", "exec", "memory.read"];

/// What is passed on about a call that has ended.
pub(crate) fn label_of(seen: &Seen, entries: &[Entry]) -> Label {
    let own = seen.own();
    if own.is_untrusted() {
        return own;
    }
    let allowed = entries.iter().filter(|entry| entry.decision == Decided::Allowed);
    let strange = allowed.filter(|entry| {
        let kind = entry.effect.split_once(':').map_or(entry.effect.as_str(), |(kind, _)| kind);
        STRANGERS.contains(&kind)
    });
    strange.fold(own, |label, entry| label.join(&Label::untrusted(&entry.effect)))
}
