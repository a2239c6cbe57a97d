//! Files through std, for unit tests on the developer's machine.

use std::fs;
use std::io::{Read, Result, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{Entry, Kind, Look, Stat};

/// An open file.
pub struct File(fs::File);

/// An open folder.
pub struct Folder(PathBuf);

pub(super) fn open_file(path: &str) -> Result<File> {
    fs::File::open(path).map(File)
}

pub(super) fn open_folder(path: &str) -> Result<Folder> {
    fs::read_dir(path)?;
    Ok(Folder(PathBuf::from(path)))
}

pub(super) fn look(path: &str) -> Result<Look> {
    let metadata = fs::symlink_metadata(path)?;
    Ok(Look { kind: kind(metadata.file_type()), size: metadata.len(), modified: metadata.modified().ok() })
}

pub(super) fn make_link(target: &str, path: &str) -> Result<()> {
    std::os::unix::fs::symlink(target, path)
}

impl File {
    /// Reads up to `length` bytes from `offset` on; nothing means the end.
    pub fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.take(length as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// What is known of the file.
    pub fn stat(&self) -> Result<Stat> {
        let metadata = self.0.metadata()?;
        Ok(Stat { kind: kind(metadata.file_type()), size: metadata.len() })
    }
}

impl Folder {
    /// The names in the folder, unsorted. What cannot be listed is left out.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.0)?.flatten() {
            if let (Ok(name), Ok(file_type)) = (entry.file_name().into_string(), entry.file_type()) {
                entries.push(Entry { name, kind: kind(file_type) });
            }
        }
        Ok(entries)
    }

    /// What a name in this folder stands for. A link is not followed.
    pub fn look(&self, name: &str) -> Result<Look> {
        look(&join(&self.0, name))
    }

    /// Opens a folder in this one. A link is not followed.
    pub fn open_folder(&self, name: &str) -> Result<Self> {
        open_folder(&join(&self.0, name))
    }

    /// Opens a file in this folder for reading. A link is not followed.
    pub fn open_file(&self, name: &str) -> Result<File> {
        open_file(&join(&self.0, name))
    }
}

fn join(folder: &Path, name: &str) -> String {
    format!("{}/{name}", folder.display())
}

fn kind(file_type: fs::FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}
