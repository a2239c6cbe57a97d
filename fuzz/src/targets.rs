//! The readers, one module each, and what several of them need to judge.

mod address;
mod capability;
mod event;
mod input;
mod manifest;
mod path;
mod reply;
mod secret;
mod settings;
mod template;

use crate::Target;
use boxagnts_capability::{
    Authority, Capability, DecideRequest, Decision, Effect, Effects, Layer, Mode, Rule, Rulebook, Subject, Verdict,
    decide,
};
use boxagnts_types::{AgentName, CallId, Label, ToolName};
use std::borrow::Cow;

/// Every target.
pub const TARGETS: [Target; 10] = [
    path::TARGET,
    capability::TARGET,
    template::TARGET,
    address::TARGET,
    manifest::TARGET,
    settings::TARGET,
    event::TARGET,
    reply::TARGET,
    secret::TARGET,
    input::TARGET,
];

/// The input as text; what is no text is what a lossy reader would make of it.
fn text(input: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(input)
}

/// The first line, and what follows.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// A rule for our own tools.
fn rule(verdict: Verdict, capability: Capability) -> Rule {
    Rule { verdict, capability, layer: Layer::CommandLine, subject: Subject::BuiltIn }
}

/// What rules that allow these say about an effect of one of our tools, and what the rule that decided is called.
fn judged(granted: &[Capability], mode: Mode, effect: &Effect) -> (Decision, String) {
    let book = granted.iter().cloned().map(|granted| rule(Verdict::Allow, granted));
    decided(book.fold(Rulebook::empty().with_mode(mode), Rulebook::with), effect)
}

fn decided(book: Rulebook, effect: &Effect) -> (Decision, String) {
    let tool: ToolName = "fuzz".parse().expect("a tool's name");
    let call: CallId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().expect("a call's id");
    let chain = [AgentName::main()];
    let request = DecideRequest {
        call,
        tool: &tool,
        subject: &Subject::BuiltIn,
        chain: &chain,
        effects: Effects::Exact(vec![effect.clone()]),
        context: &Label::PUBLIC,
    };
    let decision = decide(&Authority::new(book), request);
    let (Decision::Allow { lines, .. } | Decision::Ask { lines, .. } | Decision::Deny { lines, .. }) = &decision;
    let rule = lines.first().map(|line| line.rule.clone()).unwrap_or_default();
    (decision, rule)
}

/// Whether the decision lets the effect happen unasked.
fn allows(decision: &Decision) -> bool {
    matches!(decision, Decision::Allow { .. })
}

/// Whether the rule is one that no grant lifts.
fn is_protection(rule: &str) -> bool {
    rule.starts_with("the protected paths")
}

/// The folder that a printed path pattern cannot leave: everything before its first wildcard, up to a slash, read without
/// the parser that is tested. Whether there is a wildcard at all comes with it.
fn literal_folder(printed: &str) -> (String, bool) {
    let mut literal = String::new();
    let mut characters = printed.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '*' | '?' | '[' | '{' => {
                let folder = literal.rfind('/').unwrap_or_default();
                literal.truncate(folder);
                return (literal, true);
            }
            '\\' => match characters.next() {
                Some('u') if characters.next_if_eq(&'{').is_some() => {
                    let digits: String = characters.by_ref().take_while(|c| *c != '}').collect();
                    literal.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
                }
                Some(c) => literal.push(c),
                None => {}
            },
            c => literal.push(c),
        }
    }
    (literal.trim_end_matches('/').to_owned(), false)
}

/// Whether a place is this folder or lies in it.
fn lies_in(place: &str, folder: &str) -> bool {
    place == folder || place.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}
