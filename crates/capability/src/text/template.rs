//! Effects of a call as a manifest writes them: `fs.write:${path}`.

use super::network::AddressError;
use super::{Capability, CapabilityError};
use crate::effect::{Effect, Methods};
use boxagnts_types::{AgentName, GuestPath, PathError};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use std::fmt;
use std::str::FromStr;

/// A capability's word and one literal value, which may stand in the call's input: `fs.read:${path}`,
/// `network.get:${url}`, `fs.read:/workspace/Cargo.toml`, `memory.read`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectTemplate {
    word: Word,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Read,
    Write,
    Network(Methods),
    Env,
    Spawn,
    MemoryRead,
    MemoryWrite,
    ScheduleWrite,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    /// Written in the manifest.
    Written(String),
    /// The input's value of this name.
    Input(String),
}

/// Why an input gives no effect. The model reads the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The value is no path.
    #[error("{0}")]
    Path(PathError),
    /// The value is no address of a request.
    #[error("{0}")]
    Address(AddressError),
    /// The value is empty.
    #[error("the value of {0:?} is empty")]
    Empty(String),
    /// The value is no agent's name.
    #[error("{0:?} is no agent's name")]
    Agent(String),
}

impl FromStr for EffectTemplate {
    type Err = CapabilityError;

