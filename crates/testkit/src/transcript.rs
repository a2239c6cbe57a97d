//! A session as lines of text that do not change from run to run.

use boxagnts_record::{Body, Event};
use boxagnts_types::{CallId, Content, StreamEvent};

/// The journal, one line per event: place, type and what matters. Calls are `#1`, `#2` … in the order of their asking.
pub fn journal_told(events: &[Event]) -> String {
    let mut calls = Calls::default();
    lines(events.iter().map(|event| place(event, &mut calls) + &body(&event.body, &mut calls)))
}

/// What a listener heard, one line per event, with calls as in [`journal_told`].
pub fn stream_told(events: &[StreamEvent]) -> String {
    let mut calls = Calls::default();
    lines(events.iter().map(|event| heard(event, &mut calls)))
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.flat_map(|line| [line, "\n".to_owned()]).collect()
}

#[derive(Default)]
struct Calls(Vec<CallId>);

impl Calls {
    fn number(&mut self, call: CallId) -> String {
        let at = self.0.iter().position(|known| *known == call).unwrap_or_else(|| {
            self.0.push(call);
            self.0.len() - 1
        });
        format!("#{}", at + 1)
    }
}

fn place(event: &Event, calls: &mut Calls) -> String {
    let turn = event.turn.map(|turn| turn.to_string()).unwrap_or_default();
    let step = event.step.map(|step| format!(".{step}")).unwrap_or_default();
    let call = event.call.map(|call| format!(" {}", calls.number(call))).unwrap_or_default();
    format!("{turn}{step}{call} ")
}

fn body(body: &Body, calls: &mut Calls) -> String {
    match body {
        Body::SessionStarted { .. } => "session.started".to_owned(),
        Body::TurnStarted { prompt, tools, .. } => format!("turn.started {} [{}]", texts(prompt), tools.join(" ")),
        Body::Message { text, calls: asked, usage, .. } => {
            let asked: Vec<String> =
                asked.iter().map(|call| format!("{} {}", calls.number(call.id), call.tool)).collect();
            format!("message {text:?} [{}] {}+{} tokens", asked.join(", "), usage.input, usage.output)
        }
        Body::CallDecided { verdict, .. } => format!("call.decided {verdict}"),
        Body::ApprovalRequested { effects, .. } => format!("approval.requested {}", effects.join(", ")),
        Body::ApprovalResolved { answer, .. } => format!("approval.resolved {answer}"),
        Body::CallIntended { .. } => "call.intended".to_owned(),
        Body::FileBefore { path, .. } => format!("file.before {path}"),
        Body::Effect { effect, decision, .. } => format!("effect {decision:?} {effect}"),
        Body::CallFinished { outcome, content, .. } => format!("call.finished {outcome}: {}", texts(content)),
        Body::TurnFinished { reason, text, steps, error, .. } => {
            let error = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("turn.finished {reason:?} {text:?} after {steps} steps{error}")
        }
    }
}

fn heard(event: &StreamEvent, calls: &mut Calls) -> String {
    match event {
        StreamEvent::TurnStarted { turn, .. } => format!("turn {turn}"),
        StreamEvent::ModelWaiting { message, why, seconds } => format!("waiting {message} {seconds} s: {why}"),
        StreamEvent::TextDelta { message, offset, text } => format!("text {message}@{offset} {text:?}"),
        StreamEvent::ThinkingDelta { message, text, .. } => format!("thinking {message} {text:?}"),
        StreamEvent::CallStarted { call, tool, input } => format!("started {} {tool} {input}", calls.number(*call)),
        StreamEvent::CallProgress { call, text, .. } => format!("progress {} {text}", calls.number(*call)),
        StreamEvent::ApprovalRequested { call, effects, .. } => {
            format!("asked {} {}", calls.number(*call), effects.join(", "))
        }
        StreamEvent::ApprovalResolved { call, answer } => format!("answer {} {answer}", calls.number(*call)),
        StreamEvent::Effect { call, effect, decision, .. } => {
            format!("effect {} {decision:?} {effect}", calls.number(*call))
        }
        StreamEvent::CallFinished { call, outcome, content, .. } => {
            format!("finished {} {outcome}: {}", calls.number(*call), texts(content))
        }
        StreamEvent::Usage { usage } => format!("usage {}+{}", usage.input, usage.output),
        StreamEvent::TurnFinished { reason, text, steps, unanswered, .. } => {
            format!("turn finished {reason:?} {text:?} after {steps} steps, {unanswered} unanswered")
        }
        StreamEvent::Error { message } => format!("error {message}"),
        other => format!("{other:?}"),
    }
}

fn texts(content: &[Content]) -> String {
    let one = |content: &Content| match content {
        Content::Text { text } => text.clone(),
        other => format!("{other:?}"),
    };
    content.iter().map(one).collect::<Vec<_>>().join(" | ")
}
