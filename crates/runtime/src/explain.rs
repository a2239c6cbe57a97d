//! Why an effect would be allowed, asked about or refused, by the very rulebook that a session would have.

use crate::config::SessionOptions;
use crate::error::StartError;
use crate::house::Runtime;
use crate::law;
use boxagnts_capability::{Capability, Effect, Explanation, Layer, Rule, Rulebook, Subject, Verdict};
use boxagnts_types::{AgentName, ToolName};

/// Stands for any tool of ours where none is named; its manifest bounds nothing.
const ANY: &str = "any-built-in-tool";

/// What is asked about.
#[derive(Debug, Clone)]
pub struct WhyRequest {
    /// The effect.
    pub effect: Effect,
    /// The tool that would have it; without one, any of those that come with the program.
    pub tool: Option<ToolName>,
    /// The agent that would call the tool.
    pub agent: String,
    /// What would hold for the session.
    pub options: SessionOptions,
}

/// Why, and what would open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What was decided, by which rule, and what was looked at.
    pub explanation: Explanation,
    /// The tool that was named, and whether it comes with the program.
    pub tool: Option<(ToolName, bool)>,
    /// What would allow it, tried out on the same rulebook; absent when it is allowed already or nothing would.
    pub opening: Option<Opening>,
}

/// What would allow an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// `boxagnts grant add`
    Grant,
    /// `--allow`
    CommandLine,
    /// A yes to the question.
    Answer,
}

impl Runtime {
    /// Why an effect would be decided as it would. Nothing is recorded and nothing happens.
    pub async fn why(&self, request: &WhyRequest) -> Result<Why, StartError> {
        if request.agent != AgentName::main().as_str() {
            return Err(StartError::NoAgent(request.agent.clone()));
        }
        self.look_at_tools().await?;
        let book = law::rulebook(self, &request.options)?;
        let built_in = request.tool.as_ref().is_none_or(|tool| self.toolbox.has(tool));
        let (name, subject) = match &request.tool {
            Some(tool) if !built_in => (tool.clone(), Subject::Tool(tool.clone())),
            Some(tool) => (tool.clone(), Subject::BuiltIn),
            None => (ANY.parse().expect("it is a tool's name, as a test shows"), Subject::BuiltIn),
        };
        let explanation = book.explain(&name, &subject, &request.effect);
        let opening = opening(&book, &name, &subject, &request.effect, &explanation);
        Ok(Why { explanation, tool: request.tool.clone().map(|tool| (tool, built_in)), opening })
    }
}

/// What would open it, the lasting way first.
fn opening(
    book: &Rulebook,
    tool: &ToolName,
    subject: &Subject,
    effect: &Effect,
    explanation: &Explanation,
) -> Option<Opening> {
    if explanation.verdict == Verdict::Allow {
        return None;
    }
    let opens = |layer| {
        let capability = Capability::exactly(effect);
        let rule = Rule { verdict: Verdict::Allow, capability, layer, subject: subject.clone() };
        book.clone().with(rule).explain(tool, subject, effect).verdict == Verdict::Allow
    };
    // The command line grants to the tools that come with the program, and to no other.
    let by_hand = *subject == Subject::BuiltIn;
    [(Opening::Grant, opens(Layer::Granted)), (Opening::CommandLine, by_hand && opens(Layer::CommandLine))]
        .into_iter()
        .find_map(|(opening, opens)| opens.then_some(opening))
        .or((explanation.verdict == Verdict::Ask).then_some(Opening::Answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_any_tool_is_a_tools_name() {
        assert!(ANY.parse::<ToolName>().is_ok());
    }
}
