//! Listing a folder: what the call may not see is left out.

use super::account::stop;
use super::codes::{code, kind};
use super::handle::{FolderHandle, Handle};
use super::{Files, FilesView};
use crate::limits::LimitHit;
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Entry, FileError, ReadOpen, Stat};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DirectoryEntry, DirectoryEntryStream, ErrorCode, HostDirectoryEntryStream,
};

/// Names that a listing may have: some ten megabytes. Folders of real work have a tenth of that.
pub(super) const MOST_NAMES: usize = 100_000;

/// The rest of a listing.
struct Listing(std::vec::IntoIter<DirectoryEntry>);

impl FilesView<'_> {
    pub(super) fn list(
        &mut self,
        descriptor: &Resource<Descriptor>,
    ) -> Result<Resource<DirectoryEntryStream>, FsError> {
        let Handle::Folder(folder) = self.handle(descriptor)? else { return Err(ErrorCode::NotDirectory.into()) };
        let entries = self.files.list(folder)?;
        let rep = self.table.push(Listing(entries.into_iter()))?.rep();
        Ok(Resource::new_own(rep))
    }
}

impl Files {
    fn list(&self, folder: &FolderHandle) -> Result<Vec<DirectoryEntry>, FsError> {
        if self.stage.has_begun() {
            let entries = self.list_shown(&folder.path)?;
            return Ok(entries.into_iter().filter_map(|entry| self.shown(&folder.path, entry)).collect());
        }
        let entries = match &folder.opened {
            Some(opened) => opened.list(MOST_NAMES),
            None => self.list_mount(&folder.path),
        };
        let entries = entries.map_err(|error| match error {
            FileError::TooManyNames(most) => stop(LimitHit::Names(most)),
            error => code(&error).into(),
        })?;
        Ok(entries.into_iter().filter_map(|entry| self.shown(&folder.path, entry)).collect())
    }

    /// Looks at a name that a listing of the folder showed escaped.
    pub(super) fn stat_escaped(&self, folder: &GuestPath, shown: &str) -> Result<Stat, FsError> {
        self.check_seen(folder)?;
        let place = if self.stage.has_begun() { self.folder_on_disk(folder)? } else { Some(folder.clone()) };
        let on_disk = place.ok_or(ErrorCode::NoEntry)?;
        let (mount, below) = self.find(&on_disk)?;
        let found = match mount.root.open_read(below).map_err(|error| code(&error))? {
            ReadOpen::Direct(opened) => opened.stat_escaped(shown).map_err(|error| code(&error))?,
            ReadOpen::Elsewhere(_) => None,
        };
        found.ok_or_else(|| ErrorCode::NoEntry.into())
    }

    fn list_mount(&self, path: &GuestPath) -> Result<Vec<Entry>, FileError> {
        let Some((mount, below)) = self.world.find(path) else { return Ok(Vec::new()) };
        match mount.root.open_read(below)? {
            ReadOpen::Direct(opened) => opened.list(MOST_NAMES),
            // A preopened folder is the mount itself, which has no links on its way.
            ReadOpen::Elsewhere(_) => Err(FileError::Escapes),
        }
    }

    fn shown(&self, folder: &GuestPath, entry: Entry) -> Option<DirectoryEntry> {
        let name = match entry.name {
            Ok(name) => {
                let path = folder.join(&name).ok()?;
                self.may_see(&path).then_some(name)?
            }
            // No rule can name it; that it is there is seen by whoever sees the folder.
            Err(escaped) => escaped,
        };
        Some(DirectoryEntry { type_: kind(entry.kind), name })
    }
}

impl HostDirectoryEntryStream for FilesView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> Result<Option<DirectoryEntry>, FsError> {
        Ok(self.table.get_mut(&Resource::<Listing>::new_borrow(stream.rep()))?.0.next())
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Listing>::new_own(stream.rep()))?;
        Ok(())
    }
}
