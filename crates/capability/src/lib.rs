//! The law: decides whether an effect is granted, and mints the permit that proves it.
//!
//! An [`Effect`] is one thing that a call does to the world; a [`Capability`] is a pattern of effects, written as text.
//! A [`Rulebook`] holds the person's grants, the ceilings above them and the mode; [`decide()`] answers a call with a
//! sealed [`Permit`], a [`Pending`] question or a [`Refusal`] that teaches. The permit is asked again at every effect,
//! against the rules as they stand then.
//!
//! The room never does I/O, knows no tool and no screen, and reads no clock: it judges names, not files. Whoever opens
//! a path asks twice, for the name as written ([`Permit::check`]) and for the place where a link led
//! ([`Permit::check_resolved`]).
//!
//! Read [`effect`], [`text`], [`rules`], [`protected`], [`flow`], [`decide`](mod@decide), [`permit`], in that order.

pub mod authority;
pub mod decide;
pub mod effect;
pub mod flow;
pub mod mode;
pub mod pending;
pub mod permit;
pub mod protected;
pub mod refusal;
pub mod rulebook;
pub mod rules;
pub mod text;

pub use authority::Authority;
pub use decide::{DecideRequest, Decision, Line, decide};
pub use effect::{Effect, Effects, Methods};
pub use flow::{Crossing, Places, RuleOfTwo, Seen, WorkspaceTrust};
pub use mode::{Mode, UnknownMode};
pub use pending::{Pending, Unanswered};
pub use permit::{Judgement, Permit};
pub use refusal::Refusal;
pub use rulebook::Rulebook;
pub use rulebook::explain::{Explanation, Stage, Step};
pub use rules::{Ceiling, Layer, Rule, RuleKind, RuleName, Subject, Verdict};
pub use text::network::{AddressError, Host, HostPattern, Scheme, Target};
pub use text::template::{EffectTemplate, FillError};
pub use text::{Capability, CapabilityError};
