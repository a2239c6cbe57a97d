//! Why an effect is decided as it is: the decision itself, watched.
//!
//! There is no second way to decide. The same code runs, and tells what it looks at to whoever watches; a call's
//! decision is watched by nobody, which costs nothing.

use super::{Caller, Grant, Rulebook};
use crate::effect::Effect;
use crate::flow;
use crate::mode::Mode;
use crate::refusal::Refusal;
use crate::rules::{Layer, RuleName, Subject, Verdict};
use crate::text::Capability;
use boxagnts_types::ToolName;
use boxagnts_types::show::visible_line;
use std::fmt;

/// What a decision looks at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Paths that nothing opens.
    Protected,
    /// Denies, of grants and of ceilings.
    Denies,
    /// What ceilings leave.
    Ceilings,
    /// What plan mode takes away.
    Plan,
    /// The allows and asks of one layer, the nearest layer first.
    Grants(Layer),
    /// What ceilings let a person decide alone.
    CeilingAsks,
    /// What the mode makes of a question.
    Mode(Mode),
    /// What the Rule of Two would say, which depends on what the session has read.
    Flow,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it was.
    pub stage: Stage,
    /// The rule that was found, safe to show; absent when none concerns the effect.
    pub rule: Option<String>,
}

/// Why an effect is decided as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The effect as capability text.
    pub effect: String,
    /// What was decided.
    pub verdict: Verdict,
    /// By which rule, safe to show.
    pub rule: String,
    /// What was looked at until then.
    pub steps: Vec<Step>,
    /// The capability whose grant would allow it; absent when it is allowed, and when no grant could help.
    pub needs: Option<String>,
    /// What else would change the answer, when no grant could.
    pub instead: Option<String>,
}

/// Hears what a decision looks at.
pub(super) trait Watch {
    /// A stage, and the rule that was found there.
    fn looked(&mut self, stage: Stage, rule: Option<&RuleName>);
    /// The layers, and the grant that was found.
    fn grant(&mut self, grant: Option<&Grant>);
}

/// Nobody.
impl Watch for () {
    fn looked(&mut self, _: Stage, _: Option<&RuleName>) {}
    fn grant(&mut self, _: Option<&Grant>) {}
}

impl Watch for Vec<Step> {
    fn looked(&mut self, stage: Stage, rule: Option<&RuleName>) {
        self.push(Step { stage, rule: rule.map(|rule| visible_line(rule.as_str())) });
    }

    fn grant(&mut self, grant: Option<&Grant>) {
        for layer in Layer::ALL {
            let found = grant.filter(|grant| grant.layer == layer);
            self.looked(Stage::Grants(layer), found.map(|grant| &grant.name));
            if found.is_some() {
                break;
            }
        }
    }
}

impl Rulebook {
    /// How a whole range of effects stands for a call of this tool, and by which rule, safe to show. Where rules say
    /// different things about parts of it, the one that takes most away is named.
    pub fn stands(&self, tool: &ToolName, subject: &Subject, range: &Capability) -> (Verdict, String) {
        let ruling = self.rule_range(&Caller { tool: tool.clone(), subject: subject.clone() }, range);
        (ruling.verdict, visible_line(ruling.rule.as_str()))
    }

    /// Why the effect is decided as it is for a call of this tool, before it starts.
    pub fn explain(&self, tool: &ToolName, subject: &Subject, effect: &Effect) -> Explanation {
        let caller = Caller { tool: tool.clone(), subject: subject.clone() };
        let mut steps = Vec::new();
        let ruling = self.rule_watched(&caller, effect, false, &mut steps);
        let asked = steps.last().is_some_and(|step| step.stage == Stage::CeilingAsks && step.rule.is_some());
        // Whoever gets as far as the mode comes from a rule that the mode may turn.
        if steps.last().is_some_and(|step| step.stage == Stage::CeilingAsks && step.rule.is_none()) {
            steps.push(Step { stage: Stage::Mode(self.mode), rule: Some(visible_line(ruling.rule.as_str())) });
        }
        if ruling.verdict != Verdict::Deny {
            let foretold = flow::foretold(self, effect).map(str::to_owned);
            steps.extend(foretold.map(|rule| Step { stage: Stage::Flow, rule: Some(rule) }));
        }
        let refusal = Refusal::of(effect, &ruling);
        let (needs, instead) = match ruling.verdict {
            Verdict::Allow => (None, None),
            Verdict::Ask if asked => (None, Some("no grant can lift this, only a person's answer".to_owned())),
            Verdict::Ask | Verdict::Deny => (refusal.needs, refusal.instead),
        };
        let (effect, rule) = (visible_line(&effect.to_string()), visible_line(ruling.rule.as_str()));
        Explanation { effect, verdict: ruling.verdict, rule, steps, needs, instead }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Protected => f.write_str("protected paths"),
            Self::Denies => f.write_str("denies"),
            Self::Ceilings => f.write_str("ceilings"),
            Self::Plan => f.write_str("plan mode"),
            Self::Grants(layer) => layer.fmt(f),
            Self::CeilingAsks => f.write_str("what ceilings ask"),
            Self::Mode(mode) => write!(f, "the mode {mode}"),
            Self::Flow => f.write_str("the Rule of Two"),
        }
    }
}
