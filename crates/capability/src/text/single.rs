//! Capability text that names one effect.

use super::network::HostPattern;
use super::path::PathPattern;
use super::{Capability, CapabilityError, Shape};
use crate::effect::Effect;
use boxagnts_types::{AgentName, GuestPath};
use serde::Deserialize as _;
use serde::de::IntoDeserializer;
use std::str::FromStr;

impl Capability {
    /// The effect whose own text this capability is; `None` when it is a pattern of several.
    pub fn as_effect(&self) -> Option<Effect> {
        let effect = match &self.0 {
            Shape::Read(pattern) => Effect::Read(path(pattern)?),
            Shape::Write(pattern) => Effect::Write(path(pattern)?),
            Shape::Network { methods, pattern } => Effect::Network { methods: *methods, target: pattern.as_target()? },
            Shape::Env(name) => Effect::Env(name.as_name()?.to_owned()),
            Shape::Secret { name, host: HostPattern::Exactly(host) } => {
                Effect::Secret { name: name.as_name()?.to_owned(), host: host.clone() }
            }
            Shape::Secret { .. } => return None,
            Shape::Spawn(name) => Effect::SpawnAgent(agent(name.as_name()?)?),
            Shape::MemoryRead => Effect::MemoryRead,
            Shape::MemoryWrite => Effect::MemoryWrite,
            Shape::ScheduleWrite => Effect::ScheduleWrite,
            Shape::Exec(program) => Effect::Exec(program.as_arguments()?),
            Shape::Mcp { server, tool } => {
                Effect::Mcp { server: server.as_name()?.to_owned(), tool: tool.as_name()?.to_owned() }
            }
        };
        // What was written as a pattern is one, although it may have no wildcard.
        (Self::exactly(&effect) == *self).then_some(effect)
    }
}

impl FromStr for Effect {
    type Err = CapabilityError;

    /// Reads the text that an effect prints as.
    fn from_str(text: &str) -> Result<Self, CapabilityError> {
        text.parse::<Capability>()?.as_effect().ok_or_else(|| CapabilityError::Pattern {
            text: text.to_owned(),
            reason: "an effect names one thing, such as \"fs.write:/workspace/a.txt\"".to_owned(),
        })
    }
}

fn path(pattern: &PathPattern) -> Option<GuestPath> {
    match pattern {
        PathPattern::Tree { root, .. } => GuestPath::parse(if root.is_empty() { "/" } else { root }).ok(),
        PathPattern::Glob(_) => None,
    }
}

fn agent(name: &str) -> Option<AgentName> {
    AgentName::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_one_thing_is_an_effect_and_a_pattern_is_none() {
        for text in [
            "fs.read:/",
            "fs.write:/workspace/a.txt",
            "fs.write:/workspace/a\\*b",
            "network.get:https://docs.example.com/a?q=1",
            "network:http://127.0.0.1:8080",
            "env:LANG",
            "secret:TOKEN@api.example.com",
            "agent.spawn:main",
            "memory.read",
            "exec:cargo test",
            "mcp:github/create_issue",
        ] {
            let effect: Effect = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(effect.to_string(), text);
        }
        for text in [
            "fs.write:/workspace/**",
            "fs.write:*.rs",
            "network:*",
            "network:https://*.example.com",
            "env:*",
            "secret:*@a.com",
            "secret:A@*",
            "agent.spawn:*",
            "exec:cargo **",
            "exec:cargo *",
            "mcp:github/*",
        ] {
            assert!(text.parse::<Effect>().is_err(), "{text}");
        }
        assert!("fs.wirte:/a".parse::<Effect>().unwrap_err().to_string().contains("fs.write"));
    }
}
