//! The person's settings as a text: read, checked and written back by a face.
//!
//! Only what would be understood at the next start is written, and only over what the person was shown.

use crate::house::Runtime;
use boxagnts_settings::{Amount, FILE, Limit, Origin, RuleOfTwo, Settings, SettingsError};
use boxagnts_workspace::PrivateError;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Settings are written by hand.
const LONGEST: u64 = 1 << 20;

/// The settings as they stand in their file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// The file, which need not be there.
    pub path: PathBuf,
    /// What stands in it.
    pub text: String,
    /// SHA-256 of that.
    pub digest: String,
    /// What holds, each with its origin. Empty where the text cannot be understood.
    pub values: Vec<SettingValue>,
    /// What is wrong with the text.
    pub problem: Option<String>,
    /// Whether it is another text than when this program started.
    pub is_newer: bool,
}

/// A setting that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingValue {
    /// With its table before it.
    pub key: String,
    /// As it would stand in the file.
    pub value: String,
    /// `default`, or the line of the file.
    pub origin: String,
}

/// Why settings are not written.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    /// They could not be understood.
    #[error(transparent)]
    Meaning(#[from] SettingsError),
    /// Somebody changed the file since it was shown.
    #[error("the settings were changed by somebody else since they were shown")]
    Changed,
    /// The file is a link, which would be replaced.
    #[error("{0:?} is a link; change the file that it leads to")]
    Link(PathBuf),
    /// The file cannot be read.
    #[error("{path:?} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("the settings cannot be written")]
    Place(#[from] PrivateError),
}

impl Runtime {
    /// The settings as they stand in their file now.
    pub fn settings_file(&self) -> Result<SettingsFile, SettingsFileError> {
        let path = self.own.config.path().join(FILE);
        let text = read(&path)?.unwrap_or_default();
        let understood = Settings::default().under(&text, &path);
        let problem = understood.as_ref().err().map(ToString::to_string);
        let values = understood.as_ref().map(values).unwrap_or_default();
        let digest = digest(&text);
        Ok(SettingsFile { path, is_newer: digest != self.settings_digest, digest, text, values, problem })
    }

    /// Puts a text in place of the one that the person was shown, if it can be understood. It counts from the next start.
    pub fn write_settings(&self, text: &str, shown: &str) -> Result<SettingsFile, SettingsFileError> {
        let path = self.own.config.path().join(FILE);
        Settings::default().under(text, &path)?;
        if is_link(&path) {
            return Err(SettingsFileError::Link(path));
        }
        if digest(&read(&path)?.unwrap_or_default()) != shown {
            return Err(SettingsFileError::Changed);
        }
        self.own.config.replace_file_durably(FILE, text.as_bytes())?;
        self.settings_file()
    }
}

/// The digest of the settings as they stand now, to be compared later.
pub(crate) fn digest_of_file(path: &Path) -> String {
    digest(&read(path).ok().flatten().unwrap_or_default())
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[expect(clippy::disallowed_methods, reason = "the person's own settings, which may be a link and readable by others")]
fn read(path: &Path) -> Result<Option<String>, SettingsFileError> {
    let fault = |source| SettingsFileError::Unreadable { path: path.to_owned(), source };
    let file = match std::fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(fault)?,
    };
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).map_err(fault)?;
    Ok(Some(text))
}

#[expect(clippy::disallowed_methods, reason = "a link among the person's settings would be replaced by a file")]
fn is_link(path: &Path) -> bool {
    path.is_symlink()
}

/// What holds, the settings that have a value of their own first.
fn values(settings: &Settings) -> Vec<SettingValue> {
    let mut all = Vec::new();
    let mut add = |key: &str, value: String, origin: &Origin| {
        let origin = match origin {
            Origin::Default => "default".to_owned(),
            Origin::File { line, .. } => format!("line {line}"),
        };
        all.push(SettingValue { key: key.to_owned(), value, origin });
    };
    let word = |value: &dyn std::fmt::Debug| format!("{value:?}").to_lowercase();
    add("record.location", word(&settings.record.location.value), &settings.record.location.origin);
    let access = match settings.agent.access.value {
        boxagnts_settings::Access::Full => "full",
        boxagnts_settings::Access::ReadOnly => "read-only",
        boxagnts_settings::Access::SearchOnly => "search-only",
    };
    add("agent.access", access.to_owned(), &settings.agent.access.origin);
    let stands = &settings.approvals.expire_after;
    add("approvals.expire-after", Amount::Time(stands.value).to_string(), &stands.origin);
    for (key, often) in [("per-call", &settings.approvals.per_call), ("per-turn", &settings.approvals.per_turn)] {
        add(&format!("approvals.{key}"), often.value.to_string(), &often.origin);
    }
    let rule = match settings.flow.rule_of_two.value {
        RuleOfTwo::Ask => "ask",
        RuleOfTwo::Deny => "deny",
        RuleOfTwo::Off => "off",
    };
    add("flow.rule-of-two", rule.to_owned(), &settings.flow.rule_of_two.origin);
    add("flow.private", settings.flow.private.value.join(", "), &settings.flow.private.origin);
    let blocks = settings.network.block.value.iter().map(|block| format!("{}/{}", block.address, block.bits));
    add("network.block", blocks.collect::<Vec<_>>().join(", "), &settings.network.block.origin);
    let (requests, out) = (&settings.network.session_requests, &settings.network.session_out);
    add("network.session-requests", requests.value.to_string(), &requests.origin);
    add("network.session-out", Amount::Size(out.value).to_string(), &out.origin);
    for (provider, models) in &settings.models {
        if let Some(most) = &models.max_label {
            add(&format!("models.{provider}.max-label"), word(&most.value), &most.origin);
        }
    }
    for (model, price) in &settings.prices {
        let shown = format!("input {}, output {}", price.input.value, price.output.value);
        add(&format!("prices.{model:?}"), shown, &price.input.origin);
    }
    let tables = std::iter::once(("limits".to_owned(), &settings.limits))
        .chain(settings.tool_limits.iter().map(|(tool, limits)| (format!("tools.{tool}.limits"), limits)))
        .chain(settings.agent_limits.iter().map(|(agent, limits)| (format!("agents.{agent}.limits"), limits)));
    for (table, limits) in tables {
        for limit in Limit::ALL {
            if let Some(said) = limits.get(limit) {
                add(&format!("{table}.{}", limit.key()), said.value.to_string(), &said.origin);
            }
        }
    }
    all
}
