//! How the time of a session was spent, read from its journal: each reply of the model, each call, each wait for a person.

use crate::wire::session::{Span, SpanKind, Tokens, Trace, TraceTurn};
use boxagnts_runtime::{Body, CallId, Decided, Event, Runtime, Usage};
use std::collections::HashMap;

/// What the session cost in millionths of a dollar; nothing where the price of one of its models is not known.
pub(crate) fn cost(runtime: &Runtime, events: &[Event]) -> Option<u64> {
    let turns = of(runtime, events).turns;
    turns.iter().try_fold(0u64, |sum, turn| Some(sum.saturating_add(turn.cost_micro_dollars?)))
}

/// All turns of a session.
pub(crate) fn of(runtime: &Runtime, events: &[Event]) -> Trace {
    trace(&|model, usage| runtime.cost(model, usage), events)
}

type Cost<'c> = &'c dyn Fn(&str, Usage) -> Option<u64>;

fn trace(cost: Cost<'_>, events: &[Event]) -> Trace {
    let begins = |event: &Event| matches!(event.body, Body::TurnStarted { .. });
    let starts: Vec<usize> = (0..events.len()).filter(|at| begins(&events[*at])).collect();
    let ends = starts.iter().skip(1).copied().chain([events.len()]);
    let turns = starts.iter().zip(ends).map(|(start, end)| turn(cost, &events[*start..end])).collect();
    Trace { turns }
}

/// What is known of a call while it is under way.
struct Open {
    began: i64,
    span: Span,
}

fn turn(cost: Cost<'_>, events: &[Event]) -> TraceTurn {
    let started = &events[0];
    let model = match &started.body {
        Body::TurnStarted { model, .. } => model.clone(),
        _ => String::new(),
    };
    let began = started.time.as_micros();
    let mut reading =
        Reading { cost, model, began, asked: began, open: HashMap::new(), waits: HashMap::new(), spans: Vec::new() };
    let (mut usage, mut reason) = (Usage::default(), None);
    for event in events {
        match &event.body {
            Body::Message { usage: of_step, .. } => usage = usage.plus(*of_step),
            Body::TurnFinished { reason: why, .. } => {
                reason = serde_json::to_value(why).ok().and_then(|why| why.as_str().map(str::to_owned));
            }
            _ => {}
        }
        reading.take(event);
    }
    let (cost_micro_dollars, model) = (cost(&reading.model, usage), reading.model.clone());
    let mut spans = reading.end(events.last().map_or(began, |event| event.time.as_micros()));
    spans.sort_by_key(|span| (span.start_micros, std::cmp::Reverse(span.micros)));
    let micros = since(began, events.last().map_or(began, |event| event.time.as_micros()));
    TraceTurn {
        turn: started.turn.unwrap_or_default(),
        started: started.time.to_string(),
        micros,
        reason,
        usage: Tokens::from(usage),
        cost_micro_dollars,
        critical: critical(&spans),
        model,
        spans,
    }
}

/// Goes through the events of a turn.
struct Reading<'c> {
    cost: Cost<'c>,
    model: String,
    began: i64,
    /// Since when the model is asked: the turn's beginning, or the end of the last call.
    asked: i64,
    open: HashMap<CallId, Open>,
    waits: HashMap<CallId, i64>,
    spans: Vec<Span>,
}

impl Reading<'_> {
    fn take(&mut self, event: &Event) {
        let now = event.time.as_micros();
        match (&event.body, event.call) {
            (Body::Message { usage, calls, .. }, _) => {
                let mut span = self.span(SpanKind::Model, self.model.clone(), event);
                span.start_micros = since(self.began, self.asked);
                span.micros = since(self.asked, now);
                span.cost_micro_dollars = (self.cost)(&self.model, *usage);
                span.usage = Some(Tokens::from(*usage));
                self.spans.push(span);
                for call in calls {
                    let span = self.span(SpanKind::Tool, call.tool.clone(), event);
                    self.open
                        .insert(call.id, Open { began: now, span: Span { call: Some(call.id.to_string()), ..span } });
                }
            }
            (Body::CallDecided { .. }, Some(call)) => {
                if let Some(open) = self.open.get_mut(&call) {
                    open.began = now;
                }
            }
            (Body::ApprovalRequested { .. }, Some(call)) => {
                self.waits.insert(call, now);
            }
            (Body::ApprovalResolved { answer, .. }, Some(call)) => {
                let asked = self.waits.remove(&call).unwrap_or(now);
                let name = self.open.get(&call).map(|open| open.span.name.clone()).unwrap_or_default();
                let mut span = self.span(SpanKind::Approval, name, event);
                span.start_micros = since(self.began, asked);
                span.micros = since(asked, now);
                span.call = Some(call.to_string());
                span.answer = Some(answer.clone());
                self.spans.push(span);
            }
            (Body::Effect { decision, count, bytes, .. }, Some(call)) => {
                if let Some(Open { span, .. }) = self.open.get_mut(&call) {
                    span.bytes = span.bytes.saturating_add(*bytes);
                    let sum = if *decision == Decided::Allowed { &mut span.effects } else { &mut span.refused };
                    *sum = sum.saturating_add(*count);
                }
            }
            (Body::CallFinished { outcome, label, .. }, Some(call)) => {
                if let Some(Open { began, mut span }) = self.open.remove(&call) {
                    span.start_micros = since(self.began, began);
                    span.micros = since(began, now);
                    span.outcome = Some(*outcome);
                    span.label.clone_from(label);
                    self.spans.push(span);
                }
                self.asked = now;
            }
            _ => {}
        }
    }

    /// The spans, those that have no end up to now.
    fn end(mut self, now: i64) -> Vec<Span> {
        for Open { began, mut span } in std::mem::take(&mut self.open).into_values() {
            span.start_micros = since(self.began, began);
            span.micros = since(began, now);
            self.spans.push(span);
        }
        self.spans
    }

    fn span(&self, kind: SpanKind, name: String, event: &Event) -> Span {
        Span {
            kind,
            name,
            start_micros: since(self.began, event.time.as_micros()),
            micros: 0,
            step: event.step,
            call: None,
            outcome: None,
            usage: None,
            cost_micro_dollars: None,
            label: None,
            bytes: 0,
            effects: 0,
            refused: 0,
            answer: None,
        }
    }
}

