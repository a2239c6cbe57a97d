//! What rules are made of: verdicts, layers, subjects, grants and ceilings.

use crate::effect::Effect;
use crate::text::Capability;
use boxagnts_types::ToolName;
use std::fmt;
use std::sync::Arc;

/// What a rule says about an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may happen.
    Allow,
    /// A person must say yes first.
    Ask,
    /// It must not happen.
    Deny,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        })
    }
}

/// Where a grant comes from, the nearest to the call first. The nearest layer that names an effect decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// A question that the person answered.
    Answer,
    /// `--allow` and `--deny`.
    CommandLine,
    /// `boxagnts grant add`.
    Granted,
    /// The user's configuration.
    UserConfig,
    /// What holds when nobody said anything.
    BuiltIn,
}

impl Layer {
    /// All of them, the nearest first.
    pub const ALL: [Self; 5] = [Self::Answer, Self::CommandLine, Self::Granted, Self::UserConfig, Self::BuiltIn];

    const fn bare(self) -> &'static str {
        match self {
            Self::Answer => "person's answer",
            Self::CommandLine => "command line",
            Self::Granted => "person's grants",
            Self::UserConfig => "user's configuration",
            Self::BuiltIn => "built-in defaults",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {}", self.bare())
    }
}

/// Whose calls a grant holds for, and whose a call is. A deny holds for everyone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The tools that come with the program.
    BuiltIn,
    /// One tool that somebody added.
    Tool(ToolName),
}

/// A grant, a standing question or a deny.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it says.
    pub verdict: Verdict,
    /// About which effects.
    pub capability: Capability,
    /// Where it comes from.
    pub layer: Layer,
    /// Whom it holds for.
    pub subject: Subject,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl Rule {
    /// Its name, with the place where it stands.
    pub(crate) fn name(&self, place: Option<&str>) -> RuleName {
        struct Placed<'a>(&'a Rule, Option<&'a str>);
        impl fmt::Display for Placed<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f, self.1)
            }
        }
        RuleName::from(Placed(self, place).to_string())
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, place: Option<&str>) -> fmt::Result {
        write!(f, "{} {} ({}", self.verdict, self.capability, self.layer.bare())?;
        place.map_or(Ok(()), |place| write!(f, ", {place}"))?;
        match &self.subject {
            Subject::BuiltIn => f.write_str(")"),
            Subject::Tool(tool) => write!(f, ", for {tool})"),
        }
    }
}

/// What a line of a policy is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// A bound on what may be granted.
    Ceiling,
    /// What the person grants.
    Grant,
}

impl RuleKind {
    /// Whether a line of this kind that says `verdict` about `capability` concerns the effect: what takes away concerns
    /// more in doubt, what gives never does.
    pub fn concerns(self, verdict: Verdict, capability: &Capability, effect: &Effect) -> bool {
        match (self, verdict) {
            (_, Verdict::Deny) | (Self::Ceiling, Verdict::Ask) => capability.catches(effect),
            (Self::Ceiling, Verdict::Allow) => capability.matches(effect),
            (Self::Grant, Verdict::Ask) => capability.asks(effect),
            (Self::Grant, Verdict::Allow) => capability.grants(effect),
        }
    }
}

/// A bound on what may ever be granted, such as a policy file, an agent profile or a tool's manifest.
///
/// It grants nothing. An effect outside `allow` is denied, whatever is granted; what `ask` names needs the person's
/// answer, whatever is granted; what `deny` names is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// Whose it is, in words for a person: `the policy /etc/boxagnts/policy.toml`.
    pub origin: String,
    /// What may be granted at most; absent, it bounds nothing, and empty, it leaves nothing.
    pub allow: Option<Vec<Capability>>,
    /// What always needs a person's answer.
    pub ask: Vec<Capability>,
    /// What is never granted.
    pub deny: Vec<Capability>,
    /// The only tool it holds for, as that tool's manifest does; absent, it holds for every call.
    pub tool: Option<ToolName>,
}

impl Ceiling {
    /// A ceiling that bounds nothing yet.
    pub fn new(origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), allow: None, ask: Vec::new(), deny: Vec::new(), tool: None }
    }
}

/// The text of the rule that decided something. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName(Arc<str>);

impl RuleName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for RuleName {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl AsRef<str> for RuleName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
