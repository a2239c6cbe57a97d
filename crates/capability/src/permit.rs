//! The permit: the proof that a call was decided, asked again at each of its effects.

use crate::authority::{Authority, Edition};
use crate::effect::Effect;
use crate::flow::{Crossing, Gate, Seen, accept, gate};
use crate::pending::{Unanswered, without_a_yes};
use crate::protected;
use crate::refusal::Refusal;
use crate::rulebook::{Caller, Cause, Rulebook, Ruling};
use crate::rules::{RuleName, Verdict};
use crate::text::path::is_below;
use crate::text::{Capability, Kind};
use boxagnts_types::{CallId, GuestPath};
use std::sync::{Arc, PoisonError, RwLock};

/// The proof that a call may have effects: for one call, never copied, never stored, made only by
/// [`decide`](crate::decide()) and [`Pending::allow`](crate::Pending::allow).
///
/// Nobody else can make one:
///
/// ```compile_fail
/// use boxagnts_capability::Permit;
/// fn spent_twice(permit: Permit) -> (Permit, Permit) {
///     (permit.clone(), permit)
/// }
/// ```
///
/// while handing it on is fine:
///
/// ```
/// use boxagnts_capability::Permit;
/// fn spent_once(permit: Permit) -> (Permit, ()) {
///     (permit, ())
/// }
/// ```
///
/// Neither can its parts be written down:
///
/// ```compile_fail
/// use boxagnts_capability::{Authority, Mode, Permit, Rulebook};
/// use boxagnts_types::CallId;
/// fn forged(call: CallId) -> Permit {
///     let authority = Authority::new(Rulebook::defaults(Mode::Bypass));
///     Permit { call, authority, ..panic!() }
/// }
/// ```
///
/// while deciding does make one:
///
/// ```
/// use boxagnts_capability::{Authority, DecideRequest, Decision, Effects, Mode, Permit, Rulebook, Subject, decide};
/// use boxagnts_types::{CallId, Label, ToolName};
/// fn decided(call: CallId, tool: &ToolName) -> Option<Permit> {
///     let authority = Authority::new(Rulebook::defaults(Mode::Bypass));
///     let (effects, context) = (Effects::Exact(Vec::new()), &Label::PUBLIC);
///     let request = DecideRequest { call, tool, subject: &Subject::BuiltIn, chain: &[], effects, context };
///     match decide(&authority, request) {
///         Decision::Allow { permit, .. } => Some(permit),
///         _ => None,
///     }
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit that is dropped permits nothing"]
pub struct Permit {
    call: CallId,
    authority: Authority,
    /// The rules when it was minted.
    minted: Edition,
    caller: Caller,
    holds: Holds,
    seen: Seen,
}

/// What a permit is for.
#[derive(Debug)]
pub(crate) enum Holds {
    /// These effects.
    Exact(Vec<Held>),
    /// Whatever the rules allow inside these.
    Envelope(Envelope),
}

/// What a call could ever need, and what the person said yes to while it ran.
#[derive(Debug)]
pub(crate) struct Envelope {
    capabilities: Vec<Capability>,
    answered: RwLock<Vec<Yes>>,
}

/// A yes of the person while the call runs.
#[derive(Debug)]
struct Yes {
    effect: Effect,
    /// What leaves the machine leaves once for each yes: two requests to one address need not say the same.
    spent: bool,
}

impl Envelope {
    pub(crate) fn new(capabilities: Vec<Capability>) -> Self {
        Self { capabilities, answered: RwLock::default() }
    }

    fn matches(&self, effect: &Effect) -> bool {
        self.capabilities.iter().any(|capability| capability.matches(effect))
    }

    fn is_answered(&self, effect: &Effect, spent_too: bool) -> bool {
        // A list of answers is whole after each push.
        let answered = self.answered.read().unwrap_or_else(PoisonError::into_inner);
        answered.iter().any(|yes| (spent_too || !yes.spent) && yes.effect.includes(effect))
    }

