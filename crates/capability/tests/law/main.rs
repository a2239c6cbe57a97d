//! The law seen from outside: rules in, decisions out.

#![allow(clippy::unwrap_used, reason = "a test ends where its own arrangement fails")]
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them when it updates a text")]

mod beside;
mod flow;
mod grants;
mod modes;
mod permits;
mod properties;
mod questions;

use boxagnts_capability::{
    Authority, Capability, DecideRequest, Decision, Effect, Effects, Judgement, Layer, Mode, Permit, Refusal, Rule,
    Rulebook, Subject, Verdict, decide,
};
use boxagnts_types::{AgentName, CallId, GuestPath, Label, ToolName};

/// A path of the guest's world.
fn path(text: &str) -> GuestPath {
    GuestPath::parse(text).unwrap()
}

fn read(text: &str) -> Effect {
    Effect::Read(path(text))
}

fn write(text: &str) -> Effect {
    Effect::Write(path(text))
}

fn cap(text: &str) -> Capability {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A rule for built-in tools.
fn rule(verdict: Verdict, capability: &str, layer: Layer) -> Rule {
    Rule { verdict, capability: cap(capability), layer, subject: Subject::BuiltIn }
}

fn allow(capability: &str) -> Rule {
    rule(Verdict::Allow, capability, Layer::CommandLine)
}

fn deny(capability: &str) -> Rule {
    rule(Verdict::Deny, capability, Layer::CommandLine)
}

fn defaults() -> Rulebook {
    Rulebook::defaults(Mode::Ask)
}

fn tool(name: &str) -> ToolName {
    name.parse().unwrap()
}

fn foreign(name: &str) -> Subject {
    Subject::Tool(tool(name))
}

fn call() -> CallId {
    "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap()
}

/// Decides a call of the tool `bash`, or of the foreign tool itself, in a conversation that has read nothing.
fn decided(authority: &Authority, subject: &Subject, effects: Effects) -> Decision {
    decided_after(&Label::PUBLIC, authority, subject, effects)
}

/// The same in a conversation that has read content of a label.
fn decided_after(context: &Label, authority: &Authority, subject: &Subject, effects: Effects) -> Decision {
    let name = match subject {
        Subject::BuiltIn => tool("bash"),
        Subject::Tool(name) => name.clone(),
    };
    let chain = [AgentName::main()];
    decide(authority, DecideRequest { call: call(), tool: &name, subject, chain: &chain, effects, context })
}

fn verdict_for(book: &Rulebook, subject: &Subject, effect: &Effect) -> Verdict {
    match decided(&Authority::new(book.clone()), subject, Effects::Exact(vec![effect.clone()])) {
        Decision::Allow { .. } => Verdict::Allow,
        Decision::Ask { .. } => Verdict::Ask,
        Decision::Deny { .. } => Verdict::Deny,
    }
}

fn verdict(book: &Rulebook, effect: &Effect) -> Verdict {
    verdict_for(book, &Subject::BuiltIn, effect)
}

fn permit(authority: &Authority, effects: Effects) -> Permit {
    match decided(authority, &Subject::BuiltIn, effects) {
        Decision::Allow { permit, .. } => permit,
        other => panic!("no permit: {other:?}"),
    }
}

fn envelope(book: &Rulebook, capabilities: &[&str]) -> Permit {
    permit(&Authority::new(book.clone()), Effects::Envelope(capabilities.iter().map(|text| cap(text)).collect()))
}

fn refusal(book: &Rulebook, effect: &Effect) -> Refusal {
    match decided(&Authority::new(book.clone()), &Subject::BuiltIn, Effects::Exact(vec![effect.clone()])) {
        Decision::Deny { refusal, .. } => refusal,
        other => panic!("not refused: {other:?}"),
    }
}
