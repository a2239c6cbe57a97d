//! The server itself, and coming in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime};

/// A moment as text (RFC 3339), in UTC.
pub(crate) fn time(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
    boxagnts_runtime::Time::from_micros(micros).to_string()
}

/// The code of a link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginCode {
    /// What stands in the link behind `#code=`.
    pub(crate) code: String,
}

/// What a browser keeps.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Login {
    /// Shown with each request, as `Authorization: Bearer`.
    pub(crate) token: String,
    /// When it ends.
    pub(crate) expires: String,
}

/// A fresh link.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Code")]
pub(crate) struct FreshLink {
    /// What stands behind `#code=`.
    pub(crate) code: String,
    /// The whole link.
    pub(crate) link: String,
    /// When it ends; it is also used up by the first browser.
    pub(crate) expires: String,
}

/// What the server is and how it stands.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Status {
    /// The program's version.
    pub(crate) version: String,
    /// The workspace's folder on this machine.
    pub(crate) workspace: String,
    /// The workspace's id.
    pub(crate) workspace_id: String,
    /// When the server started.
    pub(crate) started: String,
    /// Another one after each start.
    pub(crate) epoch: String,
    /// The mapped folders.
    pub(crate) folders: Vec<Folder>,
    /// Whether the kernel stands behind the sandbox.
    pub(crate) wall: Wall,
    /// Whether what the workspace brings along counts: `nothing`, `untrusted`, `changed` or `trusted`.
    pub(crate) trust: String,
    /// Models that are known by name, as `PROVIDER/MODEL`.
    pub(crate) models: Vec<String>,
    /// The one that answers in a new session.
    pub(crate) default_model: Option<String>,
    /// The permission modes.
    pub(crate) modes: Vec<String>,
    /// Which tools agents are offered: `full`, `read-only` or `search-only`.
    pub(crate) access: String,
    /// Open questions in the sessions that run here.
    pub(crate) waiting: usize,
    /// Tools of the workspace that cannot be used, each with the reason.
    pub(crate) left_out: Vec<String>,
    /// A journal from elsewhere that could be adopted, in words.
    pub(crate) found: Option<String>,
}

/// A mapped folder.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Folder {
    /// Tools see it as `/folders/NAME`.
    pub(crate) name: String,
    /// Where it lies on this machine.
    pub(crate) path: String,
    /// Whether tools may be granted writes there.
    pub(crate) writable: bool,
}

/// The second wall.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Wall {
    /// Whether it stands.
    pub(crate) state: WallState,
    /// What it is, or why it is missing.
    pub(crate) text: String,
}

/// Whether the second wall stands.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum WallState {
    /// It does.
    Enforced,
    /// It does not.
    Missing,
}
