//! All rules of a session, and what they say about one effect.

use crate::effect::Effect;
use crate::flow::{Crossing, Flow, RuleOfTwo};
use crate::mode::Mode;
use crate::protected::{self, Protection};
use crate::rules::{Ceiling, Layer, Rule, RuleName, Subject, Verdict};
use crate::text::path::is_below;
use crate::text::{Capability, Kind};
use boxagnts_types::{GuestPath, ToolName};
use std::cmp::Reverse;
use std::sync::LazyLock;

pub mod explain;
mod ranges;

use explain::{Stage, Watch};

/// What holds when nobody said anything: the rows of the built-in layer.
const DEFAULTS: [(Verdict, &str); 13] = [
    (Verdict::Allow, "fs.read:/workspace"),
    (Verdict::Allow, "fs.read:/folders"),
    (Verdict::Allow, "fs.read:/skills"),
    (Verdict::Allow, "fs.read:/results"),
    (Verdict::Allow, "fs.read:/tmp"),
    (Verdict::Allow, "fs.write:/tmp"),
    (Verdict::Ask, "fs.write:/workspace"),
    (Verdict::Ask, "network:*"),
    (Verdict::Ask, "exec:*"),
    (Verdict::Ask, "mcp:*"),
    (Verdict::Ask, "agent.spawn:*"),
    (Verdict::Ask, "memory.write"),
    (Verdict::Ask, "schedule.write"),
];

/// Where plan mode still lets a call write.
const SCRATCH: &str = "/tmp";
/// Where accept-edits lets a call write what a rule would ask about.
const EDITED: [&str; 2] = ["/workspace", "/folders"];

/// The grants, ceilings and mode of a session. It begins with nothing; each line of its making adds one thing.
///
/// Protected paths are no rules: they hold in every rulebook and nothing lifts them.
#[derive(Debug, Clone)]
pub struct Rulebook {
    mode: Mode,
    rules: Vec<Rule>,
    ceilings: Vec<Ceiling>,
    flow: Flow,
    /// The same once more, by kind of effect and in the order in which they are asked.
    sections: [Section; Kind::COUNT],
}

/// The rules about one kind of effect.
#[derive(Debug, Clone, Default)]
struct Section {
    denies: Vec<Deny>,
    bounds: Vec<Bound>,
    grants: Vec<Grant>,
    asks: Vec<Deny>,
}

/// What takes away: a deny, or a ceiling's ask.
#[derive(Debug, Clone)]
struct Deny {
    capability: Capability,
    name: RuleName,
    tool: Option<ToolName>,
    /// Of which grants it is one; absent for a ceiling's.
    layer: Option<Layer>,
}

/// What one ceiling leaves of this kind.
#[derive(Debug, Clone)]
struct Bound {
    leaves: Vec<Capability>,
    name: RuleName,
    tool: Option<ToolName>,
}

/// An allow or an ask of one layer.
#[derive(Debug, Clone)]
struct Grant {
    verdict: Verdict,
    capability: Capability,
    layer: Layer,
    subject: Subject,
    name: RuleName,
    /// The name when the mode lifts the question.
    lifted: RuleName,
}

/// Who asks: the call's tool, and whether it is one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) tool: ToolName,
    pub(crate) subject: Subject,
}

impl Caller {
    /// Whether grants of this subject hold for the call: those of its own tool, and for our tools those of all of ours.
    fn is(&self, subject: &Subject) -> bool {
        *subject == self.subject
            || (self.subject == Subject::BuiltIn && matches!(subject, Subject::Tool(tool) if *tool == self.tool))
    }
}

/// What the rules say about one effect, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ruling {
    pub(crate) verdict: Verdict,
    pub(crate) rule: RuleName,
    pub(crate) cause: Cause,
}

/// What kind of reason decided: it tells whether a grant could change the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// A grant or a question said so.
    Named,
    /// No rule names the effect.
    Unnamed,
    /// A question, in a mode that asks nobody.
    Unasked,
    /// A protected path.
    Protected,
    /// A deny.
    Denied,
    /// Outside a ceiling.
    Bound,
    /// A ceiling's question, in a mode that asks nobody.
    Reserved,
    /// Plan mode.
    Plan,
}

