//! The tools of a session, by name.

use crate::schema::InputSchema;
use crate::tool::{PermissionLevel, Tool};
use boxagnts_types::{InputError, ToolName};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The tools that exist, sorted by name, so that a model's prompt begins the same way each time.
#[derive(Default)]
pub struct Registry {
    tools: BTreeMap<ToolName, Entry>,
}

struct Entry {
    tool: Arc<dyn Tool>,
    /// Understood at the first call: most tools of a session are never called.
    schema: OnceLock<Result<InputSchema, String>>,
}

/// Which tools an agent is offered, the most first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// All.
    #[default]
    Full,
    /// Those that change nothing.
    ReadOnly,
    /// Those of level none, and those that change nothing and say they search.
    SearchOnly,
}

impl Access {
    /// Whether a tool is offered under this access.
    pub fn offers(self, tool: &dyn Tool) -> bool {
        let level = tool.permission_level();
        match self {
            Self::Full => true,
            Self::ReadOnly => level <= PermissionLevel::ReadOnly,
            Self::SearchOnly => level == PermissionLevel::None || (level <= PermissionLevel::ReadOnly && tool.search()),
        }
    }

    /// The name that people write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read-only",
            Self::SearchOnly => "search-only",
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a tool cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The name is taken; a second tool must not shadow the first.
    #[error("there are two tools named {0}")]
    Taken(ToolName),
}

impl Registry {
    /// No tools.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tool under its name.
    pub fn add(&mut self, tool: Arc<dyn Tool>) -> Result<(), RegistryError> {
        let name = tool.name().clone();
        if self.tools.contains_key(&name) {
            return Err(RegistryError::Taken(name));
        }
        self.tools.insert(name, Entry { tool, schema: OnceLock::new() });
        Ok(())
    }

    /// The tool of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Tool>> {
        Some(&self.entry(name)?.tool)
    }

    /// The tools that an agent of this access is offered, sorted by name.
    pub fn offers(&self, access: Access) -> Vec<&Arc<dyn Tool>> {
        self.tools.values().map(|entry| &entry.tool).filter(|tool| access.offers(&***tool)).collect()
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &ToolName> {
        self.tools.keys()
    }

    /// Checks an input against the schema of a tool that exists.
    pub(crate) fn check(&self, name: &str, input: &Value) -> Result<(), InputError> {
        let Some(entry) = self.entry(name) else {
            return Err(InputError::Value(format!("there is no tool {name:?}")));
        };
        let schema = entry.schema.get_or_init(|| InputSchema::new(entry.tool.input_schema()));
        match schema {
            Ok(schema) => schema.check(input),
            // A tool whose own schema is broken must not run unchecked.
            Err(fault) => Err(InputError::Schema(format!("the tool's own schema cannot be used: {fault}"))),
        }
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        let name: ToolName = name.parse().ok()?;
        self.tools.get(&name)
    }
}
