//! What may happen, who said so, and what would change it.

use super::session::mode;
use boxagnts_runtime::{Grant as Given, GrantScope, Mode, SecretCard as Kept};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What each tool may do in a mode.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Matrix {
    /// By tool.
    pub(crate) rows: Vec<Row>,
}

/// What one tool may do.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Row {
    /// The tool.
    pub(crate) tool: String,
    /// Whether it is part of the program.
    pub(crate) built_in: bool,
    /// One for each capability that it asks for.
    pub(crate) cells: Vec<Cell>,
}

/// Whether a tool has a capability.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cell {
    /// The capability.
    pub(crate) capability: String,
    /// `allow`, `ask` or `deny`.
    pub(crate) verdict: String,
    /// The rule that says so.
    pub(crate) rule: String,
    /// Where that rule stands.
    pub(crate) layer: String,
}

/// What the matrix is asked for with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MatrixQuery {
    /// The permission mode; `ask` without it.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "mode")]
    pub(crate) mode: Option<Mode>,
}

/// A grant.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Grant {
    /// Which one.
    pub(crate) id: String,
    /// What is granted.
    pub(crate) capability: String,
    /// The only tool it is for; absent, it is for those that come with the program.
    pub(crate) tool: Option<String>,
    /// How far it reaches: `session`, `workspace` or `always`.
    pub(crate) scope: &'static str,
    /// The session, for that reach.
    pub(crate) session: Option<String>,
    /// Since when.
    pub(crate) created: String,
    /// Until when; absent, until it is taken back.
    pub(crate) expires: Option<String>,
    /// Who gave it.
    pub(crate) by: String,
}

impl From<Given> for Grant {
    fn from(given: Given) -> Self {
        let (scope, session) = match given.scope {
            GrantScope::Session(session) => ("session", Some(session.to_string())),
            GrantScope::Workspace => ("workspace", None),
            GrantScope::Always => ("always", None),
        };
        Self {
            id: given.id.to_string(),
            capability: given.capability.to_string(),
            tool: given.tool.map(|tool| tool.to_string()),
            scope,
            session,
            created: given.created.to_string(),
            expires: given.expires.map(|time| time.to_string()),
            by: given.by,
        }
    }
}

/// The grants that reach this workspace.
#[derive(Serialize, JsonSchema)]
pub(crate) struct GrantList {
    /// Oldest first.
    pub(crate) grants: Vec<Grant>,
}

/// A grant that is to be given.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewGrant {
    /// What is granted, as capability text.
    pub(crate) capability: String,
    /// The only tool it is for.
    #[serde(default)]
    pub(crate) tool: Option<String>,
    /// How far it reaches.
    pub(crate) scope: Scope,
    /// The session, for that reach.
    #[serde(default)]
    pub(crate) session: Option<String>,
    /// When it ends: a span such as `8h` or `7d`, or a moment (RFC 3339).
    #[serde(default)]
    pub(crate) expires: Option<String>,
}

/// How far a grant reaches.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    /// One session.
    Session,
    /// This workspace.
    Workspace,
    /// Every workspace of this user.
    Always,
}

/// An effect that is asked about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhyQuestion {
    /// As capability text, such as `network:https://api.example.com/v1`.
    pub(crate) effect: String,
    /// The tool; without it any that comes with the program.
    #[serde(default)]
    pub(crate) tool: Option<String>,
    /// The agent; `main` without it.
    #[serde(default)]
    pub(crate) agent: Option<String>,
    /// The permission mode; `ask` without it.
    #[schemars(with = "Option<String>")]
    #[serde(default, deserialize_with = "mode")]
    pub(crate) mode: Option<Mode>,
}

/// Why an effect is decided as it is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Why {
    /// The effect.
    pub(crate) effect: String,
    /// `allow`, `ask` or `deny`.
    pub(crate) verdict: String,
    /// The rule that says so.
    pub(crate) rule: String,
    /// What was looked at, in this order.
    pub(crate) steps: Vec<Step>,
    /// The capability whose grant would allow it.
    pub(crate) needs: Option<String>,
    /// What else would change the answer.
    pub(crate) instead: Option<String>,
    /// The tool that was asked about.
    pub(crate) tool: Option<String>,
    /// Whether that tool is part of the program.
    pub(crate) built_in: bool,
    /// What would open it: `grant`, `command-line` or `answer`.
    pub(crate) opening: Option<&'static str>,
}

/// A place that was looked at.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Step {
    /// Where.
    pub(crate) at: String,
    /// The rule that was found there.
    pub(crate) rule: Option<String>,
}

/// Whether what the workspace brings along counts.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trust {
    /// `nothing`, `untrusted`, `changed` or `trusted`.
    pub(crate) state: &'static str,
    /// What came, went or changed since it was trusted.
    pub(crate) what: Vec<String>,
    /// What a yes would be bound to.
    pub(crate) digest: Option<String>,
    /// The files that count.
    pub(crate) files: Vec<TrustedFile>,
    /// The names of its tools.
    pub(crate) tools: Vec<String>,
    /// The lines of its policy.
    pub(crate) policy: Vec<String>,
    /// Why it cannot be trusted.
    pub(crate) problem: Option<String>,
}

/// A file that a workspace brings along.
#[derive(Serialize, JsonSchema)]
pub(crate) struct TrustedFile {
    /// Below `.boxagnts`.
    pub(crate) path: String,
    /// SHA-256 of its content.
    pub(crate) digest: String,
}

/// A yes to what the workspace brings along.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustGiven {
    /// The digest that was shown.
    pub(crate) digest: String,
}

/// What may be known of a secret.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SecretCard {
    /// What it is called.
    pub(crate) name: String,
    /// The host and port that it may be sent to.
    pub(crate) host: String,
    /// The methods of the requests that may carry it; any when empty.
    pub(crate) methods: Vec<String>,
    /// When it was set.
    pub(crate) set: String,
}

impl From<Kept> for SecretCard {
    fn from(kept: Kept) -> Self {
        Self { name: kept.name, host: kept.host, methods: kept.methods, set: kept.set.to_string() }
    }
}

/// The secrets of this user.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SecretList {
    /// By name.
    pub(crate) secrets: Vec<SecretCard>,
}

/// A secret that is to be kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSecret {
    /// The host that it may be sent to, with its port where that is not 443.
    pub(crate) host: String,
    /// The methods of the requests that may carry it; any when empty.
    #[serde(default)]
    pub(crate) methods: Vec<String>,
    /// The value. It is never shown again.
    pub(crate) value: String,
}
