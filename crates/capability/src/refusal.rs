//! Refusals: why not, and what to ask for.

use crate::effect::Effect;
use crate::rulebook::{Cause, Ruling};
use crate::rules::{RuleName, Verdict};
use boxagnts_types::show::visible_line;
use std::fmt;

/// Why an effect may not happen, in words that the model and the person read. Every text in it is safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The effect as capability text.
    pub effect: String,
    /// The rule that refused it.
    pub rule: String,
    /// The capability to ask for; absent when no grant could help.
    pub needs: Option<String>,
    /// What else would change the answer, when no grant could.
    pub instead: Option<String>,
}

impl Refusal {
    pub(crate) fn new(effect: &str, rule: &str) -> Self {
        Self { effect: visible_line(effect), rule: visible_line(rule), needs: None, instead: None }
    }

    #[must_use]
    pub(crate) fn needing(mut self, capability: &str) -> Self {
        self.needs = Some(visible_line(capability));
        self
    }

    #[must_use]
    pub(crate) fn instead(mut self, remedy: &str) -> Self {
        self.instead = Some(remedy.to_owned());
        self
    }

    /// A ceiling asked: no grant would have helped.
    #[must_use]
    pub(crate) fn only_an_answer(mut self) -> Self {
        if self.needs.take().is_some() {
            self.instead = Some("no grant can lift this, only a person's answer".to_owned());
        }
        self
    }

    /// Says that another rule allowed it when the call began.
    #[must_use]
    pub(crate) fn after(mut self, allowed: &RuleName) -> Self {
        self.rule = format!("{}; {} no longer holds", self.rule, visible_line(allowed.as_str()));
        self
    }

    /// The refusal that a ruling other than allow comes to.
    pub(crate) fn of(effect: &Effect, ruling: &Ruling) -> Self {
        Self::of_text(&effect.to_string(), ruling)
    }

    /// The same for the text of an effect or of a whole capability.
    pub(crate) fn of_text(effect: &str, ruling: &Ruling) -> Self {
        let refusal = Self::new(effect, ruling.rule.as_str());
        match ruling.cause {
            Cause::Named if ruling.verdict == Verdict::Allow => refusal,
            Cause::Named | Cause::Unnamed | Cause::Unasked => refusal.needing(effect),
            Cause::Protected => refusal.instead("no grant can lift this"),
            Cause::Denied => refusal.instead("no grant can lift this, only the person can take that rule out"),
            Cause::Bound => refusal.instead("no grant can lift this, only a change of those bounds"),
            Cause::Reserved => refusal.instead("no grant can lift this, only a person's answer"),
            Cause::Plan => refusal.instead("leave plan mode first"),
        }
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is refused by {}", self.effect, self.rule)?;
        if let Some(needs) = &self.needs {
            write!(f, "; needs {needs}")?;
        }
        if let Some(instead) = &self.instead {
            write!(f, "; {instead}")?;
        }
        Ok(())
    }
}
