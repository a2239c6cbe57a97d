//! The invariants, judged from what was seen outside: pure, so that a lie in the evidence can be shown to be found.
//!
//! The numbers are those of the nine invariants of `docs/drills.md`. What is left behind (8) and how fast a restart is (9)
//! are measured where they happen.

use super::scenario::{MARKS, OLD, Trace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What could be seen at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    /// The events of the session, as the program shows them.
    pub(super) events: Vec<Value>,
    /// How often each line mark stands in the workspace; absent marks are left out.
    pub(super) lines: BTreeMap<String, usize>,
    /// How often the witness was asked for each path.
    pub(super) requests: BTreeMap<String, usize>,
    /// What stands in the file that was there before.
    pub(super) old: String,
    /// How long the program took to show the events.
    pub(super) took: Duration,
    /// What `audit verify` says of the log; nothing where no session was begun.
    pub(super) log: Value,
    /// How many lines of the log are about an effect of each call.
    pub(super) receipts: BTreeMap<String, usize>,
}

/// All that is known of one run that was broken off.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    /// The whole lines that the program had written when it ended.
    pub(super) heard: Vec<Value>,
    /// After its end.
    pub(super) before: Seen,
    /// After another process went on with the session.
    pub(super) after: Seen,
}

/// A call as the journal knows it.
#[derive(Default)]
struct Call<'a> {
    input: &'a str,
    requested: usize,
    intended: bool,
    decided: bool,
    allowed: usize,
    results: Vec<&'a Value>,
}

impl Call<'_> {
    fn is(&self, outcome: &str) -> bool {
        self.results.iter().any(|body| body["outcome"] == outcome)
    }

    /// Whether it claims to have done all that it was asked: a script that failed says so itself.
    fn claims(&self) -> bool {
        let failed = |body: &&Value| body["content"].to_string().contains("[exit code ");
        self.is("done") && !self.results.iter().any(failed)
    }

    /// Whether its result says that nothing was done.
    fn is_not_done(&self) -> bool {
        let says = |body: &&Value| body["content"][0]["text"].as_str().is_some_and(|text| text.starts_with("not done"));
        self.results.iter().any(says)
    }
}

/// What must hold of a journal after the power went out: nothing of it is torn, and each effect that is in the world has its
/// intent. What was told last, receipts and earlier contents may be lost.
pub(super) fn durable(seen: &Seen) -> Vec<String> {
    let promised = |line: &String| !line.starts_with("(6)") && !line.contains("was not kept");
    // Nobody was asked for anything while the disk was laid out.
    let requests = |line: &String| !MARKS.iter().any(|(mark, trace)| *trace == Trace::Request && line.contains(mark));
    let found = [sequence(&seen.events), effects(seen), results(seen)].concat();
    found.into_iter().filter(promised).filter(requests).collect()
}

impl Evidence {
    /// Every invariant that does not hold, one line each.
    pub(super) fn broken(&self) -> Vec<String> {
        let mut broken = Vec::new();
        for (when, seen) in [("after the end", &self.before), ("after the restart", &self.after)] {
            let found = [sequence(&seen.events), effects(seen), results(seen), receipts(seen)].concat();
            broken.extend(found.into_iter().map(|line| format!("{when}: {line}")));
        }
        broken.extend(self.acknowledged());
        broken.extend(self.went_on());
        broken.extend(self.requests());
        broken
    }

    /// (2) What the program told is in the journal.
    fn acknowledged(&self) -> Vec<String> {
        let calls = calls(&self.before.events);
        let is_there = |told: &Value| {
            let call = told["call"].as_str().and_then(|id| calls.get(id));
            match told["type"].as_str().unwrap_or_default() {
                // It says itself that it could not be written.
                "turn.finished" if told["reason"] == "record_failed" => true,
                "session.started" | "turn.started" | "turn.finished" => {
                    let same = |event: &Value| event["type"] == told["type"];
                    let turn = |event: &Value| told["turn"].is_null() || told["turn"] == event["turn"];
                    self.before.events.iter().any(|event| same(event) && turn(event))
                }
                "call.started" => call.is_some(),
                "call.finished" => call.is_some_and(|call| call.is(told["outcome"].as_str().unwrap_or_default())),
                "effect" => call.is_some_and(|call| told["decision"] != "allowed" || 0 < call.allowed),
                _ => true,
            }
        };
        let lost = self.heard.iter().filter(|told| !is_there(told));
        lost.map(|told| format!("(2) it was told and is not in the journal: {told}")).collect()
    }

    /// (1, 3, 5) The session went on from what was there, and has come to its end.
    fn went_on(&self) -> Vec<String> {
        let mut broken = Vec::new();
        if !self.after.events.starts_with(&self.before.events) {
            broken.push("(3) going on has changed what was in the journal".to_owned());
        }
        if self.after.events.last().is_none_or(|last| last["type"] != "turn.finished") {
            broken.push("(1) the session has no end after it went on".to_owned());
        }
        for (id, call) in calls(&self.after.events) {
            if call.results.len() != 1 {
                broken.push(format!("(5) the call {id} has {} results", call.results.len()));
            }
        }
        broken
    }