    fn spend(&self, effect: &Effect) {
        let mut answered = self.answered.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(yes) = answered.iter_mut().find(|yes| !yes.spent && yes.effect.includes(effect)) {
            yes.spent = true;
        }
    }
}

/// What a permit says to an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// It may happen, by this rule.
    Allowed(RuleName),
    /// A person must say yes first, says this rule. Only a call whose effects were not known before comes to this.
    Asked(RuleName),
    /// It must not happen.
    Refused(Refusal),
}

/// One effect that was decided before the start.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) effect: Effect,
    /// By which rule.
    pub(crate) rule: RuleName,
    /// Whether the person said yes to it.
    pub(crate) answered: bool,
}

impl Permit {
    pub(crate) fn mint(
        authority: Authority,
        minted: Edition,
        call: CallId,
        caller: Caller,
        holds: Holds,
        seen: Seen,
    ) -> Self {
        Self { call, authority, minted, caller, holds, seen }
    }

    /// What the call has seen so far. Whoever lets it read something says so there.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The call it is for.
    pub fn call(&self) -> CallId {
        self.call
    }

    /// Whether the effect may happen now, as the guest names it: an exact permit holds its own effects only, an
    /// envelope what the rules allow inside it. A question that has no answer yet is a refusal that names what to ask
    /// for.
    pub fn check(&self, effect: &Effect) -> Result<RuleName, Refusal> {
        let rule = self.check_begun(effect)?;
        if let Holds::Envelope(envelope) = &self.holds
            && counts_once(effect)
            && !envelope.is_answered(effect, false)
        {
            let ruling = self.ruling(effect);
            if ruling.verdict != Verdict::Allow {
                return Err(Refusal::of(effect, &ruling));
            }
        }
        match self.gate(effect) {
            Gate::Open => Ok(rule),
            Gate::Asks(crossing) => Err(crossing.refusal(&effect.to_string(), None)),
            Gate::Shut(refusal) => Err(refusal),
        }
    }

    /// The same for an effect that was allowed and goes on, such as an answer that arrives: what the call has read since
    /// is no part of what was sent.
    pub fn check_begun(&self, effect: &Effect) -> Result<RuleName, Refusal> {
        match &self.holds {
            Holds::Exact(held) => match held.iter().find(|held| held.effect.includes(effect)) {
                Some(held) => self.still(held, effect),
                None => Err(self.undeclared(effect)),
            },
            Holds::Envelope(envelope) => {
                if !envelope.matches(effect) {
                    return Err(self.undeclared(effect));
                }
                self.by_rules(effect)
            }
        }
    }

    /// The same, with a question told apart from a refusal, for whoever can ask it.
    pub fn judge(&self, effect: &Effect) -> Judgement {
        if let Holds::Envelope(envelope) = &self.holds
            && envelope.matches(effect)
        {
            let ruling = self.ruling(effect);
            if ruling.verdict == Verdict::Ask {
                return match self.gate(effect) {
                    Gate::Shut(refusal) => Judgement::Refused(refusal),
                    Gate::Open | Gate::Asks(_) => Judgement::Asked(ruling.rule),
                };
            }
        }
        match self.check_begun(effect) {
            Ok(rule) => match self.gate(effect) {
                Gate::Open => Judgement::Allowed(rule),
                Gate::Asks(_) => Judgement::Asked(Crossing::rule()),
                Gate::Shut(refusal) => Judgement::Refused(refusal),
            },
            Err(refusal) => Judgement::Refused(refusal),
        }
    }

    /// What a person who is asked about these effects must be shown besides: what would flow where.
    pub fn crossing(&self, effects: &[Effect]) -> Option<Crossing> {
        let asked = effects.iter().filter_map(|effect| match self.gate(effect) {
            Gate::Asks(crossing) => Some(crossing),
            Gate::Open | Gate::Shut(_) => None,
        });
        asked.reduce(Crossing::and)
    }

    /// Those of the effects that a rule asks about, and not only the Rule of Two.
    pub fn asked_by_rules(&self, effects: &[Effect]) -> Vec<Effect> {
        effects.iter().filter(|effect| self.ruling(effect).verdict == Verdict::Ask).cloned().collect()
    }