fn since(from: i64, to: i64) -> u64 {
    u64::try_from(to.saturating_sub(from)).unwrap_or(0)
}

/// The spans that the end waited for: from the last end backwards, each time the one that ended last before it.
fn critical(spans: &[Span]) -> Vec<usize> {
    let end = |span: &Span| span.start_micros.saturating_add(span.micros);
    let mut path = Vec::new();
    let mut until = u64::MAX;
    loop {
        let before = spans
            .iter()
            .enumerate()
            .filter(|(at, span)| span.kind != SpanKind::Approval && end(span) <= until && !path.contains(at));
        let Some((at, span)) = before.max_by_key(|(_, span)| (end(span), span.micros)) else { break };
        path.push(at);
        until = span.start_micros;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const CALLS: [&str; 2] = ["01ARZ3NDEKTSV4RRFFQ69G5FA1", "01ARZ3NDEKTSV4RRFFQ69G5FA2"];

    /// An event at a moment, in milliseconds.
    fn event(seq: u64, at: u64, call: Option<&str>, kind: &str, body: &Value) -> Event {
        let mut event = json!({
            "v": 1, "seq": seq, "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "session": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "workspace": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "principal": "local", "turn": 1, "step": 1,
            "time": format!("2026-01-01T00:00:{:02}.{:03}000Z", at / 1000, at % 1000),
            "type": kind, "body": body,
        });
        if let Some(call) = call {
            event["call"] = json!(call);
        }
        serde_json::from_value(event).unwrap()
    }

    fn told() -> Vec<Event> {
        let [one, two] = CALLS;
        let call = |id: &str, tool: &str| json!({"id": id, "model_id": "c", "tool": tool, "input": "{}"});
        let message =
            |calls: Value| json!({"text": "", "calls": calls, "usage": {"input": 100, "output": 10}, "label": {}});
        let result = |tool: &str| json!({"tool": tool, "outcome": "done", "content": [], "truncated": false, "micros": 1, "label": {}});
        let print = "f".repeat(64);
        vec![
            event(1, 0, None, "turn.started", &json!({"prompt": [], "model": "m/x", "mode": "ask", "tools": []})),
            event(2, 1000, None, "message", &message(json!([call(one, "read"), call(two, "write")]))),
            event(3, 1010, Some(one), "call.decided", &json!({"tool": "read", "verdict": "allow", "lines": []})),
            event(
                4,
                1020,
                Some(two),
                "approval.requested",
                &json!({"effects": ["fs.write:/workspace/a"], "fingerprint": print}),
            ),
            event(
                5,
                1030,
                Some(one),
                "effect",
                &json!({"effect": "fs.read:/workspace/a", "decision": "allowed", "rule": "r", "count": 2, "bytes": 64}),
            ),
            event(6, 1100, Some(one), "call.finished", &result("read")),
            event(7, 3020, Some(two), "approval.resolved", &json!({"answer": "once", "fingerprint": print})),
            event(8, 3100, Some(two), "call.finished", &result("write")),
            event(9, 4000, None, "message", &message(json!([]))),
            event(
                10,
                4001,
                None,
                "turn.finished",
                &json!({"reason": "answered", "text": "", "usage": {"input": 200, "output": 20}, "steps": 2}),
            ),
        ]
    }

    #[test]
    fn each_span_has_its_place_and_the_persons_time_is_apart() {
        let trace = trace(&|_, usage| Some(usage.input), &told());
        let [turn] = &trace.turns[..] else { panic!("one turn") };
        assert_eq!((turn.micros, turn.reason.as_deref()), (4_001_000, Some("answered")));
        assert_eq!((turn.usage.input, turn.cost_micro_dollars), (200, Some(200)));
        let seen: Vec<_> =
            turn.spans.iter().map(|s| (s.kind, &*s.name, s.start_micros / 1000, s.micros / 1000)).collect();
        let wanted = [
            (SpanKind::Model, "m/x", 0, 1000),
            (SpanKind::Tool, "write", 1000, 2100),
            (SpanKind::Tool, "read", 1010, 90),
            (SpanKind::Approval, "write", 1020, 2000),
            (SpanKind::Model, "m/x", 3100, 900),
        ];
        assert_eq!(seen, wanted);
        assert_eq!((turn.spans[2].bytes, turn.spans[2].effects), (64, 2));
        assert_eq!(turn.critical, [0, 1, 4], "the read was not waited for");
    }

    #[test]
    fn a_turn_that_has_no_end_is_shown_as_far_as_it_came() {
        let trace = trace(&|_, _| None, &told()[..4]);
        let turn = &trace.turns[0];
        assert_eq!((turn.reason.as_deref(), turn.cost_micro_dollars), (None, None));
        assert_eq!(turn.spans.iter().filter(|span| span.kind == SpanKind::Tool).count(), 2);
    }
}