    /// (4) The witness heard of each request once; of one that only reads and was broken off, at most twice.
    fn requests(&self) -> Vec<String> {
        let calls = calls(&self.before.events);
        let over = |mark: &str| call_of(&calls, mark).is_some_and(|call| !call.results.is_empty());
        let most = |mark: &str| if over(mark) { 1 } else { 2 };
        let doubled = self.after.requests.iter().filter(|(mark, count)| most(mark) < **count);
        doubled.map(|(mark, count)| format!("(4) the witness heard of {mark} {count} times")).collect()
    }
}

fn calls(events: &[Value]) -> BTreeMap<&str, Call<'_>> {
    let mut calls: BTreeMap<&str, Call<'_>> = BTreeMap::new();
    for event in events {
        let kind = event["type"].as_str().unwrap_or_default();
        for request in event["body"]["calls"].as_array().into_iter().flatten().filter(|_| kind == "message") {
            let call = calls.entry(request["id"].as_str().unwrap_or_default()).or_default();
            (call.input, call.requested) = (request["input"].as_str().unwrap_or_default(), call.requested + 1);
        }
        let Some(id) = event["call"].as_str() else { continue };
        let call = calls.entry(id).or_default();
        match kind {
            "call.intended" => call.intended = true,
            "call.decided" => call.decided = true,
            "effect" if event["body"]["decision"] == "allowed" => call.allowed += 1,
            "call.finished" => call.results.push(&event["body"]),
            _ => {}
        }
    }
    calls
}

/// The call that makes a mark.
fn call_of<'a, 'b>(calls: &'b BTreeMap<&'a str, Call<'a>>, mark: &str) -> Option<&'b Call<'a>> {
    calls.values().find(|call| call.input.contains(mark))
}

/// (1) Numbers without a gap, identifiers that are there once, a beginning.
fn sequence(events: &[Value]) -> Vec<String> {
    let mut broken = Vec::new();
    for (place, event) in (1..).zip(events) {
        if event["seq"].as_u64() != Some(place) {
            broken.push(format!("(1) event {place} has the number {}", event["seq"]));
            break;
        }
    }
    let ids: BTreeSet<&str> = events.iter().filter_map(|event| event["id"].as_str()).collect();
    if ids.len() != events.len() {
        broken.push("(1) two events have one identifier".to_owned());
    }
    if events.first().is_some_and(|first| first["type"] != "session.started") {
        broken.push("(1) the session has no beginning".to_owned());
    }
    broken
}

/// (4, 6) Each effect in the world happened once, and the journal knew of it before.
fn effects(seen: &Seen) -> Vec<String> {
    let calls = calls(&seen.events);
    let mut broken = Vec::new();
    for (mark, trace) in MARKS {
        let call = call_of(&calls, mark);
        let (count, foreseen) = match trace {
            Trace::Line(_) => (seen.lines.get(mark), call.is_some_and(|call| call.intended)),
            Trace::Request => (seen.requests.get(mark), call.is_some_and(|call| call.decided)),
        };
        let count = count.copied().unwrap_or(0);
        if 0 < count && !foreseen {
            broken.push(format!("(4) {mark} happened, and no intent of it is in the journal"));
        }
        if 1 < count && trace != Trace::Request {
            broken.push(format!("(4) {mark} happened {count} times"));
        }
        let Some(call) = call else { continue };
        if call.claims() && count == 0 {
            broken.push(format!("(4) {mark} is told to be done and did not happen"));
        }
        if call.claims() && call.allowed == 0 {
            broken.push(format!("(6) {mark} happened without a receipt"));
        }
        // A request that only reads may have been sent by a call that had no result: it changed nothing.
        if call.is_not_done() && count != 0 && trace != Trace::Request {
            broken.push(format!("(4) {mark} is told not to be done and happened"));
        }
    }
    let kept = seen.events.iter().any(|event| event["body"]["path"].as_str() == Some("/workspace/old.txt"));
    if !seen.events.is_empty() && seen.old != OLD.1 && !kept {
        broken.push(format!("(4) {} was changed and its earlier content was not kept", OLD.0));
    }
    broken
}

/// (5) No call was asked for twice, none has two results, and none has one that was never asked for.
fn results(seen: &Seen) -> Vec<String> {
    let all = calls(&seen.events);
    let wrong = all.iter().filter(|(_, call)| call.requested != 1 || 1 < call.results.len());
    let line = |(id, call): (&&str, &Call<'_>)| {
        format!("(5) the call {id} was asked for {} times and has {} results", call.requested, call.results.len())
    };
    wrong.map(line).collect()
}

/// (6) The log is as it was written, and has each effect that the session tells.
fn receipts(seen: &Seen) -> Vec<String> {
    if seen.events.is_empty() {
        return Vec::new();
    }
    let mut broken = Vec::new();
    if seen.log["intact"] != true {
        broken.push(format!("(6) the log of receipts is not intact: {} {}", seen.log["bad"], seen.log["problems"]));
    }
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for event in seen.events.iter().filter(|event| event["type"] == "effect") {
        *told.entry(event["call"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let wrong = told.into_iter().filter(|(call, count)| seen.receipts.get(*call) != Some(count));
    broken.extend(wrong.map(|(call, count)| {
        let there = seen.receipts.get(call).copied().unwrap_or(0);
        format!("(6) the session tells {count} effects of the call {call}, and the log has {there}")
    }));
    broken
}
