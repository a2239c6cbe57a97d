//! What the rules say about a whole capability: whether any of it could happen, and where to look for it.

use super::{Caller, Cause, Grant, NAMES, Rulebook, Ruling, SCRATCH, Section, protected_by};
use crate::mode::Mode;
use crate::protected;
use crate::rules::Verdict;
use crate::text::path::is_below;
use crate::text::{Capability, Kind};

impl Rulebook {
    /// Says whether some effect of the capability is allowed, else whether one could be asked about. In doubt it says
    /// yes: each effect is decided again when it comes.
    pub(crate) fn rule_range(&self, caller: &Caller, range: &Capability) -> Ruling {
        if let Some(protection) = range.root().and_then(|root| protected::of_path(root, range.kind() == Kind::Write)) {
            return protected_by(protection);
        }
        let section = &self.sections[range.kind() as usize];
        if let Some(deny) = section.denies.iter().find(|deny| deny.holds(caller) && deny.capability.covers(range)) {
            return Ruling::no(&deny.name, Cause::Denied);
        }
        let outside = |leaves: &[Capability]| !leaves.iter().any(|leaves| leaves.may_meet(range));
        if let Some(bound) = section.bounds.iter().find(|bound| bound.holds(caller) && outside(&bound.leaves)) {
            return Ruling::no(&bound.name, Cause::Bound);
        }
        if self.mode == Mode::Plan && plan_forbids(range) {
            return Ruling::no(&NAMES.plan, Cause::Plan);
        }
        let mut best = Ruling::no(&NAMES.unnamed, Cause::Unnamed);
        for grant in section.grants.iter().filter(|grant| self.reaches(caller, section, grant, range)) {
            let ruling = self.turned_range(caller, section, grant, range);
            match (ruling.verdict, best.verdict) {
                (Verdict::Allow, _) => return ruling,
                (Verdict::Ask, Verdict::Deny) => best = ruling,
                (Verdict::Deny, Verdict::Deny) if best.cause == Cause::Unnamed => best = ruling,
                _ => {}
            }
        }
        best
    }

    /// Whether the grant gives some of the range that no deny takes away whole.
    fn reaches(&self, caller: &Caller, section: &Section, grant: &Grant, range: &Capability) -> bool {
        let denied = section.denies.iter().any(|deny| deny.holds(caller) && deny.capability.covers(&grant.capability));
        let planned = self.mode != Mode::Plan || !plan_forbids(&grant.capability);
        caller.is(&grant.subject) && !denied && planned && grant.capability.may_meet(range)
    }

    fn turned_range(&self, caller: &Caller, section: &Section, grant: &Grant, range: &Capability) -> Ruling {
        let covers = |ask: &Capability| ask.covers(range) || ask.covers(&grant.capability);
        let by_answer = grant.layer == crate::rules::Layer::Answer;
        if let Some(ask) = section.asks.iter().find(|ask| !by_answer && ask.holds(caller) && covers(&ask.capability)) {
            return self.unlifted(&ask.name, Cause::Reserved);
        }
        // Of two folders that meet, the deeper one lies inside the other.
        let roots = [grant.capability.root(), range.root()];
        let deeper = roots.into_iter().flatten().max_by_key(|root| root.len());
        self.turned(caller, grant, deeper)
    }

    /// The folders at which something readable or writable may begin, as rules and ceilings name them.
    pub(crate) fn roots(&self, caller: &Caller) -> impl Iterator<Item = (&str, bool)> {
        let sections = [Kind::Read, Kind::Write].map(|kind| &self.sections[kind as usize]);
        sections.into_iter().flat_map(move |section| {
            let grants =
                section.grants.iter().filter(|grant| grant.verdict == Verdict::Allow && caller.is(&grant.subject));
            let bounds = section.bounds.iter().filter(|bound| bound.holds(caller)).flat_map(|bound| &bound.leaves);
            let capabilities = grants.map(|grant| &grant.capability).chain(bounds);
            capabilities.filter_map(|capability| Some((capability.root()?, capability.is_glob())))
        })
    }
}

/// Whether plan mode forbids everything that the capability names.
fn plan_forbids(range: &Capability) -> bool {
    match range.kind() {
        Kind::Write => !range.root().is_some_and(|root| is_below(root, SCRATCH) || is_below(SCRATCH, root)),
        Kind::Exec | Kind::Spawn | Kind::MemoryWrite | Kind::ScheduleWrite => true,
        Kind::Read | Kind::Network | Kind::Env | Kind::Secret | Kind::MemoryRead | Kind::Mcp => false,
    }
}
