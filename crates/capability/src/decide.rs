//! The decision about a call, before it starts.

use crate::authority::Authority;
use crate::effect::{Effect, Effects};
use crate::flow::{Crossing, Gate, Seen, gate};
use crate::pending::Pending;
use crate::permit::{Envelope, Held, Holds, Permit};
use crate::refusal::Refusal;
use crate::rulebook::{Caller, Ruling};
use crate::rules::{Subject, Verdict};
use crate::text::Capability;
use boxagnts_types::show::visible_line;
use boxagnts_types::{AgentName, CallId, Label, ToolName};

/// A call that wants to start.
#[derive(Debug, Clone)]
pub struct DecideRequest<'a> {
    /// The call; a permit is for this one alone.
    pub call: CallId,
    /// The tool that is called.
    pub tool: &'a ToolName,
    /// Whose grants hold for it.
    pub subject: &'a Subject,
    /// The agents that stand behind the call, the first one first.
    pub chain: &'a [AgentName],
    /// What it will or may do.
    pub effects: Effects,
    /// What was read before by the conversation that asks for it, and by the tool where it keeps something.
    pub context: &'a Label,
}

/// One effect of a call (for an envelope: one capability), and what was decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As capability text, safe to show.
    pub effect: String,
    /// What was decided.
    pub verdict: Verdict,
    /// By which rule, safe to show.
    pub rule: String,
}

/// What was decided about a call.
#[derive(Debug)]
pub enum Decision {
    /// It may start.
    Allow {
        /// The proof.
        permit: Permit,
        /// Each effect with its rule.
        lines: Vec<Line>,
    },
    /// A person must say yes first.
    Ask {
        /// The question.
        pending: Pending,
        /// Each effect with its rule.
        lines: Vec<Line>,
    },
    /// It must not start.
    Deny {
        /// Why not.
        refusal: Refusal,
        /// Each effect with its rule.
        lines: Vec<Line>,
    },
}

/// Decides a call by the rules as they stand.
///
/// Exact effects are decided all together: one deny denies the call, else one question makes it a question. An envelope
/// starts when any of it could ever be allowed; it is never a question, since nobody knows yet what will be needed.
pub fn decide(authority: &Authority, request: DecideRequest<'_>) -> Decision {
    let caller = Caller { tool: request.tool.clone(), subject: request.subject.clone() };
    let (call, seen) = (request.call, Seen::new(request.context.clone()));
    match request.effects {
        Effects::Exact(effects) => decide_exact(authority, call, caller, effects, seen),
        Effects::Envelope(capabilities) => decide_envelope(authority, call, caller, capabilities, seen),
    }
}

fn decide_exact(authority: &Authority, call: CallId, caller: Caller, effects: Vec<Effect>, seen: Seen) -> Decision {
    let edition = authority.edition();
    let rulings: Vec<Ruling> = effects.iter().map(|effect| edition.book.rule(&caller, effect, false)).collect();
    let mut lines: Vec<Line> =
        effects.iter().zip(&rulings).map(|(effect, ruling)| line(&effect.to_string(), ruling)).collect();
    if let Some((effect, ruling)) = effects.iter().zip(&rulings).find(|(_, ruling)| ruling.verdict == Verdict::Deny) {
        return Decision::Deny { refusal: Refusal::of(effect, ruling), lines };
    }
    let mut crossings = Vec::with_capacity(effects.len());
    for (effect, line) in effects.iter().zip(&mut lines) {
        crossings.push(match gate(&edition.book, &caller, &seen, effect) {
            Gate::Open => None,
            Gate::Asks(crossing) => {
                line.tighten(Verdict::Ask);
                Some(crossing)
            }
            Gate::Shut(refusal) => {
                line.tighten(Verdict::Deny);
                return Decision::Deny { refusal, lines };
            }
        });
    }
    if rulings.iter().any(|ruling| ruling.verdict == Verdict::Ask) || crossings.iter().any(Option::is_some) {
        let pending = Pending::new(authority.clone(), call, caller, effects, &rulings, crossings, seen);
        return Decision::Ask { pending, lines };
    }
    let held = effects.into_iter().zip(rulings);
    let held = held.map(|(effect, ruling)| Held { effect, rule: ruling.rule, answered: false }).collect();
    Decision::Allow { permit: Permit::mint(authority.clone(), edition, call, caller, Holds::Exact(held), seen), lines }
}

fn decide_envelope(
    authority: &Authority,
    call: CallId,
    caller: Caller,
    capabilities: Vec<Capability>,
    seen: Seen,
) -> Decision {
    let edition = authority.edition();
    let rulings: Vec<Ruling> = capabilities.iter().map(|range| edition.book.rule_range(&caller, range)).collect();
    let lines: Vec<Line> =
        capabilities.iter().zip(&rulings).map(|(range, ruling)| line(&range.to_string(), ruling)).collect();
    // A call that needs nothing may start; one that can get nothing of what it needs would only fail later.
    if let (Some(line), Some(ruling)) = (lines.first(), rulings.first())
        && rulings.iter().all(|ruling| ruling.verdict == Verdict::Deny)
    {
        return Decision::Deny { refusal: Refusal::of_text(&line.effect, ruling), lines };
    }
    let holds = Holds::Envelope(Envelope::new(capabilities));
    let permit = Permit::mint(authority.clone(), edition, call, caller, holds, seen);
    Decision::Allow { permit, lines }
}

impl Line {
    /// The Rule of Two asks or denies where the other rules allowed.
    fn tighten(&mut self, verdict: Verdict) {
        if self.verdict == Verdict::Allow || verdict == Verdict::Deny {
            self.rule = visible_line(Crossing::rule().as_str());
            self.verdict = verdict;
        }
    }
}

fn line(effect: &str, ruling: &Ruling) -> Line {
    Line { effect: visible_line(effect), verdict: ruling.verdict, rule: visible_line(ruling.rule.as_str()) }
}