    /// The person was shown this flow of the running call and said yes. What is read afterwards is not covered.
    pub fn accept_flow(&self, crossing: &Crossing) {
        accept(&self.seen, crossing);
    }

    fn gate(&self, effect: &Effect) -> Gate {
        // Asked at every file that is opened, and a file is never outside.
        if effect.path().is_some() {
            return Gate::Open;
        }
        gate(&self.book(), &self.caller, &self.seen, effect)
    }

    /// The person said yes to these effects of the running call. A deny that stands or comes still wins, and what the
    /// call could never need stays out. Only the door of `tools` hears a person.
    pub fn accept(&self, effects: &[Effect]) {
        if let Holds::Envelope(envelope) = &self.holds {
            let yes = effects.iter().map(|effect| Yes { effect: effect.clone(), spent: false });
            envelope.answered.write().unwrap_or_else(PoisonError::into_inner).extend(yes);
        }
    }

    /// The effect happens now. A yes of the person to one that leaves the machine is used up with it.
    pub fn spend(&self, effect: &Effect) {
        if let Holds::Envelope(envelope) = &self.holds
            && counts_once(effect)
        {
            envelope.spend(effect);
        }
    }

    /// Why an effect that was asked about does not happen.
    pub fn refuse(&self, effect: &Effect, why: Unanswered) -> Refusal {
        if let Gate::Asks(crossing) = self.gate(effect) {
            return crossing.refusal(&effect.to_string(), Some(why));
        }
        let rule = self.ruling(effect).rule;
        let refusal = without_a_yes(&effect.to_string(), &[rule.as_str()], why);
        if self.book().asks_above_grants(std::iter::once(&rule)) { refusal.only_an_answer() } else { refusal }
    }

    /// Whether the place where a link really led may be read or written: one of the permit's own effects, or what the
    /// rules allow outright. A yes to the link's name is no yes to another place.
    pub fn check_resolved(&self, effect: &Effect) -> Result<RuleName, Refusal> {
        let Holds::Exact(held) = &self.holds else { return self.check(effect) };
        let kind = Kind::of(effect);
        if held.iter().any(|held| held.effect.includes(effect))
            || held.iter().all(|held| Kind::of(&held.effect) != kind)
        {
            return self.check(effect);
        }
        self.by_rules(effect)
    }

    /// Whether the call may know that the path exists: it may read or write it, or something below it.
    pub fn may_see(&self, path: &GuestPath) -> bool {
        if protected::of_path(path.as_str(), false).is_some() {
            return false;
        }
        match &self.holds {
            Holds::Exact(held) => held.iter().any(|held| {
                let below = held.effect.path().is_some_and(|held| held.below(path).is_some());
                below && self.still(held, &held.effect).is_ok()
            }),
            Holds::Envelope(envelope) => {
                let (book, capabilities) = (self.book(), &envelope.capabilities[..]);
                self.may_touch(&book, capabilities, path) || self.leads_on(&book, capabilities, path)
            }
        }
    }

    /// Whether the call may create this folder: a write it may do, or a folder on the way to a file that it was
    /// permitted to write by name.
    pub fn may_make_folder(&self, path: &GuestPath) -> Result<RuleName, Refusal> {
        let write = Effect::Write(path.clone());
        let Holds::Exact(held) = &self.holds else { return self.check(&write) };
        let leads_to = |held: &&Held| matches!(&held.effect, Effect::Write(file) if file.below(path).is_some());
        let Some(held) = held.iter().find(leads_to) else { return Err(self.undeclared(&write)) };
        // No grant needs to name the folder, but a deny may.
        let ruling = self.book().rule(&self.caller, &write, true);
        if matches!(ruling.cause, Cause::Protected | Cause::Denied) {
            return Err(Refusal::of(&write, &ruling));
        }
        self.still(held, &held.effect)
    }

    /// The rules that count now. No lock is taken while they are still those of the minting.
    fn book(&self) -> Arc<Rulebook> {
        if self.is_fresh() { Arc::clone(&self.minted.book) } else { self.authority.book() }
    }

