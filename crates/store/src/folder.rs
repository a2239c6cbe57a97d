//! The folder that a journal lives in, looked at before anything in it is touched.
//!
//! The folder belongs to us and nobody else may write to it, so what was seen by name stays what it was: only the
//! same user could change it. Links among our names are refused, because whoever planted one chose where we write.

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

use crate::os;
use boxagnts_record::StoreError;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Where everything of one workspace is kept.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

/// Why a name is not used.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("it is a link, and a journal is never kept behind one")]
    Link,
    #[error("it is no {0}")]
    Kind(&'static str),
    #[error("it belongs to another user")]
    Foreign,
    #[error("others may write to it; take that away with chmod go-w")]
    Open,
}

impl Folder {
    pub(crate) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether the folder is there, checked.
    pub(crate) fn exists(&self) -> Result<bool, StoreError> {
        folder_exists(&self.0)
    }

    /// Makes the folder where it is missing.
    pub(crate) fn make(&self) -> Result<(), StoreError> {
        if !self.exists()? {
            os::make_folders(&self.0).map_err(failed("making", &self.0))?;
            self.exists()?;
        }
        Ok(())
    }

    /// Gives the folder another name on the same disk, where nothing stands yet but perhaps an empty folder.
    pub(crate) fn move_to(&self, to: &Path) -> Result<(), StoreError> {
        fs::rename(&self.0, to).map_err(failed("moving", &self.0))?;
        self.sync_name()?;
        Self(to.to_owned()).sync_name()
    }

    /// A folder right inside, made where it is missing. Says whether it was.
    pub(crate) fn make_inner(&self, name: &str) -> Result<(Self, bool), StoreError> {
        let path = self.0.join(name);
        let missing = !folder_exists(&path)?;
        if missing && let Err(error) = os::make_folder(&path) {
            // Another process may have been faster; then it is looked at like one that was there before.
            if error.kind() != io::ErrorKind::AlreadyExists || !folder_exists(&path)? {
                return Err(failed("making", &path)(error));
            }
        }
        Ok((Self(path), missing))
    }

    /// A folder right inside, where it is there.
    pub(crate) fn inner(&self, name: &str) -> Result<Option<Self>, StoreError> {
        let path = self.0.join(name);
        Ok(folder_exists(&path)?.then_some(Self(path)))
    }

    /// A file right inside, checked, where it is there.
    pub(crate) fn file(&self, name: &str) -> Result<Option<PathBuf>, StoreError> {
        let path = self.0.join(name);
        let Some(metadata) = look(&path)? else { return Ok(None) };
        let verdict = if metadata.is_file() { ours(&metadata) } else { Err(Refused::Kind("file")) };
        verdict.map_err(failed("opening", &path))?;
        os::close_to_others(&path, &metadata).map_err(failed("opening", &path))?;
        Ok(Some(path))
    }

    /// The length of a file right inside; zero where it is not there.
    pub(crate) fn length(&self, name: &str) -> u64 {
        fs::symlink_metadata(self.0.join(name)).map_or(0, |metadata| metadata.len())
    }

    /// What the system knows a file right inside by; zero where it is not there.
    pub(crate) fn inode(&self, name: &str) -> u64 {
        fs::symlink_metadata(self.0.join(name)).map_or(0, |metadata| os::inode(&metadata))
    }

    /// When a file right inside was made, in nanoseconds since 1970; none where it is not there, or nobody can tell.
    pub(crate) fn birth(&self, name: &str) -> Option<i64> {
        let made = fs::symlink_metadata(self.0.join(name)).and_then(|metadata| metadata.created()).ok()?;
        let since = made.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_nanos()).ok()
    }

    /// What the system knows the folder itself by; zero where it is not there.
    pub(crate) fn own_inode(&self) -> u64 {
        fs::symlink_metadata(&self.0).map_or(0, |metadata| os::inode(&metadata))
    }

    /// The folders right inside, sorted; none where it is not there.
    pub(crate) fn folders(&self) -> Result<Vec<PathBuf>, StoreError> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.0).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(failed("listing", &self.0))?;
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        let mut folders: Vec<PathBuf> =
            entries.iter().filter(|entry| is_folder(entry)).map(fs::DirEntry::path).collect();
        folders.sort();
        Ok(folders)
    }

    /// The names of what lies right inside and is no folder, sorted; none where it is not there.
    pub(crate) fn files(&self) -> Result<Vec<String>, StoreError> {
        if !self.exists()? {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.0).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(failed("listing", &self.0))?;
        let is_no_folder = |entry: &&fs::DirEntry| entry.file_type().is_ok_and(|kind| !kind.is_dir());
        let name = |entry: &fs::DirEntry| entry.file_name().into_string().ok();
        let mut names: Vec<String> = entries.iter().filter(is_no_folder).filter_map(name).collect();
        names.sort();
        Ok(names)
    }

    /// The same folder by the name that it has without any link above it, which SQLite needs to refuse links.
    pub(crate) fn resolved(&self) -> Result<Self, StoreError> {
        fs::canonicalize(&self.0).map(Self).map_err(failed("opening", &self.0))
    }

    /// Makes the names in it survive the loss of power.
    pub(crate) fn sync(&self) -> Result<(), StoreError> {
        os::sync_folder(&self.0).map_err(failed("saving", &self.0))
    }

    /// Makes its own name survive the loss of power, and those of the folders above it, which may be as new.
    pub(crate) fn sync_name(&self) -> Result<(), StoreError> {
        let Some(above) = self.0.parent() else { return Ok(()) };
        os::sync_folder(above).map_err(failed("saving", above))?;
        for old in above.ancestors().skip(1) {
            // A folder that we may not open is none that we made.
            let _ = os::sync_folder(old);
        }
        Ok(())
    }
}

/// Turns a failure at a path into an error that names it.
pub(crate) fn failed<E>(what: &str, path: &Path) -> impl FnOnce(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    let what = format!("{what} {}", path.display());
    move |source| StoreError::Backend { what, source: Box::new(source) }
}

fn folder_exists(path: &Path) -> Result<bool, StoreError> {
    let Some(metadata) = look(path)? else { return Ok(false) };
    let verdict = if metadata.is_dir() { ours(&metadata) } else { Err(Refused::Kind("folder")) };
    verdict.map_err(failed("opening", path))?;
    os::close_to_others(path, &metadata).map_err(failed("opening", path))?;
    Ok(true)
}

fn look(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => Err(failed("opening", path)(Refused::Link)),
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("opening", path)(error)),
    }
}

fn ours(metadata: &Metadata) -> Result<(), Refused> {
    if !os::is_ours(metadata) {
        Err(Refused::Foreign)
    } else if os::others_may_write(metadata) {
        Err(Refused::Open)
    } else {
        Ok(())
    }
}
