//! Questions that wait for a person.

use crate::authority::Authority;
use crate::effect::Effect;
use crate::permit::{Held, Holds, Permit};
use crate::refusal::Refusal;
use crate::rulebook::{Caller, Ruling};
use crate::rules::{RuleName, Verdict};
use boxagnts_types::CallId;

/// A call that waits for a person's answer. The answer consumes it, so that one answer makes at most one permit.
#[derive(Debug)]
#[must_use = "a question that is dropped is never answered"]
pub struct Pending {
    authority: Authority,
    call: CallId,
    caller: Caller,
    /// Those that need a yes stand first.
    effects: Vec<Effect>,
    /// How many of them need one, and which rule asked for each.
    asked_by: Vec<RuleName>,
}

/// Why a question got no yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The person said no.
    PersonSaidNo,
    /// Nobody is there to answer.
    NobodyThere,
    /// The turn was interrupted while the question stood.
    Interrupted,
    /// The call had asked so often that the person is not asked again.
    TooMany,
    /// The calls of the turn had asked so often, all together.
    TooManyOfTurn,
    /// The question stood so long that no answer to it counts any more.
    Expired,
    /// What the question was about is not there any more as the person was shown it.
    Changed,
}

impl Pending {
    pub(crate) fn new(
        authority: Authority,
        call: CallId,
        caller: Caller,
        effects: Vec<Effect>,
        rulings: &[Ruling],
    ) -> Self {
        let judged = effects.into_iter().zip(rulings);
        let (asked, others): (Vec<_>, Vec<_>) = judged.partition(|(_, ruling)| ruling.verdict == Verdict::Ask);
        let asked_by = asked.iter().map(|(_, ruling)| ruling.rule.clone()).collect();
        let effects = asked.into_iter().chain(others).map(|(effect, _)| effect).collect();
        Self { authority, call, caller, effects, asked_by }
    }

    /// The effects that need a yes. The others are allowed already.
    pub fn asks(&self) -> &[Effect] {
        &self.effects[..self.asked_by.len()]
    }

    /// Everything that the call will do, those that need a yes first.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// The person said yes. Everything is decided again by the rules as they stand now: a deny that came meanwhile
    /// wins, and so does a new question about an effect that the person was not shown.
    pub fn allow(self) -> Result<Permit, Refusal> {
        let edition = self.authority.edition();
        let asked = self.asked_by.len();
        let mut held = Vec::with_capacity(self.effects.len());
        for (at, effect) in self.effects.into_iter().enumerate() {
            let answered = at < asked;
            let ruling = edition.book.rule(&self.caller, &effect, answered);
            if ruling.verdict != Verdict::Allow {
                return Err(Refusal::of(&effect, &ruling));
            }
            held.push(Held { effect, rule: ruling.rule, answered });
        }
        Ok(Permit::mint(self.authority, edition, self.call, self.caller, Holds::Exact(held)))
    }

    /// There is no yes.
    pub fn refuse(self, why: Unanswered) -> Refusal {
        let effects: Vec<String> = self.asks().iter().map(ToString::to_string).collect();
        let effects = effects.join(" and ");
        let mut rules: Vec<&str> = self.asked_by.iter().map(RuleName::as_str).collect();
        rules.dedup();
        without_a_yes(&effects, &rules, why)
    }
}

/// Why effects that some rules ask about do not happen.
pub(crate) fn without_a_yes(effects: &str, rules: &[&str], why: Unanswered) -> Refusal {
    let because = |reason: &str| Refusal::new(effects, &format!("{}, since {reason}", rules.join(" and ")));
    match why {
        Unanswered::PersonSaidNo => {
            Refusal::new(effects, "the person's answer").instead("do not try it again another way")
        }
        Unanswered::NobodyThere => because("nobody is there to answer").needing(effects),
        Unanswered::Interrupted => because("the question was interrupted").needing(effects),
        Unanswered::TooMany => because("a call may ask only so often").needing(effects),
        Unanswered::TooManyOfTurn => because("a turn may ask only so often").needing(effects),
        Unanswered::Expired => because("nobody answered before the question expired").needing(effects),
        Unanswered::Changed => {
            because("a file that it names was changed while the question stood").instead("look at it and try again")
        }
    }
}
