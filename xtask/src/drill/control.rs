//! The negative control: lies in evidence that was good. A verdict that finds one of them good is worth nothing.

use super::verdict::Evidence;
use serde_json::Value;

/// A way to spoil evidence, and the word by which the verdict must find it.
pub(super) struct Lie {
    pub(super) name: &'static str,
    found_by: &'static str,
    spoil: fn(&mut Evidence),
}

/// Every lie that is told.
pub(super) const LIES: [Lie; 9] = [
    Lie { name: "an event is lost", found_by: "(1) event", spoil: |evidence| drop_event(evidence, "call.decided") },
    Lie { name: "the last thing that was told is lost", found_by: "(2)", spoil: lose_the_last },
    Lie { name: "an earlier event is another one", found_by: "(3)", spoil: change_an_event },
    Lie { name: "an effect happened twice", found_by: "(4) k01 happened 2", spoil: |evidence| count(evidence, 2) },
    Lie { name: "an effect did not happen", found_by: "(4) k01 is told", spoil: |evidence| count(evidence, 0) },
    Lie { name: "an effect has no intent", found_by: "no intent", spoil: forget_intents },
    Lie { name: "a request was sent again", found_by: "(4) the witness", spoil: ask_again },
    Lie { name: "a call has two results", found_by: "(5)", spoil: double_a_result },
    Lie { name: "a receipt is missing", found_by: "(6)", spoil: forget_receipts },
];

/// The lies that the verdict does not find in this evidence. It must be good, and of a run that came far.
pub(super) fn undetected(evidence: &Evidence) -> Vec<&'static str> {
    let is_found = |lie: &&Lie| {
        let mut spoilt = evidence.clone();
        (lie.spoil)(&mut spoilt);
        !spoilt.broken().iter().any(|line| line.contains(lie.found_by))
    };
    LIES.iter().filter(is_found).map(|lie| lie.name).collect()
}

fn both(evidence: &mut Evidence, change: impl Fn(&mut Vec<Value>)) {
    change(&mut evidence.before.events);
    change(&mut evidence.after.events);
}

fn drop_event(evidence: &mut Evidence, kind: &str) {
    both(evidence, |events| {
        if let Some(at) = events.iter().position(|event| event["type"] == kind) {
            events.remove(at);
        }
    });
}

fn lose_the_last(evidence: &mut Evidence) {
    let results = |event: &Value| event["type"] == "call.finished";
    if let Some(at) = evidence.before.events.iter().rposition(results) {
        evidence.before.events.truncate(at);
    }
}

fn change_an_event(evidence: &mut Evidence) {
    if let Some(event) = evidence.after.events.first_mut() {
        event["time"] = Value::Null;
    }
}

fn count(evidence: &mut Evidence, times: usize) {
    for seen in [&mut evidence.before, &mut evidence.after] {
        seen.lines.insert("k01".to_owned(), times);
    }
}

fn forget_intents(evidence: &mut Evidence) {
    both(evidence, |events| events.retain(|event| event["type"] != "call.intended"));
}

fn ask_again(evidence: &mut Evidence) {
    *evidence.after.requests.entry("k03".to_owned()).or_insert(0) += 2;
}

fn double_a_result(evidence: &mut Evidence) {
    both(evidence, |events| {
        let result = events.iter().find(|event| event["type"] == "call.finished").cloned();
        events.extend(result);
    });
}

fn forget_receipts(evidence: &mut Evidence) {
    both(evidence, |events| events.retain(|event| event["type"] != "effect"));
}
