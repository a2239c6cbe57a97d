//! Whether the person trusts what a workspace brings along.
//!
//! Nothing in a workspace counts before the person said so with `boxagnts trust`, and then exactly what they were
//! shown: the yes is bound to the folder and to a digest over the configuration and the tools in its `.boxagnts`. It
//! is kept in our data folder, where no workspace reaches, with the configuration itself. When something changed, the
//! new state is trusted no more than that of a stranger; the bounds that were trusted stay until the person says
//! otherwise, since a repository must not be able to shed them.

use crate::error::StartError;
use crate::house::Runtime;
use boxagnts_capability::{RuleKind, Verdict};
use boxagnts_record::Stamp as _;
use boxagnts_settings::{Rules, SettingsError};
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::{Time, WorkspaceId};
use boxagnts_workspace::own::{CONFIG, TOOLS};
use boxagnts_workspace::{OwnError, PrivateError, PrivateFolder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The folder of all records of trust in our data folder.
const FOLDER: &str = "trust";
/// A thousand paths and a configuration.
const LONGEST_RECORD: u64 = 8 << 20;
/// A configuration is written by hand.
const LONGEST_CONFIG: u64 = 1 << 20;
/// The form that is written.
const VERSION: u32 = 1;
/// How it is named to people and to the model.
const SHOWN: &str = ".boxagnts/config.toml";

/// Whether the person trusts what the workspace brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustState {
    /// It brings nothing along, and nobody said anything.
    Nothing,
    /// Nobody said anything. Nothing of it is read.
    Untrusted,
    /// It was trusted and is another now. Only the bounds that were trusted still hold.
    Changed {
        /// What came, went or changed, or why that cannot be seen. Safe to show.
        what: Vec<String>,
    },
    /// It is what the person said yes to.
    Trusted {
        /// SHA-256 over the paths and contents that count.
        digest: String,
    },
}

/// What a workspace brings along, read for a person to judge.
#[derive(Debug, Clone)]
pub struct Brought {
    /// SHA-256 over the paths and contents that count.
    pub digest: String,
    /// SHA-256 of each file, by its path below `.boxagnts`.
    pub files: BTreeMap<String, String>,
    /// The names of its tools.
    pub tools: Vec<String>,
    /// The lines of its policy, as capability text.
    pub policy: Vec<String>,
    config: Option<String>,
}