/// Every name that needs no rule's own text, made once.
struct Names {
    unnamed: RuleName,
    answered: RuleName,
    plan: RuleName,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    unnamed: RuleName::from("the rules, none of which names it".to_owned()),
    answered: RuleName::from("the person's answer".to_owned()),
    plan: RuleName::from("plan mode".to_owned()),
});

impl Rulebook {
    /// A rulebook that grants nothing, in the mode `ask`.
    pub fn empty() -> Self {
        Self {
            mode: Mode::Ask,
            rules: Vec::new(),
            ceilings: Vec::new(),
            flow: Flow::default(),
            sections: Default::default(),
        }
    }

    /// The built-in defaults in a mode.
    pub fn defaults(mode: Mode) -> Self {
        let rules = DEFAULTS.into_iter().map(|(verdict, text)| built_in(verdict, text));
        rules.fold(Self::empty().with_mode(mode), Self::with)
    }

    /// Adds a rule.
    #[must_use]
    pub fn with(mut self, rule: Rule) -> Self {
        self.insert(&rule, None);
        self.rules.push(rule);
        self
    }

    /// Adds a rule that stands at a place, such as a line of a file; its name tells the place.
    #[must_use]
    pub fn with_placed(mut self, rule: Rule, place: &str) -> Self {
        self.insert(&rule, Some(place));
        self.rules.push(rule);
        self
    }

    /// The same with these rules as the only ones of a layer, each with its place. Rules of other layers are not
    /// taken.
    #[must_use]
    pub fn with_layer(mut self, layer: Layer, rules: &[(Rule, String)]) -> Self {
        self.rules.retain(|rule| rule.layer != layer);
        for section in &mut self.sections {
            section.denies.retain(|deny| deny.layer != Some(layer));
            section.grants.retain(|grant| grant.layer != layer);
        }
        let own = rules.iter().filter(|(rule, _)| rule.layer == layer);
        own.fold(self, |book, (rule, place)| book.with_placed(rule.clone(), place))
    }

    /// Adds a ceiling.
    #[must_use]
    pub fn with_ceiling(mut self, ceiling: Ceiling) -> Self {
        let named = |verdict: &str, capability: &Capability| {
            RuleName::from(format!("{verdict} {capability} ({})", ceiling.origin))
        };
        let entry = |verdict: &str, capability: &Capability| Deny {
            capability: capability.clone(),
            name: named(verdict, capability),
            tool: ceiling.tool.clone(),
            layer: None,
        };
        for capability in &ceiling.deny {
            self.sections[capability.kind() as usize].denies.push(entry("deny", capability));
        }
        for capability in &ceiling.ask {
            self.sections[capability.kind() as usize].asks.push(entry("ask", capability));
        }
        if let Some(allow) = &ceiling.allow {
            let name = RuleName::from(format!("the bounds of {}", ceiling.origin));
            for (kind, section) in self.sections.iter_mut().enumerate() {
                let leaves = allow.iter().filter(|capability| capability.kind() as usize == kind).cloned().collect();
                section.bounds.push(Bound { leaves, name: name.clone(), tool: ceiling.tool.clone() });
            }
        }
        self.ceilings.push(ceiling);
        self
    }

