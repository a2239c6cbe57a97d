//! The Rule of Two: of untrusted text read, private data read and an effect on the outside, at most two come together
//! without a person's yes.
//!
//! A call begins with the label of the conversation that asked for it and joins what it reads itself, so that a guest
//! that reads a private file first and sends afterwards is seen through as well. The rule stands beside the others: no
//! grant lifts it, only an answer to a question that shows what would flow where.
//!
//! Start with [`Seen`], then [`Crossing`].

mod places;

pub use places::{Places, WorkspaceTrust};

use crate::effect::{Effect, Methods};
use crate::mode::Mode;
use crate::pending::Unanswered;
use crate::refusal::Refusal;
use crate::rulebook::{Caller, Rulebook};
use crate::rules::{RuleName, Subject};
use boxagnts_types::show::visible_line;
use boxagnts_types::{Label, Privacy};
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// What would change the answer; no grant does.
const WAY_OUT: &str =
    "no grant lifts this, only a person's yes to that flow; a session that has not read both needs none";

/// The name of the rule, as lines of decisions have it.
static RULE: LazyLock<RuleName> = LazyLock::new(|| RuleName::from("the Rule of Two".to_owned()));

/// What becomes of an effect on the outside where untrusted text and private data were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuleOfTwo {
    /// The person is asked.
    #[default]
    Ask,
    /// It is denied.
    Deny,
    /// Nothing: the rule is off.
    Off,
}

/// How a session holds the rule, and what the person answered in it. Part of the rulebook.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flow {
    pub(crate) rule: RuleOfTwo,
    answers: Vec<Covered>,
}

/// Where something would go, as exactly as an answer remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sink {
    /// The origin of a request; else the effect itself.
    to: String,
    how: &'static str,
}

/// What the person said yes to: content of at most this label, to this sink.
#[derive(Debug, Clone)]
struct Covered {
    label: Label,
    sink: Sink,
}

/// Untrusted text and private data, about to leave together: what a person is shown and says yes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crossing {
    label: Label,
    sinks: Vec<Sink>,
}

/// What the rule says to an effect.
pub(crate) enum Gate {
    Open,
    Asks(Crossing),
    Shut(Refusal),
}

/// What a call has seen so far. Clones are handles to the same; a label that was joined is never taken away.
#[derive(Debug, Clone)]
pub struct Seen(Arc<Sight>);

#[derive(Debug)]
struct Sight {
    /// What the conversation had read when it asked for the call.
    context: Label,
    so_far: Mutex<SoFar>,
}

#[derive(Debug, Default)]
struct SoFar {
    /// What the call itself has read; absent, it has read nothing.
    own: Option<Label>,
    answers: Vec<Covered>,
}

impl Seen {
    pub(crate) fn new(context: Label) -> Self {
        Self(Arc::new(Sight { context, so_far: Mutex::default() }))
    }

    /// The call has read content of this label.
    pub fn saw(&self, label: &Label) {
        let mut so_far = self.so_far();
        match &mut so_far.own {
            Some(own) => own.add(label),
            own => *own = Some(label.clone()),
        }
    }

    /// The label of what the call gives back: that of what it has read, and internal if it has read nothing.
    pub fn own(&self) -> Label {
        self.so_far().own.clone().unwrap_or(Label::INTERNAL)
    }

    /// The label of what the call may pass on: what it has read, and what the conversation had read that chose its
    /// input.
    pub fn whole(&self) -> Label {
        let context = self.0.context.clone();
        match &self.so_far().own {
            Some(own) => context.join(own),
            None => context,
        }
    }

    fn accept(&self, crossing: &Crossing) {
        self.so_far().answers.extend(crossing.covers());
    }

