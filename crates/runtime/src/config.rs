//! What a person asked for, understood and complete.

use boxagnts_capability::{Capability, Mode};
use boxagnts_tools::Access;
use boxagnts_types::SessionId;
use std::path::PathBuf;
use std::time::Duration;

/// What is fixed for the life of the program.
#[derive(Debug, Clone)]
pub struct Config {
    /// The workspace's folder on this machine.
    pub workspace: PathBuf,
    /// Further folders that guests see under `/folders`.
    pub maps: Vec<FolderMap>,
    /// Who holds the sessions of this process, for the message that another process gets.
    pub holder: String,
}

/// A folder of the user's, shown to guests as `/folders/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderMap {
    /// The folder on this machine.
    pub folder: PathBuf,
    /// The last name of the guest path.
    pub name: String,
    /// Whether guests may be granted writes there.
    pub writable: bool,
}

/// What holds for one session.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// `PROVIDER/MODEL`; none for a session of single calls.
    pub model: Option<String>,
    /// How asks are treated.
    pub mode: Mode,
    /// Grants of the command line.
    pub allow: Vec<Capability>,
    /// Denials of the command line.
    pub deny: Vec<Capability>,
    /// Which tools it is offered at most; the settings may leave fewer.
    pub access: Option<Access>,
    /// Requests to the model in one turn; the agent's default without it.
    pub max_steps: Option<u32>,
    /// Tokens that the session may use up over all its turns.
    pub max_tokens: Option<u64>,
    /// Millionths of a US dollar that the session may cost over all its turns.
    pub max_micro_dollars: Option<u64>,
    /// How long its turns may take, all together.
    pub max_time: Option<Duration>,
    /// Whether somebody is there to answer questions.
    pub present: bool,
    /// Which session goes on; a new one without it.
    pub resume: Option<Resume>,
}

impl SessionOptions {
    /// A new session of single calls in this mode, with nothing granted or bounded beyond what the settings say.
    pub fn new(mode: Mode, present: bool) -> Self {
        Self {
            model: None,
            mode,
            allow: Vec::new(),
            deny: Vec::new(),
            access: None,
            max_steps: None,
            max_tokens: None,
            max_micro_dollars: None,
            max_time: None,
            present,
            resume: None,
        }
    }
}

/// Which session goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// The one of this workspace in which something happened last.
    Latest,
    /// This one.
    Session(SessionId),
}

/// Why a text is no folder map.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no folder map: {fault}; write PATH, PATH:NAME, PATH:rw or PATH:NAME:rw")]
pub struct BadFolderMap {
    text: String,
    fault: &'static str,
}

impl std::str::FromStr for FolderMap {
    type Err = BadFolderMap;

    /// Reads `PATH[:NAME][:rw]`; without a name the folder's own is used.
    fn from_str(text: &str) -> Result<Self, BadFolderMap> {
        let bad = |fault| BadFolderMap { text: text.to_owned(), fault };
        let (rest, writable) = text.strip_suffix(":rw").map_or((text, false), |rest| (rest, true));
        let (folder, name) = if let Some((folder, name)) = rest.rsplit_once(':') {
            (PathBuf::from(folder), name.to_owned())
        } else {
            let folder = PathBuf::from(rest);
            let name = folder.file_name().and_then(|name| name.to_str()).ok_or_else(|| bad("it has no name"))?;
            let name = name.to_owned();
            (folder, name)
        };
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        if folder.as_os_str().is_empty() {
            return Err(bad("the path is empty"));
        }
        if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
            return Err(bad("the name may hold letters, digits, '-', '_' and '.', and not begin with '.'"));
        }
        Ok(Self { folder, name, writable })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, String, bool)> {
        let map: FolderMap = text.parse().ok()?;
        Some((map.folder.display().to_string(), map.name, map.writable))
    }

    #[test]
    fn a_folder_map_is_read_only_unless_said() {
        assert_eq!(parsed("/data/notes"), Some(("/data/notes".into(), "notes".into(), false)));
        assert_eq!(parsed("/data/notes:rw"), Some(("/data/notes".into(), "notes".into(), true)));
        assert_eq!(parsed("/data:mine:rw"), Some(("/data".into(), "mine".into(), true)));
    }

    #[test]
    fn a_name_cannot_leave_the_folders() {
        for text in ["/data:..", "/data:a/b", "/", ":x", "/data:.boxagnts", ""] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