    /// The same rules in another mode.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        for grant in self.sections.iter_mut().flat_map(|section| &mut section.grants) {
            grant.lifted = lifted(&grant.name, mode);
        }
        self
    }

    /// Adds the built-in question for a folder that the person mapped for writing (`:rw`).
    #[must_use]
    pub fn with_writable_folder(self, folder: &GuestPath) -> Self {
        self.with(Rule {
            verdict: Verdict::Ask,
            capability: Capability::exactly(&Effect::Write(folder.clone())),
            layer: Layer::BuiltIn,
            subject: Subject::BuiltIn,
        })
    }

    /// Holds the Rule of Two this way.
    #[must_use]
    pub fn with_rule_of_two(mut self, rule: RuleOfTwo) -> Self {
        self.flow.rule = rule;
        self
    }

    /// Remembers a yes to a flow.
    pub(crate) fn with_flow_answered(mut self, crossing: &Crossing) -> Self {
        self.flow.answered(crossing);
        self
    }

    pub(crate) fn flow(&self) -> &Flow {
        &self.flow
    }

    /// The mode.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The rules, in the order in which they were added.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The ceilings, in the order in which they were added.
    pub fn ceilings(&self) -> &[Ceiling] {
        &self.ceilings
    }

    fn insert(&mut self, rule: &Rule, place: Option<&str>) {
        let section = &mut self.sections[rule.capability.kind() as usize];
        let name = rule.name(place);
        let capability = rule.capability.clone();
        if rule.verdict == Verdict::Deny {
            // A deny holds for everyone, whoever it was written for.
            section.denies.push(Deny { capability, name, tool: None, layer: Some(rule.layer) });
            return;
        }
        let lifted = lifted(&name, self.mode);
        let (verdict, layer, subject) = (rule.verdict, rule.layer, rule.subject.clone());
        section.grants.push(Grant { verdict, capability, layer, subject, name, lifted });
        // Nearest layer first, inside one layer ask before allow; the first that names an effect decides.
        section.grants.sort_by_key(|grant| (grant.layer, Reverse(grant.verdict == Verdict::Ask)));
    }

    /// Whether one of these rules is a ceiling's question, which only an answer lifts.
    pub(crate) fn asks_above_grants<'r>(&self, mut rules: impl Iterator<Item = &'r RuleName>) -> bool {
        let above =
            |rule: &RuleName| self.sections.iter().flat_map(|section| &section.asks).any(|ask| ask.name == *rule);
        rules.any(above)
    }

    /// Decides one effect. `answered` says that the person said yes to exactly this one.
    pub(crate) fn rule(&self, caller: &Caller, effect: &Effect, answered: bool) -> Ruling {
        self.rule_watched(caller, effect, answered, &mut ())
    }

    /// The same, telling what it looks at.
    fn rule_watched(&self, caller: &Caller, effect: &Effect, answered: bool, watch: &mut impl Watch) -> Ruling {
        if let Some(ruling) = self.withheld(caller, effect, watch) {
            return ruling;
        }
        if answered {
            return Ruling::yes(&NAMES.answered);
        }
        let section = &self.sections[Kind::of(effect) as usize];
        let grant = section.grants.iter().find(|grant| grant.decides(caller, effect));
        watch.grant(grant);
        let Some(grant) = grant else { return Ruling::no(&NAMES.unnamed, Cause::Unnamed) };
        let by_answer = (grant.layer, grant.verdict) == (Layer::Answer, Verdict::Allow);
        let asks = |ask: &&Deny| !by_answer && ask.holds(caller) && ask.capability.catches(effect);
        let ask = section.asks.iter().find(asks);
        watch.looked(Stage::CeilingAsks, ask.map(|ask| &ask.name));
        match ask {
            // Only an answer lifts a ceiling's question, so no mode does.
            Some(ask) => self.unlifted(&ask.name, Cause::Reserved),
            None => self.turned(caller, grant, effect.path().map(GuestPath::as_str)),
        }
    }

    /// Whether anything takes the effect away, whatever is granted.
    fn withheld(&self, caller: &Caller, effect: &Effect, watch: &mut impl Watch) -> Option<Ruling> {
        let protection = protected::protection(effect).map(protected_by);
        watch.looked(Stage::Protected, protection.as_ref().map(|ruling| &ruling.rule));
        if protection.is_some() {
            return protection;
        }
        let section = &self.sections[Kind::of(effect) as usize];
        let deny = section.denies.iter().find(|deny| deny.holds(caller) && deny.capability.catches(effect));
        watch.looked(Stage::Denies, deny.map(|deny| &deny.name));
        if let Some(deny) = deny {
            return Some(Ruling::no(&deny.name, Cause::Denied));
        }
        let outside = |bound: &&Bound| bound.holds(caller) && !bound.leaves.iter().any(|leaves| leaves.matches(effect));
        let bound = section.bounds.iter().find(outside);
        watch.looked(Stage::Ceilings, bound.map(|bound| &bound.name));
        if let Some(bound) = bound {
            return Some(Ruling::no(&bound.name, Cause::Bound));
        }
        let planned = self.mode == Mode::Plan && plan_forbids(effect);
        watch.looked(Stage::Plan, planned.then_some(&NAMES.plan));
        planned.then(|| Ruling::no(&NAMES.plan, Cause::Plan))
    }

    /// A question that stands; `unasked` is why it is a no where nobody is asked.
    fn unlifted(&self, name: &RuleName, unasked: Cause) -> Ruling {
        if self.mode == Mode::DontAsk {
            return Ruling::no(name, unasked);
        }
        Ruling { verdict: Verdict::Ask, rule: name.clone(), cause: Cause::Named }
    }

    /// What the mode makes of a grant. `path` is where an effect on files happens.
    fn turned(&self, caller: &Caller, grant: &Grant, path: Option<&str>) -> Ruling {
        if grant.verdict == Verdict::Allow {
            return Ruling::yes(&grant.name);
        }
        let edited = grant.capability.kind() == Kind::Write
            && path.is_some_and(|path| EDITED.iter().any(|folder| is_below(path, folder)));
        let lifts = match self.mode {
            Mode::Bypass => true,
            Mode::AcceptEdits => edited,
            Mode::Ask | Mode::Plan | Mode::DontAsk => false,
        };
        // What a mode widens, it widens for our own tools.
        if lifts && caller.subject == Subject::BuiltIn {
            return Ruling::yes(&grant.lifted);
        }
        self.unlifted(&grant.name, Cause::Unasked)
    }
}