    fn from_str(text: &str) -> Result<Self, CapabilityError> {
        let fault = |reason: &str| CapabilityError::Pattern { text: text.to_owned(), reason: reason.to_owned() };
        let (word, value) = text.split_once(':').unwrap_or((text, ""));
        let word = match word {
            "fs.read" => Word::Read,
            "fs.write" => Word::Write,
            "network" => Word::Network(Methods::Any),
            "network.get" => Word::Network(Methods::Get),
            "env" => Word::Env,
            "agent.spawn" => Word::Spawn,
            "memory.read" => Word::MemoryRead,
            "memory.write" => Word::MemoryWrite,
            "schedule.write" => Word::ScheduleWrite,
            "secret" | "exec" | "mcp" => return Err(fault("effects of this kind cannot be derived from an input")),
            // The capability's own error names the nearest word.
            _ => return Err(text.parse::<Capability>().err().unwrap_or_else(|| fault("it begins with no known word"))),
        };
        let input = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let template = match input {
            Some(name) if is_name(name) => Self { word, value: Value::Input(name.to_owned()) },
            Some(_) => return Err(fault("'${…}' holds the name of one input: letters, digits, '-' and '_'")),
            None if value.contains("${") => {
                return Err(fault("the value is one '${…}' or a literal, never a mixture that an input could stretch"));
            }
            None => Self { word, value: Value::Written(value.to_owned()) },
        };
        template.check_written(text)?;
        Ok(template)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_' || c == b'-')
}

impl EffectTemplate {
    /// The effect that a call with this input has; `None` when the input leaves the value out. What `lookup` gives is
    /// taken literally, never as a pattern.
    pub fn fill(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<Effect>, FillError> {
        match &self.value {
            Value::Written(value) => self.word.effect(value, value).map(Some),
            Value::Input(name) => lookup(name).map(|value| self.word.effect(&value, name)).transpose(),
        }
    }

    /// A value that is written in the manifest must give an effect now, and not be a pattern in disguise.
    fn check_written(&self, text: &str) -> Result<(), CapabilityError> {
        let bare = matches!(self.word, Word::MemoryRead | Word::MemoryWrite | Word::ScheduleWrite);
        match &self.value {
            _ if bare => text.parse::<Capability>().map(drop),
            Value::Input(_) => Ok(()),
            Value::Written(value) => {
                let capability: Capability = text.parse()?;
                let effect = self.word.effect(value, value);
                if effect.is_ok_and(|effect| Capability::exactly(&effect) == capability) {
                    return Ok(());
                }
                let reason = "an effect names one thing; a pattern belongs into the permissions".to_owned();
                Err(CapabilityError::Pattern { text: text.to_owned(), reason })
            }
        }
    }
}

impl Word {
    fn effect(self, value: &str, name: &str) -> Result<Effect, FillError> {
        let filled = || if value.is_empty() { Err(FillError::Empty(name.to_owned())) } else { Ok(value.to_owned()) };
        Ok(match self {
            Self::Read => Effect::Read(GuestPath::parse(value).map_err(FillError::Path)?),
            Self::Write => Effect::Write(GuestPath::parse(value).map_err(FillError::Path)?),
            Self::Network(methods) => Effect::Network { methods, target: value.parse().map_err(FillError::Address)? },
            Self::Env => Effect::Env(filled()?),
            Self::Spawn => Effect::SpawnAgent(agent(&filled()?)?),
            Self::MemoryRead => Effect::MemoryRead,
            Self::MemoryWrite => Effect::MemoryWrite,
            Self::ScheduleWrite => Effect::ScheduleWrite,
        })
    }
}

/// An agent's name is made from text by its own reader, so that it checks whatever it comes to check.
fn agent(text: &str) -> Result<AgentName, FillError> {
    let reader: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    AgentName::deserialize(reader).map_err(|_| FillError::Agent(text.to_owned()))
}

impl fmt::Display for EffectTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.word {
            Word::Read => "fs.read:",
            Word::Write => "fs.write:",
            Word::Network(Methods::Any) => "network:",
            Word::Network(Methods::Get) => "network.get:",
            Word::Env => "env:",
            Word::Spawn => "agent.spawn:",
            Word::MemoryRead => "memory.read",
            Word::MemoryWrite => "memory.write",
            Word::ScheduleWrite => "schedule.write",
        })?;
        match &self.value {
            Value::Written(value) => f.write_str(value),
            Value::Input(name) => write!(f, "${{{name}}}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, value: Option<&str>) -> String {
        let template: EffectTemplate = template.parse().unwrap();
        match template.fill(&|_| value.map(str::to_owned)) {
            Ok(Some(effect)) => effect.to_string(),
            Ok(None) => "nothing".to_owned(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn a_value_is_taken_literally() {
        assert_eq!(filled("fs.write:${path}", Some("a/../*.md")), "fs.write:/workspace/\\*.md");
        assert_eq!(filled("fs.read:${path}", Some("/tmp/x")), "fs.read:/tmp/x");
        assert_eq!(filled("fs.read:${path}", Some("${path}")), "fs.read:/workspace/$\\{path\\}");
        assert_eq!(filled("network.get:${url}", Some("https://a.com/x?y")), "network.get:https://a.com/x?y");
        assert_eq!(filled("network:${url}", Some("https://a.com")), "network:https://a.com");
        assert_eq!(filled("agent.spawn:${profile}", Some("main")), "agent.spawn:main");
        assert_eq!(filled("env:${name}", Some("*")), "env:\\*");
    }

    #[test]
    fn a_missing_value_has_no_effect_and_a_bad_one_is_an_error() {
        assert_eq!(filled("fs.read:${path}", None), "nothing");
        assert_eq!(filled("fs.read:${path}", Some("")), "error: the path is empty");
        assert_eq!(filled("env:${name}", Some("")), "error: the value of \"name\" is empty");
        assert!(filled("fs.read:${path}", Some("../../x")).starts_with("error: "));
        assert!(filled("network.get:${url}", Some("file:///etc/passwd")).starts_with("error: "));
    }

    #[test]
    fn what_is_written_needs_no_input() {
        assert_eq!(filled("memory.write", None), "memory.write");
        assert_eq!(filled("fs.read:Cargo.toml", None), "fs.read:/workspace/Cargo.toml");
    }

    #[test]
    fn a_pattern_or_a_mixture_is_no_template() {
        for text in [
            "fs.read:/workspace/**",
            "fs.read:*.rs",
            "fs.write:out/${name}",
            "fs.write:${a}${b}",
            "fs.write:${}",
            "fs.write:${a b}",
            "fs.write:",
            "fs.write",
            "memory.read:${x}",
            "exec:${program}",
            "network:*",
            "network.get:https://*.a.com",
            "fs.raed:${path}",
        ] {
            assert!(text.parse::<EffectTemplate>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_template_prints_as_it_was_written() {
        for text in ["fs.write:${path}", "network.get:${url}", "memory.read", "fs.read:/workspace/Cargo.toml"] {
            assert_eq!(text.parse::<EffectTemplate>().unwrap().to_string(), text);
        }
    }
}