    fn so_far(&self) -> MutexGuard<'_, SoFar> {
        // A label is whole after each join.
        self.0.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flow {
    /// Remembers a yes. One to a label that names not all that is in it fits that moment alone.
    pub(crate) fn answered(&mut self, crossing: &Crossing) {
        if !crossing.label.is_cut() {
            self.answers.extend(crossing.covers());
        }
    }
}

impl Covered {
    fn fits(&self, label: &Label, sink: &Sink) -> bool {
        self.sink == *sink && label.is_within(&self.label)
    }
}

impl Sink {
    /// Absent for an effect that stays on this machine.
    fn of(effect: &Effect) -> Option<Self> {
        match effect {
            Effect::Network { methods, target } => {
                let how = match methods {
                    Methods::Get => "a GET request to",
                    Methods::Any => "a request to",
                };
                Some(Self { to: target.origin(), how })
            }
            Effect::Exec(_) => Some(Self { to: effect.to_string(), how: "it through" }),
            Effect::Mcp { .. } => Some(Self { to: effect.to_string(), how: "a call to" }),
            Effect::Read(_)
            | Effect::Write(_)
            | Effect::Env(_)
            | Effect::Secret { .. }
            | Effect::SpawnAgent(_)
            | Effect::MemoryRead
            | Effect::MemoryWrite
            | Effect::ScheduleWrite => None,
        }
    }
}

impl Crossing {
    /// Both of two questions of one call, as one.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.label.add(&other.label);
        self.sinks.extend(other.sinks);
        self
    }

    pub(crate) fn rule() -> RuleName {
        RULE.clone()
    }

    /// What a yes covers. What the sink itself answers may go back to it: it knows that already.
    fn covers(&self) -> impl Iterator<Item = Covered> {
        self.sinks.iter().map(|sink| {
            let label = self.label.clone().join(&Label::untrusted(&sink.to));
            Covered { label, sink: sink.clone() }
        })
    }

    /// Why it does not happen.
    pub(crate) fn refusal(&self, effects: &str, why: Option<Unanswered>) -> Refusal {
        let because = match why {
            None => "",
            Some(Unanswered::PersonSaidNo) => ", and the person said no",
            Some(Unanswered::NobodyThere) => ", and nobody is there to answer",
            Some(Unanswered::Interrupted) => ", and the question was interrupted",
            Some(Unanswered::TooMany) => ", and a call may ask only so often",
            Some(Unanswered::TooManyOfTurn) => ", and a turn may ask only so often",
            Some(Unanswered::Expired) => ", and nobody answered in time",
            Some(Unanswered::Changed) => ", and what the question was about has changed meanwhile",
        };
        Refusal::new(effects, &format!("{} ({self}{because})", RULE.as_str())).instead(WAY_OUT)
    }
}

impl fmt::Display for Crossing {
    /// The flow in words, on one line that is safe to show.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "untrusted text was read: {}; ", self.label.origins())?;
        write!(f, "private data was read: {}; this would send ", self.label.private_places())?;
        for (at, Sink { to, how }) in self.sinks.iter().enumerate() {
            let and = if at == 0 { "" } else { " and " };
            write!(f, "{and}{how} {}", visible_line(to))?;
        }
        Ok(())
    }
}

/// What the rule says to one effect of a call that has seen so much.
pub(crate) fn gate(book: &Rulebook, caller: &Caller, seen: &Seen, effect: &Effect) -> Gate {
    let flow = book.flow();
    if flow.rule == RuleOfTwo::Off {
        return Gate::Open;
    }
    let Some(sink) = Sink::of(effect) else { return Gate::Open };
    let label = seen.whole();
    if !label.is_untrusted() || label.privacy() < Privacy::Private {
        return Gate::Open;
    }
    let was_answered = flow.answers.iter().any(|answer| answer.fits(&label, &sink))
        || seen.so_far().answers.iter().any(|answer| answer.fits(&label, &sink));
    if was_answered && flow.rule == RuleOfTwo::Ask {
        return Gate::Open;
    }
    let crossing = Crossing { label, sinks: vec![sink] };
    let shut = || Gate::Shut(crossing.refusal(&effect.to_string(), None));
    match (flow.rule, book.mode()) {
        (RuleOfTwo::Deny, _) | (_, Mode::DontAsk | Mode::Plan) => shut(),
        // What a mode widens, it widens for our own tools.
        (_, Mode::Bypass) if caller.subject == Subject::BuiltIn => Gate::Open,
        _ => Gate::Asks(crossing),
    }
}

/// What the rule would say to an effect of a session that has read both; `None` where it says nothing.
pub(crate) fn foretold(book: &Rulebook, effect: &Effect) -> Option<&'static str> {
    Sink::of(effect)?;
    match book.flow().rule {
        RuleOfTwo::Ask => Some("asks besides, once untrusted text and private data were read"),
        RuleOfTwo::Deny => Some("denies, once untrusted text and private data were read"),
        RuleOfTwo::Off => None,
    }
}

/// Remembers for one call what the person said yes to.
pub(crate) fn accept(seen: &Seen, crossing: &Crossing) {
    seen.accept(crossing);
}