impl Ruling {
    fn yes(rule: &RuleName) -> Self {
        Self { verdict: Verdict::Allow, rule: rule.clone(), cause: Cause::Named }
    }

    fn no(rule: &RuleName, cause: Cause) -> Self {
        Self { verdict: Verdict::Deny, rule: rule.clone(), cause }
    }
}

impl Deny {
    fn holds(&self, caller: &Caller) -> bool {
        self.tool.as_ref().is_none_or(|tool| *tool == caller.tool)
    }
}

impl Bound {
    fn holds(&self, caller: &Caller) -> bool {
        self.tool.as_ref().is_none_or(|tool| *tool == caller.tool)
    }
}

impl Grant {
    fn decides(&self, caller: &Caller, effect: &Effect) -> bool {
        let names = match self.verdict {
            Verdict::Ask => self.capability.asks(effect),
            Verdict::Allow | Verdict::Deny => self.capability.grants(effect),
        };
        names && caller.is(&self.subject)
    }
}

/// Plan mode is a set of capabilities: what changes something outside the scratch folder is not in it.
fn plan_forbids(effect: &Effect) -> bool {
    match effect {
        Effect::Write(path) => !is_below(path.as_str(), SCRATCH),
        Effect::Exec(_) | Effect::SpawnAgent(_) | Effect::MemoryWrite | Effect::ScheduleWrite => true,
        Effect::Read(_)
        | Effect::Network { .. }
        | Effect::Env(_)
        | Effect::Secret { .. }
        | Effect::MemoryRead
        | Effect::Mcp { .. } => false,
    }
}

fn protected_by(protection: Protection) -> Ruling {
    Ruling::no(&RuleName::from(protection.rule()), Cause::Protected)
}

fn lifted(name: &RuleName, mode: Mode) -> RuleName {
    RuleName::from(format!("{name}, lifted by the mode {mode}"))
}

fn built_in(verdict: Verdict, text: &str) -> Rule {
    let capability = text.parse().expect("every row of DEFAULTS is capability text, as a test shows");
    Rule { verdict, capability, layer: Layer::BuiltIn, subject: Subject::BuiltIn }
}
