//! `tool.yaml`: what a tool package says of itself and asks for.

use crate::quantity;
use boxagnts_capability::{Capability, Effect, EffectTemplate};
use boxagnts_tools::PermissionLevel;
use boxagnts_types::ToolName;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// A manifest is written by hand; a larger one is a mistake or an attack on the parser.
const LONGEST: usize = 64 * 1024;

/// A manifest that was read and understood.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// What the tool is called.
    pub name: ToolName,
    /// Its version, as its author counts.
    pub version: String,
    /// One sentence for people.
    pub description: String,
    /// The class of what it may do at most.
    pub level: PermissionLevel,
    /// Whether it is offered to agents that may only search.
    pub search: bool,
    /// What it could ever need. A request, and a ceiling for its grants.
    pub permissions: Vec<Capability>,
    /// How the effects of a call follow from its input; without them the permissions are an envelope.
    pub effects: Vec<EffectTemplate>,
    /// Which values of the input say what becomes of a file, for the question to the person.
    pub preview: Option<RequestedPreview>,
    /// How a plain command is called.
    pub invoke: Invoke,
    /// The input's schema, for a plain command; a component of the typed world describes itself.
    pub input_schema: Option<Value>,
    /// The limits that it asks for.
    pub limits: RequestedLimits,
}

/// How a plain command gets its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Invoke {
    /// The input as JSON on standard input, the result on standard output.
    Json,
    /// `{args: [string], stdin: string}`.
    #[default]
    Args,
}

/// The names of inputs that say what a call makes of a file: all of its content, or a part that is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequestedPreview {
    /// The file's path.
    pub path: String,
    /// All of its new content.
    #[serde(default)]
    pub content: Option<String>,
    /// The text that goes.
    #[serde(default)]
    pub old: Option<String>,
    /// The text that comes.
    #[serde(default)]
    pub new: Option<String>,
    /// Whether every place is meant.
    #[serde(default)]
    pub everywhere: Option<String>,
}

/// Limits that a manifest may set below (freely) or above (up to the user's ceiling) the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RequestedLimits {
    /// Wall clock of one call.
    #[serde(default, deserialize_with = "quantity::duration")]
    pub timeout: Option<Duration>,
    /// All memories of one call together, in bytes.
    #[serde(default, deserialize_with = "quantity::bytes")]
    pub memory: Option<u64>,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Larger than any manifest has reason to be.
    #[error("the manifest is longer than {LONGEST} bytes")]
    TooLong,
    /// Not YAML of the right shape: the text names line and column.
    #[error("the manifest cannot be read: {0}")]
    Shape(String),
    /// A capability or an effect that makes no sense.
    #[error("the manifest asks for {text:?}: {fault}")]
    Capability {
        /// What it asks for.
        text: String,
        /// What is wrong with it.
        fault: String,
    },
    /// A preview that names neither a whole content nor a part.
    #[error("the manifest's preview names either `content`, or `old` and `new`")]
    Preview,
    /// An effect that the permissions do not cover.
    #[error("the manifest's effect {0} is not covered by its permissions")]
    Uncovered(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    tool: Written,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: ToolName,
    version: String,
    description: String,
    permission_level: PermissionLevel,
    #[serde(default)]
    search: bool,
    #[serde(default)]
    permissions: Vec<String>,
    #[serde(default)]
    effects: Vec<String>,
    #[serde(default)]
    preview: Option<RequestedPreview>,
    #[serde(default)]
    invoke: Invoke,
    #[serde(default)]
    input_schema: Option<Value>,
    #[serde(default)]
    limits: RequestedLimits,
}

impl Manifest {
    /// Reads a manifest. Unknown and repeated keys are errors.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        if LONGEST < text.len() {
            return Err(ManifestError::TooLong);
        }
        let Document { tool } =
            serde_saphyr::from_str(text).map_err(|error| ManifestError::Shape(error.to_string()))?;
        if tool.preview.as_ref().is_some_and(|preview| !preview.is_whole_or_part()) {
            return Err(ManifestError::Preview);
        }
        Ok(Self {
            name: tool.name,
            version: tool.version,
            description: tool.description,
            level: tool.permission_level,
            search: tool.search,
            permissions: parse_all(&tool.permissions)?,
            effects: parse_all(&tool.effects)?,
            preview: tool.preview,
            invoke: tool.invoke,
            input_schema: tool.input_schema,
            limits: tool.limits,
        })
    }

    /// Whether the manifest's own permissions cover an effect.
    pub fn covers(&self, effect: &Effect) -> bool {
        self.permissions.iter().any(|capability| capability.matches(effect))
    }
}

impl RequestedPreview {
    fn is_whole_or_part(&self) -> bool {
        let part = (&self.old, &self.new);
        match (&self.content, part) {
            (Some(_), (None, None)) => self.everywhere.is_none(),
            (None, (Some(_), Some(_))) => true,
            _ => false,
        }
    }
}

fn parse_all<T>(texts: &[String]) -> Result<Vec<T>, ManifestError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parse = |text: &String| {
        text.parse().map_err(|error: T::Err| ManifestError::Capability { text: text.clone(), fault: error.to_string() })
    };
    texts.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "tool:\n  name: web-fetch\n  version: 1.0.0\n  description: Fetch a page.\n  \
        permission-level: read-only\n  permissions:\n    - network:https://api.example.com\n  \
        limits: { timeout: 30s, memory: 64MiB }\n";

    #[test]
    fn a_manifest_says_what_it_asks_for() {
        let manifest = Manifest::parse(GOOD).unwrap();
        assert_eq!(manifest.name.as_str(), "web-fetch");
        assert_eq!(manifest.level, PermissionLevel::ReadOnly);
        assert_eq!(manifest.permissions.len(), 1);
        assert_eq!(manifest.limits.timeout, Some(Duration::from_secs(30)));
        assert_eq!(manifest.limits.memory, Some(64 << 20));
    }

    #[test]
    fn unknown_and_repeated_keys_are_errors() {
        for bad in [
            GOOD.replace("version:", "verison:"),
            GOOD.replace("  version: 1.0.0\n", "  version: 1.0.0\n  version: 2.0.0\n"),
            GOOD.replace("timeout", "time-out"),
            GOOD.replace("30s", "thirty"),
            GOOD.replace("network:https", "telepathy:https"),
            format!("{GOOD}  preview: {{ path: path }}\n"),
            format!("{GOOD}  preview: {{ path: path, content: a, old: b }}\n"),
            format!("{GOOD}  preview: {{ content: a }}\n"),
            String::new(),
            "\u{feff}".to_owned(),
            "tool: [".to_owned(),
            "x".repeat(LONGEST + 1),
        ] {
            assert!(Manifest::parse(&bad).is_err(), "{bad}");
        }
    }
}