    /// Whether the rules are still those of the minting, so that what was decided since holds without asking again.
    /// Costs one atomic load.
    pub fn is_fresh(&self) -> bool {
        self.authority.generation() == self.minted.generation
    }

    /// An effect that was decided before the start, by the rules as they stand now.
    fn still(&self, held: &Held, effect: &Effect) -> Result<RuleName, Refusal> {
        if self.is_fresh() {
            return Ok(held.rule.clone());
        }
        let ruling = self.authority.book().rule(&self.caller, effect, held.answered);
        match ruling.verdict {
            Verdict::Allow => Ok(ruling.rule),
            Verdict::Ask | Verdict::Deny => Err(Refusal::of(effect, &ruling).after(&held.rule)),
        }
    }

    /// What the rules say now about an effect that has not begun, the person's lasting answers during this call included.
    fn ruling(&self, effect: &Effect) -> Ruling {
        let answered = !counts_once(effect) && self.is_answered(effect);
        self.book().rule(&self.caller, effect, answered)
    }

    fn is_answered(&self, effect: &Effect) -> bool {
        matches!(&self.holds, Holds::Envelope(envelope) if envelope.is_answered(effect, true))
    }

    fn by_rules(&self, effect: &Effect) -> Result<RuleName, Refusal> {
        let ruling = self.book().rule(&self.caller, effect, self.is_answered(effect));
        if ruling.verdict == Verdict::Allow {
            return Ok(ruling.rule);
        }
        let refusal = Refusal::of(effect, &ruling);
        let before = self.minted.book.rule(&self.caller, effect, false);
        Err(if before.verdict == Verdict::Allow { refusal.after(&before.rule) } else { refusal })
    }

    /// Why an effect is refused that the call never said it would have. A protected path says so whoever asks.
    fn undeclared(&self, effect: &Effect) -> Refusal {
        let ruling = self.book().rule(&self.caller, effect, true);
        if matches!(ruling.cause, Cause::Protected | Cause::Denied) {
            return Refusal::of(effect, &ruling);
        }
        let rule = format!("the bounds of this call, which {} named before it started", self.caller.tool);
        Refusal::new(&effect.to_string(), &rule).instead("no grant widens a call that has begun")
    }

    fn may_touch(&self, book: &Rulebook, capabilities: &[Capability], path: &GuestPath) -> bool {
        let allowed = |effect: &Effect| {
            capabilities.iter().any(|capability| capability.matches(effect))
                && book.rule(&self.caller, effect, false).verdict == Verdict::Allow
        };
        allowed(&Effect::Read(path.clone())) || allowed(&Effect::Write(path.clone()))
    }

    /// Whether something that the call may read or write begins below the path, as far as rules and envelope name it.
    fn leads_on(&self, book: &Rulebook, capabilities: &[Capability], path: &GuestPath) -> bool {
        let path = path.as_str().trim_end_matches('/');
        let open: Vec<(&str, bool)> = capabilities
            .iter()
            .filter_map(|capability| Some((capability, capability.root()?)))
            .filter(|(capability, _)| book.rule_range(&self.caller, capability).verdict == Verdict::Allow)
            .map(|(capability, root)| (root, capability.is_glob()))
            .collect();
        let meets_open = |root: &str| open.iter().any(|(own, _)| is_below(root, own) || is_below(own, root));
        let mut roots = book.roots(&self.caller).chain(open.iter().copied());
        roots.any(|(root, is_glob)| {
            // What a glob names cannot be found without it, so the way to its root is all that it opens.
            let named = || GuestPath::parse(if root.is_empty() { "/" } else { root });
            let leads = || named().is_ok_and(|named| self.may_touch(book, capabilities, &named));
            is_below(root, path) && if is_glob { meets_open(root) } else { leads() }
        })
    }
}

/// Whether a yes of the person lets the effect happen once. One to a file holds for the call, which may write it in pieces.
fn counts_once(effect: &Effect) -> bool {
    effect.path().is_none()
}
