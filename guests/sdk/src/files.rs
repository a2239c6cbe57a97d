//! Files and folders with as few host calls as possible.
//!
//! The file system of std speaks to the host in an older shape that costs several calls where one would
//! do: listing a large tree takes ten times as long through it. A tool that only reads uses this module;
//! a tool that writes may well use std. Outside the sandbox, where the unit tests of tools run, std is
//! beneath this module too.
//!
//! Paths are normal and absolute, as [`workspace_path`](crate::workspace_path) makes them.

#[cfg_attr(target_os = "wasi", path = "files/wasi.rs")]
#[cfg_attr(not(target_os = "wasi"), path = "files/native.rs")]
mod system;

pub use system::{File, Folder};

use std::io::Result;
use std::time::SystemTime;

/// The largest read that the host serves at once; asking for more brings no more.
pub const CHUNK: usize = 64 * 1024;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, not followed.
    Link,
    /// A device, pipe or socket. The host opens none.
    Other,
}

/// What is known of a file without reading it.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
}

/// What a name stands for, without opening it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// What it is; a link is not followed.
    pub kind: Kind,
    /// Its size in bytes.
    pub size: u64,
    /// When its content last changed, where the disk knows it.
    pub modified: Option<SystemTime>,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, one component of a path.
    pub name: String,
    /// What it stands for.
    pub kind: Kind,
}

/// Opens a file for reading, through links.
pub fn open_file(path: &str) -> Result<File> {
    system::open_file(path)
}

/// Opens a folder for listing, through links.
pub fn open_folder(path: &str) -> Result<Folder> {
    system::open_folder(path)
}

/// What a path stands for. A link at its end is not followed.
pub fn look(path: &str) -> Result<Look> {
    system::look(path)
}

/// Makes a symbolic link at `path`, whose text is `target`.
pub fn make_link(target: &str, path: &str) -> Result<()> {
    system::make_link(target, path)
}

impl File {
    /// Reads the whole file, at most `limit` bytes of it.
    pub fn read_up_to(&self, limit: usize) -> Result<Vec<u8>> {
        let mut bytes = self.read_at(0, limit.min(CHUNK))?;
        while bytes.len() < limit {
            let more = self.read_at(bytes.len() as u64, (limit - bytes.len()).min(CHUNK))?;
            if more.is_empty() {
                break;
            }
            bytes.extend_from_slice(&more);
        }
        Ok(bytes)
    }
}
