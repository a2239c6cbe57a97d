//! What the log of the journal is told about a call. Its records are the same facts as the events of the session, and
//! outlive it.

use crate::ledger::Entry;
use boxagnts_record::{Fact, Journal, ReceiptDraft, Touched};

/// The account of a call.
pub(crate) fn of_account(journal: &Journal, tool: &str, entries: &[Entry]) -> Vec<ReceiptDraft> {
    entries.iter().map(|entry| of_entry(journal, tool, entry)).collect()
}

fn of_entry(journal: &Journal, tool: &str, entry: &Entry) -> ReceiptDraft {
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
        label: None,
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
