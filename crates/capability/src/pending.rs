//! Questions that wait for a person.

use crate::authority::Authority;
use crate::effect::Effect;
use crate::flow::{Crossing, Gate, Seen, accept, gate};
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
    /// Those that need a yes stand first, and of these the ones first that a rule asks about.
    effects: Vec<Effect>,
    /// How many a rule asks about, and which rule asked for each.
    asked_by: Vec<RuleName>,
    /// How many need a yes because of the Rule of Two alone.
    crossing_alone: usize,
    /// What would flow where, if the Rule of Two asks.
    crossing: Option<Crossing>,
    seen: Seen,
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
        crossings: Vec<Option<Crossing>>,
        seen: Seen,
    ) -> Self {
        let judged = effects.into_iter().zip(rulings).zip(crossings);
        let (asked, others): (Vec<_>, Vec<_>) = judged.partition(|((_, ruling), _)| ruling.verdict == Verdict::Ask);
        let asked_by = asked.iter().map(|((_, ruling), _)| ruling.rule.clone()).collect();
        let (crossing, others): (Vec<_>, Vec<_>) = others.into_iter().partition(|(_, crossing)| crossing.is_some());
        let crossing_alone = crossing.len();
        let (mut effects, mut shown) = (Vec::new(), Vec::new());
        for ((effect, _), crossing) in asked.into_iter().chain(crossing).chain(others) {
            effects.push(effect);
            shown.extend(crossing);
        }
        let crossing = shown.into_iter().reduce(Crossing::and);
        Self { authority, call, caller, effects, asked_by, crossing_alone, crossing, seen }
    }

    /// The effects that need a yes. The others are allowed already.
    pub fn asks(&self) -> &[Effect] {
        &self.effects[..self.asked_by.len() + self.crossing_alone]
    }

    /// Those of them that a rule asks about. The others need a yes to the flow alone, and a rule allows them.
    pub fn asked_by_rules(&self) -> &[Effect] {
        &self.effects[..self.asked_by.len()]
    }

    /// What the person must be shown besides: what would flow where.
    pub fn crossing(&self) -> Option<&Crossing> {
        self.crossing.as_ref()
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
        if let Some(crossing) = &self.crossing {
            accept(&self.seen, crossing);
        }
        let mut held = Vec::with_capacity(self.effects.len());
        for (at, effect) in self.effects.into_iter().enumerate() {
            let answered = at < asked;
            let ruling = edition.book.rule(&self.caller, &effect, answered);
            if ruling.verdict != Verdict::Allow {
                return Err(Refusal::of(&effect, &ruling));
            }
            match gate(&edition.book, &self.caller, &self.seen, &effect) {
                Gate::Open => {}
                Gate::Asks(crossing) => return Err(crossing.refusal(&effect.to_string(), None)),
                Gate::Shut(refusal) => return Err(refusal),
            }
            held.push(Held { effect, rule: ruling.rule, answered });
        }
        Ok(Permit::mint(self.authority, edition, self.call, self.caller, Holds::Exact(held), self.seen))
    }

    /// There is no yes.
    pub fn refuse(self, why: Unanswered) -> Refusal {
        let effects: Vec<String> = self.asks().iter().map(ToString::to_string).collect();
        let effects = effects.join(" and ");
        if let Some(crossing) = &self.crossing {
            return crossing.refusal(&effects, Some(why));
        }
        let mut rules: Vec<&str> = self.asked_by.iter().map(RuleName::as_str).collect();
        rules.dedup();
        let refusal = without_a_yes(&effects, &rules, why);
        let above = self.authority.edition().book.asks_above_grants(self.asked_by.iter());
        if above { refusal.only_an_answer() } else { refusal }
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
