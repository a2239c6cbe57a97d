//! What is known of a tool besides its code.

use crate::limits::Limits;
use boxagnts_capability::{Capability, EffectTemplate, Effects, Subject};
use boxagnts_tools::{PermissionLevel, Preview, PreviewContent};
use boxagnts_types::{GuestPath, InputError, ToolName};
use serde_json::{Value, json};

/// What a guest is called, what it may at most do, and how it is called. Whoever installs it has read the manifest.
#[derive(Debug, Clone)]
pub struct GuestSpec {
    /// What it is called.
    pub name: ToolName,
    /// What it does, for the model.
    pub description: String,
    /// The class of what it may do at most.
    pub level: PermissionLevel,
    /// Whether agents that may only search get it.
    pub search: bool,
    /// JSON Schema 2020-12 of its input.
    pub schema: Value,
    /// Whose grants hold for it.
    pub subject: Subject,
    /// How the effects of a call are known.
    pub effects: EffectsPlan,
    /// Which values of the input say what becomes of a file.
    pub preview: Option<PreviewPlan>,
    /// What a call may use.
    pub limits: Limits,
    /// How it is called.
    pub kind: GuestKind,
}

/// How the effects of a call are known before it starts.
#[derive(Debug, Clone)]
pub enum EffectsPlan {
    /// From the input: exactly these.
    Templates(Vec<EffectTemplate>),
    /// Not exactly: at most these, decided one by one when they come.
    Capabilities(Vec<Capability>),
}

/// The names of the inputs that say what becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewPlan {
    /// The file's path.
    pub path: String,
    /// What becomes of it.
    pub content: PreviewParts,
}

/// The names of the inputs with a file's new content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewParts {
    /// This one has all of it.
    Whole(String),
    /// A part of it is replaced.
    Part {
        /// The text that goes.
        old: String,
        /// The text that comes.
        new: String,
        /// Whether every place is meant.
        everywhere: Option<String>,
    },
}

/// How a component is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GuestKind {
    /// By the world of `wit/`.
    Typed,
    /// As a command, the input as JSON on standard input.
    CommandJson,
    /// As a command, with arguments and standard input as the model writes them.
    CommandArgs,
}

impl GuestSpec {
    /// The schema of a command whose manifest has none.
    pub fn schema_of_arguments() -> Value {
        json!({
            "type": "object",
            "properties": {
                "args": { "type": "array", "items": { "type": "string" }, "description": "Arguments of the command." },
                "stdin": { "type": "string", "description": "Standard input of the command." },
            },
            "additionalProperties": false,
        })
    }

    /// What a call with this input would make of a file.
    pub(crate) fn preview_of(&self, input: &Value) -> Option<Preview> {
        let PreviewPlan { path, content } = self.preview.as_ref()?;
        let text = |name: &String| input.get(name)?.as_str().map(str::to_owned);
        let content = match content {
            PreviewParts::Whole(content) => PreviewContent::Whole(text(content)?),
            PreviewParts::Part { old, new, everywhere } => {
                let everywhere = everywhere.as_ref().and_then(|name| input.get(name)?.as_bool()).unwrap_or(false);
                PreviewContent::Part { old: text(old)?, new: text(new)?, everywhere }
            }
        };
        Some(Preview { path: GuestPath::parse(&text(path)?).ok()?, content })
    }

    /// What a call with this input does.
    pub(crate) fn effects_of(&self, input: &Value) -> Result<Effects, InputError> {
        let templates = match &self.effects {
            EffectsPlan::Capabilities(capabilities) => return Ok(Effects::Envelope(capabilities.clone())),
            EffectsPlan::Templates(templates) => templates,
        };
        let lookup = |name: &str| match input.get(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        let mut effects = Vec::with_capacity(templates.len());
        for template in templates {
            let filled = template.fill(&lookup).map_err(|error| InputError::Value(error.to_string()))?;
            effects.extend(filled);
        }
        Ok(Effects::Exact(effects))
    }
}
