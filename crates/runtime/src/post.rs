//! The post of the one server of a workspace: who holds it, where it listens, and what programs of this user show it.
//!
//! A second server is refused with the address of the first. The post ends with its process, whatever happens to it; the
//! note that is left behind then tells nothing, since nobody holds the lock.

use crate::house::Runtime;
use boxagnts_record::Stamp as _;
use boxagnts_store::SystemStamp;
use boxagnts_workspace::{Lock, PrivateError, PrivateFolder};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The folder of the user's state that has one folder for each workspace with a server.
const SERVERS: &str = "servers";
const LOCK: &str = "lock";
const NOTE: &str = "server.json";
const LOGINS: &str = "logins.json";
/// How long a code is good for, in microseconds.
const CODE_LASTS: i64 = 60_000_000;
/// A note and a list of logins are short.
const LONGEST: u64 = 1 << 20;

/// The post, held by this process.
#[derive(Debug)]
pub struct Post {
    folder: PrivateFolder,
    _lock: Lock,
}

/// Where the server of a workspace is found. Only this user can read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// `http://HOST:PORT`.
    pub address: String,
    /// Its process.
    pub process: u32,
    /// What a program shows as its bearer token.
    pub token: String,
}

/// Why this process cannot be the workspace's server.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Another one is.
    #[error("this workspace has a server already{}", at(.0.as_deref()))]
    Taken(Option<String>),
    /// Our own folder cannot be used.
    #[error("the server's own folder cannot be used")]
    Place(#[from] PrivateError),
    /// The system gives no random numbers, so that no code can be made.
    #[error("the system gives no random numbers")]
    Random,
}

fn at(address: Option<&str>) -> String {
    address.map_or_else(String::new, |address| format!(" at {address}; for a link to it: boxagnts open"))
}

impl Post {
    /// Says where the server is found, for programs of this user.
    pub fn announce(&self, note: &Note) -> Result<(), PrivateError> {
        let text = serde_json::to_vec(note).unwrap_or_default();
        self.folder.replace_file(NOTE, &text)
    }

    /// Keeps the browsers that are logged in, as the server writes them down.
    pub fn keep_logins(&self, text: &[u8]) -> Result<(), PrivateError> {
        self.folder.replace_file(LOGINS, text)
    }

    /// What was kept of them.
    pub fn logins(&self) -> Result<Option<Vec<u8>>, PrivateError> {
        self.folder.read_file(LOGINS, LONGEST)
    }
}

/// What a code's file is called: by its digest, so that the code itself is nowhere.
fn code_file(code: &str) -> String {
    format!("code-{}", hex(&Sha256::digest(code.as_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |hex, byte| hex + &format!("{byte:02x}"))
}

impl Post {
    /// Takes a code that another process of this user left here, once and within its minute.
    pub fn take_code(&self, code: &str) -> bool {
        let name = code_file(code);
        let left = self.folder.read_file(&name, LONGEST).ok().flatten();
        let until = left.and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        until.is_some_and(|until: i64| {
            self.folder.remove_file(&name).is_ok() && SystemStamp::new().now().as_micros() < until
        })
    }

    /// Removes what nobody took.
    fn forget_codes(&self) {
        for (name, _) in self.folder.files().unwrap_or_default() {
            if name.starts_with("code-") {
                // What stays is over in a minute.
                let _ = self.folder.remove_file(&name);
            }
        }
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        // A note that stays says nothing, since nobody holds the lock.
        let _ = self.folder.remove_file(NOTE);
        self.forget_codes();
    }
}

impl Runtime {
    /// Takes the post, if nobody holds it.
    pub fn take_post(&self) -> Result<Post, PostError> {
        let folder = self.post_folder()?;
        match folder.try_lock(LOCK)? {
            Some(lock) => {
                let post = Post { folder, _lock: lock };
                post.forget_codes();
                Ok(post)
            }
            None => Err(PostError::Taken(read(&folder)?.map(|note| note.address))),
        }
    }

    /// The server of this workspace, if there is one.
    pub fn server(&self) -> Result<Option<Note>, PostError> {
        let folder = self.post_folder()?;
        // Whoever gets the lock knows that nobody serves.
        match folder.try_lock(LOCK)? {
            Some(_) => Ok(None),
            None => Ok(read(&folder)?),
        }
    }

    /// Leaves a code for the server of this workspace, and gives the link that it is good for; nothing where there is no
    /// server. The link works once, within a minute.
    pub fn leave_code(&self) -> Result<Option<String>, PostError> {
        let Some(note) = self.server()? else { return Ok(None) };
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|_| PostError::Random)?;
        let code = hex(&bytes);
        let until = self.stamp.now().as_micros().saturating_add(CODE_LASTS);
        self.post_folder()?.replace_file(&code_file(&code), until.to_string().as_bytes())?;
        Ok(Some(format!("{}/#code={code}", note.address)))
    }

    fn post_folder(&self) -> Result<PrivateFolder, PrivateError> {
        self.own.state.inside(SERVERS)?.inside(&self.workspace.to_string())
    }
}

/// A note that cannot be understood is none: its server is about to write it.
fn read(folder: &PrivateFolder) -> Result<Option<Note>, PrivateError> {
    Ok(folder.read_file(NOTE, LONGEST)?.and_then(|text| serde_json::from_slice(&text).ok()))
}
