//! Tools.

use boxagnts_runtime::ToolCard as Known;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// A tool.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ToolCard {
    /// What it is called.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// One sentence for people.
    pub(crate) summary: String,
    /// What it does, for the model.
    pub(crate) description: String,
    /// The class of what it may do at most: `none`, `read-only`, `write` or `execute`.
    pub(crate) level: String,
    /// Where it came from.
    pub(crate) origin: String,
    /// SHA-256 of its component.
    pub(crate) digest: String,
    /// Whether it is part of the program.
    pub(crate) built_in: bool,
    /// What it could ever need, as capability text.
    pub(crate) permissions: Vec<String>,
    /// How the effects of a call follow from its input.
    pub(crate) effects: Vec<String>,
    /// The limits in force, and who said so where somebody did.
    pub(crate) limits: Vec<String>,
    /// JSON Schema of its input.
    pub(crate) input_schema: Value,
}

impl ToolCard {
    pub(crate) fn new(known: Known, built_in: bool) -> Self {
        Self {
            name: known.name.to_string(),
            version: known.version,
            summary: known.summary,
            description: known.description,
            level: known.level.to_string(),
            origin: known.origin,
            digest: known.digest,
            built_in,
            permissions: known.permissions,
            effects: known.effects,
            limits: known.limits,
            input_schema: known.input_schema,
        }
    }
}

/// The tools of the workspace.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ToolList {
    /// By name.
    pub(crate) tools: Vec<ToolCard>,
}
