//! Files, models and settings.

use boxagnts_runtime::{Changed, ChangedKind, Listed, ListedKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which path is asked about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathQuery {
    /// As tools see it: below `/workspace` or `/folders/NAME`.
    pub(crate) path: String,
}

/// What is looked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchQuery {
    /// Letters that the path has, in this order.
    #[serde(default)]
    pub(crate) q: String,
    /// At most this many; 50 without it, and no more than 500.
    pub(crate) limit: Option<usize>,
}

/// Paths that were found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Found {
    /// Below the workspace, the nearest first.
    pub(crate) paths: Vec<String>,
}

/// A folder.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FolderListing")]
pub(crate) struct Folder {
    /// As tools see it.
    pub(crate) path: String,
    /// Folders first, then by name.
    pub(crate) entries: Vec<Entry>,
    /// Whether some were left out.
    pub(crate) cut: bool,
}

/// A name in a folder.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Entry {
    /// The name; one that is no UTF-8 is escaped.
    pub(crate) name: String,
    /// `file`, `folder`, `link` or `other`.
    pub(crate) kind: &'static str,
    /// Its length.
    pub(crate) bytes: u64,
    /// When its content changed last.
    pub(crate) changed: Option<String>,
}

impl From<Listed> for Entry {
    fn from(listed: Listed) -> Self {
        let kind = match listed.kind {
            ListedKind::Folder => "folder",
            ListedKind::File => "file",
            ListedKind::Link => "link",
            ListedKind::Other => "other",
        };
        Self { name: listed.name, kind, bytes: listed.bytes, changed: listed.changed.map(|time| time.to_string()) }
    }
}

/// What a file holds.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FileContent {
    /// As tools see it.
    pub(crate) path: String,
    /// `text`, `image` or `binary`.
    pub(crate) kind: &'static str,
    /// Of an image.
    pub(crate) media_type: Option<&'static str>,
    /// Of a text: all of it, or its beginning.
    pub(crate) text: Option<String>,
    /// Of an image, in base 64.
    pub(crate) bytes_base64: Option<String>,
    /// How long the file is.
    pub(crate) bytes: u64,
    /// Whether this is its beginning alone.
    pub(crate) cut: bool,
}

/// What a session changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChangeList {
    /// By path.
    pub(crate) files: Vec<FileChange>,
}

/// A path that a session changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct FileChange {
    /// As tools see it.
    pub(crate) path: String,
    /// `created`, `changed`, `deleted`, `moved`, `link` or `folder`.
    pub(crate) kind: &'static str,
    /// The lines that went and came, where it is a text.
    pub(crate) diff: Option<String>,
    /// Its length before.
    pub(crate) bytes_before: Option<u64>,
    /// Its length now.
    pub(crate) bytes_now: Option<u64>,
    /// The first turn that changed it.
    pub(crate) turn: u32,
}

impl From<Changed> for FileChange {
    fn from(changed: Changed) -> Self {
        let kind = match changed.kind {
            ChangedKind::Created => "created",
            ChangedKind::Changed => "changed",
            ChangedKind::Deleted => "deleted",
            ChangedKind::Moved => "moved",
            ChangedKind::Link => "link",
            ChangedKind::Folder => "folder",
        };
        let (path, diff, turn) = (changed.path.to_string(), changed.diff, changed.turn);
        Self { path, kind, diff, bytes_before: changed.before, bytes_now: changed.now, turn }
    }
}

/// The vendors of models.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ProviderList {
    /// In no order.
    pub(crate) providers: Vec<Provider>,
    /// The one that answers in a new session.
    pub(crate) default_model: Option<String>,
}

/// A vendor of models.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Provider {
    /// What stands before the slash of `PROVIDER/MODEL`.
    pub(crate) name: String,
    /// What it is.
    pub(crate) text: String,
    /// Whether it can be asked as things stand.
    pub(crate) ready: bool,
    /// What is missing, and how it is set.
    pub(crate) missing: Option<String>,
    /// Where requests go.
    pub(crate) origin: Option<String>,
    /// The models that are known by name; the vendor may have more.
    pub(crate) models: Vec<String>,
    /// Its key; none where it needs none.
    pub(crate) key: Option<Key>,
    /// What its models cost, as the settings say.
    pub(crate) prices: Vec<ModelPrice>,
}

/// Whether there is a key.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Key {
    /// The variable that it is read from.
    pub(crate) name: String,
    /// Whether it is there.
    pub(crate) set: bool,
    /// `environment` or `stored`, when it is there.
    pub(crate) from: Option<&'static str>,
}

/// A key that is to be kept.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// The value. It is never shown again.
    pub(crate) value: String,
}

/// What a model costs.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ModelPrice {
    /// The model.
    pub(crate) model: String,
    /// Dollars for a million tokens that it reads.
    pub(crate) input: f64,
    /// Dollars for a million tokens that it writes.
    pub(crate) output: f64,
}

/// A model that is to be tried.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ModelChoice {
    /// `PROVIDER/MODEL`.
    pub(crate) model: String,
}

/// How a model did.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ModelTest {
    /// The model.
    pub(crate) model: String,
    /// The session in which it was tried.
    pub(crate) session: String,
    /// Whether it did both.
    pub(crate) ok: bool,
    /// Whether it answers.
    pub(crate) completion: Tried,
    /// Whether it calls a tool.
    pub(crate) tool_call: Tried,
    /// What that cost in tokens.
    pub(crate) usage: super::session::Tokens,
    /// What went wrong.
    pub(crate) error: Option<String>,
}

/// How one try went.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tried {
    /// Whether it went well.
    pub(crate) ok: bool,
    /// What it said or did.
    pub(crate) text: String,
    /// How long it took.
    pub(crate) millis: u64,
}

/// The person's settings.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Settings {
    /// The file.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    /// SHA-256 of that; a change names it.
    pub(crate) digest: String,
    /// What holds, each with its origin.
    pub(crate) values: Vec<SettingValue>,
    /// What is wrong with the text.
    pub(crate) problem: Option<String>,
    /// Whether the server runs with an earlier text.
    pub(crate) restart_needed: bool,
}

/// A setting that holds.
#[derive(Serialize, JsonSchema)]
pub(crate) struct SettingValue {
    /// With its table before it.
    pub(crate) key: String,
    /// As it would stand in the file.
    pub(crate) value: String,
    /// `default`, or the line of the file.
    pub(crate) origin: String,
}

/// Settings that are to be written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSettings {
    /// The whole text.
    pub(crate) text: String,
    /// The digest of the text that was shown.
    pub(crate) digest: String,
}

/// Whether everything is as it should be.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Checks {
    /// What was looked at.
    pub(crate) checks: Vec<Check>,
}

/// Something that was looked at.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Check {
    /// What it is.
    pub(crate) name: String,
    /// `ok`, `warn` or `bad`.
    pub(crate) state: &'static str,
    /// What was found.
    pub(crate) text: String,
    /// What to do about it.
    pub(crate) cure: Option<String>,
}
