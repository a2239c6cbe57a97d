//! What the log of the journal is told about a call. Its records are the same facts as the events of the session, and
//! outlive it.

use crate::ledger::Entry;
use boxagnts_record::{Fact, Journal, ReceiptDraft, Touched};
use boxagnts_types::Label;

/// The account of a call whose result has this label.
pub(crate) fn of_account(journal: &Journal, tool: &str, entries: &[Entry], label: &Label) -> Vec<ReceiptDraft> {
    // What most calls touch, trusted and not private, is not worth a word.
    let label = (!label.is_ordinary()).then(|| label.to_string());
    entries.iter().map(|entry| of_entry(journal, tool, entry, label.clone())).collect()
}

fn of_entry(journal: &Journal, tool: &str, entry: &Entry, label: Option<String>) -> ReceiptDraft {
    let Entry { effect, decision, rule, needs: _, count, bytes, names, further } = entry;
    let (touched, list) = if names.is_empty() {
        (None, None)
    } else {
        let (touched, list) = Touched::of(names.iter().map(AsRef::as_ref), *further);
        (Some(touched), list)
    };
    let fact = Fact::Effect {
        tool: tool.to_owned(),
        effect: effect.clone(),
        decision: *decision,
        rule: rule.clone(),
        count: *count,
        bytes: *bytes,
        touched,
        label,
    };
    journal.receipt(fact, list)
}

/// A call that may change something is about to start.
pub(crate) fn of_intent(journal: &Journal, tool: &str, fingerprint: &str) -> ReceiptDraft {
    journal.receipt(Fact::Intended { tool: tool.to_owned(), fingerprint: fingerprint.to_owned() }, None)
}

/// A question was closed.
pub(crate) fn of_answer(
    journal: &Journal,
    answer: &str,
    by: Option<String>,
    effects: Vec<String>,
    fingerprint: &str,
) -> ReceiptDraft {
    let (answer, fingerprint) = (answer.to_owned(), fingerprint.to_owned());
    journal.receipt(Fact::Answered { answer, by, effects, fingerprint }, None)
}
