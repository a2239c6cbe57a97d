//! A journal as lines for a person.

use crate::paint::width;
use crate::report::{brief, duration, shown_content};
use crate::run::print_line;
use boxagnts_runtime::{Body, Content, Decided, Earlier, Event, Origin, Time, visible_line};
use std::collections::HashMap;

/// Prints every event, one line each. Calls run side by side, so each line of one has its number.
pub(crate) fn print(events: &[Event]) -> std::io::Result<()> {
    let room = width(&std::io::stdout());
    let mut calls = HashMap::new();
    for event in events {
        let (what, detail) = told(&event.body);
        let next = calls.len() + 1;
        let call = event.call.map(|call| format!("#{} ", calls.entry(call).or_insert(next)));
        let call = call.unwrap_or_default();
        let line = format!("{:>4}  {}  {what:<18}  {call}{detail}", event.seq, clock(event.time));
        print_line(&brief(&line, room))?;
    }
    Ok(())
}

/// Prints what the law allowed and refused, and how each call ended.
pub(crate) fn print_receipts(events: &[Event]) -> std::io::Result<()> {
    let told_here = |body: &Body| matches!(body, Body::Effect { .. } | Body::CallFinished { .. });
    let receipts: Vec<&Event> = events.iter().filter(|event| told_here(&event.body)).collect();
    let room = width(&std::io::stdout());
    print_line("")?;
    print_line("What the journal says:")?;
    for event in receipts {
        let (what, detail) = told(&event.body);
        print_line(&brief(&format!("{:>4}  {what:<13}  {detail}", event.seq), room))?;
    }
    let refused = events.iter().filter(|event| is_refusal(&event.body)).count();
    print_line(&format!("{refused} effects were refused."))
}

fn is_refusal(body: &Body) -> bool {
    matches!(body, Body::Effect { decision: Decided::Refused, .. })
}

/// The day and the minute, UTC.
pub(crate) fn minute(time: Time) -> String {
    time.to_string().chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

fn clock(time: Time) -> String {
    time.to_string().chars().skip(11).take(12).collect()
}

/// The kind of an event and what a person wants to know of it.
fn told(body: &Body) -> (&'static str, String) {
    match body {
        Body::SessionStarted { folder, version, origin } => {
            let from = |from: &Origin| format!(" · goes on from session {} after event {}", from.session, from.seq);
            let from = origin.as_ref().map(from).unwrap_or_default();
            ("session.started", format!("{folder} · version {version}{from}"))
        }
        Body::TurnStarted { prompt, model, mode, .. } => {
            ("turn.started", format!("{model} · {mode} · {}", all(prompt)))
        }
        Body::Message { text, calls, .. } => {
            let tools: Vec<&str> = calls.iter().map(|call| call.tool.as_str()).collect();
            let wants = if tools.is_empty() { String::new() } else { format!("[calls {}] ", tools.join(", ")) };
            ("message", format!("{wants}{text}"))
        }
        Body::CallDecided { tool, verdict, lines, .. } => {
            let effects: Vec<String> = lines.iter().map(|line| format!("{} ({})", line.effect, line.rule)).collect();
            ("call.decided", format!("{tool}: {verdict} · {}", effects.join("; ")))
        }
        Body::ApprovalRequested { effects, flow, .. } => {
            let flow = flow.as_ref().map(|flow| format!(" · {flow}")).unwrap_or_default();
            ("approval.requested", format!("{}{flow}", effects.join("; ")))
        }
        Body::ApprovalResolved { answer, .. } => ("approval.resolved", answer.clone()),
        Body::CallIntended { fingerprint } => ("call.intended", fingerprint.chars().take(16).collect::<String>()),
        Body::FileBefore { path, earlier } => ("file.before", format!("{path}: {}", was(earlier))),
        Body::Effect { effect, decision, rule, count, bytes } => {
            let word = match decision {
                Decided::Allowed => "allowed",
                Decided::Refused => "refused",
            };
            let times = if *count == 1 { String::new() } else { format!(" and {} more", count - 1) };
            let size = if *bytes == 0 { String::new() } else { format!(" · {bytes} bytes") };
            ("effect", format!("{word} {effect}{times}{size} · {rule}"))
        }
        Body::CallFinished { tool, outcome, content, micros, label, .. } => {
            // What most results are need not be said.
            let label = label.as_ref().filter(|label| !label.is_ordinary());
            let label = label.map(|label| format!(" · {label}")).unwrap_or_default();
            let result = format!("{tool}: {outcome} in {}{label} · {}", duration(*micros), all(content));
            ("call.finished", result)
        }
        Body::TurnFinished { reason, steps, error, .. } => {
            let steps = format!("{steps} {}", if *steps == 1 { "step" } else { "steps" });
            let error = error.as_ref().map(|error| format!(" · {error}")).unwrap_or_default();
            let reason = serde_json::to_string(reason).unwrap_or_default();
            ("turn.finished", format!("{} after {steps}{error}", reason.trim_matches('"')))
        }
    }
}

fn was(earlier: &Earlier) -> String {
    match earlier {
        Earlier::Absent => "was absent".to_owned(),
        Earlier::File { bytes, .. } => format!("was a file of {bytes} bytes, kept"),
        Earlier::Link { target } => format!("was a link to {}", visible_line(target)),
        Earlier::Folder => "was a folder".to_owned(),
        Earlier::Moved { to } => format!("was a folder that moves to {}", visible_line(to)),
    }
}

fn all(content: &[Content]) -> String {
    content.iter().map(shown_content).collect::<Vec<_>>().join(" ")
}