/// Why trust cannot be looked up or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The workspace brings along what cannot be trusted.
    #[error("what this workspace brings along cannot be trusted")]
    Own(#[from] OwnError),
    /// Its configuration cannot be understood.
    #[error("what this workspace brings along cannot be trusted")]
    Config(#[source] SettingsError),
    /// Our own folder cannot be used.
    #[error("the records of trust cannot be used")]
    Place(#[from] PrivateError),
    /// A record of trust is none.
    #[error("nothing is allowed, since {} cannot be understood: {why}; move that file away to begin anew", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// What is remembered of a yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    v: u32,
    workspace: WorkspaceId,
    folder: String,
    time: Time,
    digest: String,
    files: BTreeMap<String, String>,
    config: Option<String>,
}

/// The records of trust.
pub(crate) struct TrustStore(PrivateFolder);

impl TrustStore {
    pub(crate) fn new(data: &PrivateFolder) -> Result<Self, PrivateError> {
        Ok(Self(data.inside(FOLDER)?))
    }

    fn record(&self, workspace: WorkspaceId) -> Result<Option<Record>, TrustError> {
        let name = name_of(workspace);
        let broken = |why: String| TrustError::Broken { path: self.0.path().join(&name), why };
        let Some(bytes) = self.0.read_file(&name, LONGEST_RECORD)? else { return Ok(None) };
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        if record.v != VERSION || record.workspace != workspace {
            return Err(broken("it is of another form or another workspace".to_owned()));
        }
        Ok(Some(record))
    }
}

impl Runtime {
    /// Whether the person trusts what this workspace brings along. Without a yes, nothing of it is read.
    pub fn trust_state(&self) -> Result<TrustState, TrustError> {
        let Some(record) = self.trust.record(self.workspace)? else {
            // Where it cannot even be seen, something is there.
            let something = self.root.brings_something().unwrap_or(true);
            return Ok(if something { TrustState::Untrusted } else { TrustState::Nothing });
        };
        Ok(match self.read_brought() {
            Ok((files, _)) if digest_of(&files) == record.digest => TrustState::Trusted { digest: record.digest },
            Ok((files, _)) => TrustState::Changed { what: changes(&record.files, &files) },
            Err(error) => TrustState::Changed { what: vec![error.to_string()] },
        })
    }

    /// What the workspace brings along, for a person to judge. Nothing counts because it was read here.
    pub fn brought(&self) -> Result<Brought, TrustError> {
        let (files, config) = self.read_brought()?;
        let rules = match &config {
            Some(text) => understood(text).map_err(TrustError::Config)?,
            None => Rules::default(),
        };
        let line = |(verdict, line): (Verdict, &boxagnts_settings::policy::Line)| match verdict {
            Verdict::Allow => format!("leaves {}", line.capability),
            Verdict::Ask => format!("asks about {}", line.capability),
            Verdict::Deny => format!("denies {}", line.capability),
        };
        let mut policy: Vec<String> = rules.lines().map(line).collect();
        if rules.allow.is_some_and(|allow| allow.lines.is_empty()) {
            policy.insert(0, "leaves nothing".to_owned());
        }
        let mut tools: Vec<String> = files.keys().filter_map(|path| tool_of(path)).collect();
        tools.dedup();
        Ok(Brought { digest: digest_of(&files), files, tools, policy, config })
    }

    /// Remembers that the person trusts exactly this, for good once it returns.
    pub fn trust(&self, brought: &Brought) -> Result<(), TrustError> {
        let record = Record {
            v: VERSION,
            workspace: self.workspace,
            folder: self.root.path().display().to_string(),
            time: self.stamp.now(),
            digest: brought.digest.clone(),
            files: brought.files.clone(),
            config: brought.config.clone(),
        };
        let json = serde_json::to_vec_pretty(&record).expect("texts and maps of them are JSON");
        Ok(self.trust.0.replace_file_durably(&name_of(self.workspace), &json)?)
    }

    /// Forgets a yes, if there was one.
    pub fn distrust(&self) -> Result<(), TrustError> {
        Ok(self.trust.0.remove_file(&name_of(self.workspace))?)
    }

    /// The bounds that the person trusted in this workspace, whether or not they still stand there.
    pub(crate) fn trusted_rules(&self) -> Result<Option<Rules>, StartError> {
        let Some(record) = self.trust.record(self.workspace)? else { return Ok(None) };
        record.config.as_deref().map(understood).transpose().map_err(StartError::Policy)
    }

    /// The files of the tools, by their paths below `.boxagnts`, if the person trusts what is there now. Read once: what
    /// is handed out is what was compared.
    pub(crate) fn trusted_tools(&self) -> Result<BTreeMap<String, Vec<u8>>, TrustError> {
        let (mut files, mut tools) = (BTreeMap::new(), BTreeMap::new());
        let Some(record) = self.trust.record(self.workspace)? else { return Ok(tools) };
        if !record.files.keys().any(|path| tool_of(path).is_some()) {
            return Ok(tools);
        }
        let visited = self.root.visit_own(&mut |path, bytes| {
            let mut whole = Vec::new();
            bytes.read_to_end(&mut whole)?;
            files.insert(path.to_owned(), sha256_hex(&whole));
            if tool_of(path).is_some() {
                tools.insert(path.to_owned(), whole);
            }
            Ok(())
        });
        // What cannot be looked at any more is not what the person said yes to.
        let is_it = visited.is_ok() && digest_of(&files) == record.digest;
        Ok(if is_it { tools } else { BTreeMap::new() })
    }

    fn read_brought(&self) -> Result<(BTreeMap<String, String>, Option<String>), OwnError> {
        let (mut files, mut config) = (BTreeMap::new(), None);
        self.root.visit_own(&mut |path, bytes| {
            let digest = if path == CONFIG {
                let mut text = String::new();
                bytes.take(LONGEST_CONFIG + 1).read_to_string(&mut text)?;
                if LONGEST_CONFIG < text.len() as u64 {
                    return Err(std::io::Error::other(format!("it is longer than {LONGEST_CONFIG} bytes")));
                }
                let digest = sha256_hex(text.as_bytes());
                config = Some(text);
                digest
            } else {
                let mut digest = Sha256::new();
                std::io::copy(bytes, &mut digest)?;
                hex(&digest.finalize())
            };
            files.insert(path.to_owned(), digest);
            Ok(())
        })?;
        Ok((files, config))
    }
}

fn understood(text: &str) -> Result<Rules, SettingsError> {
    Rules::of_workspace(text, Path::new(SHOWN))?.proved(RuleKind::Ceiling)
}

fn name_of(workspace: WorkspaceId) -> String {
    format!("{workspace}.json")
}

/// The name that stands next below the folder of tools.
fn tool_of(path: &str) -> Option<String> {
    let below = path.strip_prefix(TOOLS)?.strip_prefix('/')?;
    Some(below.split('/').next().unwrap_or(below).to_owned())
}

/// Over the paths in their order, each with its length, so that no two lists read the same.
fn digest_of(files: &BTreeMap<String, String>) -> String {
    let lines = files.iter().map(|(path, digest)| format!("{digest} {} {path}\n", path.len()));
    sha256_hex(format!("boxagnts trust {VERSION}\n{}", lines.collect::<String>()).as_bytes())
}

fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<String> {
    let gone = before.keys().filter(|path| !now.contains_key(*path)).map(|path| format!(".boxagnts/{path} is gone"));
    let others = now.iter().filter_map(|(path, digest)| match before.get(path) {
        None => Some(format!(".boxagnts/{path} is new")),
        Some(was) if was != digest => Some(format!(".boxagnts/{path} has changed")),
        Some(_) => None,
    });
    gone.chain(others).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries.iter().map(|(path, digest)| ((*path).to_owned(), (*digest).to_owned())).collect()
    }

    #[test]
    fn two_lists_of_files_never_have_one_digest() {
        let lists = [
            files(&[]),
            files(&[("config.toml", "a")]),
            files(&[("config.toml", "b")]),
            files(&[("config.tomlx", "a")]),
            files(&[("a", "b"), ("c", "d")]),
            files(&[("a\nd 1 c", "b")]),
        ];
        let digests: std::collections::BTreeSet<String> = lists.iter().map(digest_of).collect();
        assert_eq!(digests.len(), lists.len());
    }

    #[test]
    fn what_changed_is_named() {
        let before = files(&[("config.toml", "a"), ("tools/x", "1"), ("tools/y", "2")]);
        let now = files(&[("config.toml", "b"), ("tools/y", "2"), ("tools/z", "3")]);
        let wanted = [".boxagnts/tools/x is gone", ".boxagnts/config.toml has changed", ".boxagnts/tools/z is new"];
        assert_eq!(changes(&before, &now), wanted);
    }

    #[test]
    fn a_tool_is_what_stands_next_below_the_tools() {
        assert_eq!(tool_of("tools/weather/tool.yaml").as_deref(), Some("weather"));
        assert_eq!(tool_of("tools/weather").as_deref(), Some("weather"));
        assert_eq!((tool_of("config.toml"), tool_of("toolsx/a")), (None, None));
    }
}
