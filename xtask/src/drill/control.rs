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
pub(super) const LIES: [Lie; 11] = [
    Lie { name: "an event is lost", found_by: "(1) event", spoil: |evidence| drop_event(evidence, "call.decided") },
    Lie { name: "the last thing that was told is lost", found_by: "(2)", spoil: lose_the_last },
    Lie { name: "an earlier event is another one", found_by: "(3)", spoil: change_an_event },
    Lie { name: "an effect happened twice", found_by: "(4) k01 happened 2", spoil: |evidence| count(evidence, 2) },
    Lie { name: "an effect did not happen", found_by: "(4) k01 is told", spoil: |evidence| count(evidence, 0) },
    Lie { name: "an effect has no intent", found_by: "no intent", spoil: forget_intents },
    Lie { name: "a request was sent again", found_by: "(4) the witness", spoil: ask_again },
    Lie { name: "a call has two results", found_by: "(5)", spoil: double_a_result },
    Lie { name: "a receipt is missing", found_by: "without a receipt", spoil: forget_receipts },
    Lie { name: "the log lacks a receipt", found_by: "and the log has 0", spoil: empty_the_log },
    Lie { name: "the log was changed", found_by: "not intact", spoil: change_the_log },
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

fn empty_the_log(evidence: &mut Evidence) {
    evidence.after.receipts.clear();
}

fn change_the_log(evidence: &mut Evidence) {
    evidence.after.log["intact"] = Value::Bool(false);
}

fn forget_receipts(evidence: &mut Evidence) {
    both(evidence, |events| events.retain(|event| event["type"] != "effect"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::verdict::Seen;
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::time::Duration;

    /// What a run leaves that wrote a line and sent a request, and was killed then.
    fn good() -> Evidence {
        let call = |id: &str, tool: &str, input: &str| json!({"id": id, "tool": tool, "input": input});
        let calls = [call("A", "bash", "echo k01 >> log.txt"), call("B", "web_fetch", "k03")];
        let bodies = [
            ("session.started", Value::Null, json!({})),
            ("turn.started", Value::Null, json!({})),
            ("message", Value::Null, json!({"calls": calls})),
            ("call.decided", json!("A"), json!({"verdict": "allow"})),
            ("call.intended", json!("A"), json!({})),
            ("effect", json!("A"), json!({"decision": "allowed"})),
            ("call.finished", json!("A"), json!({"outcome": "done", "content": []})),
            ("call.decided", json!("B"), json!({"verdict": "allow"})),
            ("effect", json!("B"), json!({"decision": "allowed"})),
            ("call.finished", json!("B"), json!({"outcome": "done", "content": []})),
            ("turn.finished", Value::Null, json!({"reason": "answered"})),
        ];
        let event = |(seq, (kind, call, body)): (usize, _)| json!({"seq": seq, "id": format!("E{seq}"), "type": kind, "turn": 1, "call": call, "body": body});
        let events: Vec<Value> = (1..).zip(bodies).map(event).collect();
        let once = |mark: &str| BTreeMap::from([(mark.to_owned(), 1)]);
        let old = crate::drill::scenario::OLD.1.to_owned();
        let (log, receipts) = (json!({"intact": true}), [once("A"), once("B")].into_iter().flatten().collect());
        let (lines, requests, took) = (once("k01"), once("k03"), Duration::ZERO);
        let after = Seen { events, lines, requests, old, took, log, receipts };
        let mut before = after.clone();
        before.events.pop();
        let heard = vec![json!({"type": "call.finished", "call": "B", "outcome": "done"})];
        Evidence { heard, before, after }
    }

    #[test]
    fn x01_every_lie_about_a_run_that_was_killed_is_found() {
        assert_eq!(good().broken(), Vec::<String>::new());
        assert_eq!(undetected(&good()), Vec::<&str>::new());
    }
}
