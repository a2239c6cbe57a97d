//! The interface, method by method. What needs more than a line is in the modules beside this one.

use super::account::Right;
use super::codes::{hash, new_time, stat};
use super::handle::{FileHandle, FolderHandle, Handle};
use super::open::Wish;
use super::stream::{FileInput, FileOutput, WriteError, read_at, write_at};
use super::{Files, FilesView, Named};
use crate::ending::Stop;
use boxagnts_capability::Effect;
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Follow, Kind, Stat, Times};
use std::sync::Arc;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode,
    Filesize, HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{FsError, FsResult};
use wasmtime_wasi_io::streams::{DynInputStream, DynOutputStream};

impl preopens::Host for FilesView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let mut folders: Vec<(GuestPath, String)> =
            self.files.world.mounts().iter().map(|mount| (mount.at.clone(), mount.at.to_string())).collect();
        let workspace = GuestPath::workspace();
        if self.files.begins_in_workspace && self.files.world.find(&workspace).is_some() {
            folders.push((workspace, ".".to_owned()));
        }
        let mut preopened = Vec::with_capacity(folders.len());
        for (path, name) in folders {
            let handle = Handle::Folder(FolderHandle { path, opened: None });
            let rep = self.table.push(handle)?.rep();
            preopened.push((Resource::new_own(rep), name));
        }
        Ok(preopened)
    }
}

impl types::Host for FilesView<'_> {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        // Stream errors of ours are errors of the system.
        Ok(self.table.get(&error)?.downcast_ref::<std::io::Error>().map(ErrorCode::from))
    }
}

impl FilesView<'_> {
    fn file(&self, descriptor: &Resource<Descriptor>) -> FsResult<&FileHandle> {
        match self.handle(descriptor)? {
            Handle::File(file) => Ok(file),
            Handle::Folder(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    fn readable(&self, descriptor: &Resource<Descriptor>) -> FsResult<(&FileHandle, Arc<Right>)> {
        let file = self.file(descriptor)?;
        let right = file.read.clone().ok_or(ErrorCode::BadDescriptor)?;
        Ok((file, right))
    }

    fn writable(&self, descriptor: &Resource<Descriptor>) -> FsResult<(&FileHandle, Arc<Right>)> {
        let file = self.file(descriptor)?;
        let right = file.write.clone().ok_or(ErrorCode::NotPermitted)?;
        Ok((file, right))
    }

    fn stat_of(&self, descriptor: &Resource<Descriptor>) -> FsResult<Stat> {
        let stat = match self.handle(descriptor)? {
            Handle::File(file) => file.opened.stat_now(),
            Handle::Folder(FolderHandle { opened: Some(opened), .. }) => opened.stat_now(),
            Handle::Folder(FolderHandle { path, opened: None }) => return self.files.stat(path, Follow::No),
        };
        stat.map_err(|error| super::codes::code(&error).into())
    }

    fn stat_named(&self, descriptor: &Resource<Descriptor>, follow: Follow, path: &str) -> FsResult<Stat> {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        if name.contains('\\') {
            return self.files.stat_escaped(&self.name(descriptor, folder)?.path, name);
        }
        let named = self.name(descriptor, path)?;
        let stat = self.files.stat(&named.path, if named.folder_meant { Follow::Yes } else { follow })?;
        if named.folder_meant && stat.kind != Kind::Folder {
            return Err(ErrorCode::NotDirectory.into());
        }
        Ok(stat)
    }

    fn output(
        &mut self,
        descriptor: &Resource<Descriptor>,
        position: Option<u64>,
    ) -> FsResult<Resource<DynOutputStream>> {
        let (file, right) = self.writable(descriptor)?;
        let opened = Arc::clone(&file.opened);
        let stream = FileOutput { opened, account: Arc::clone(&self.files.account), right, position };
        Ok(self.table.push(Box::new(stream) as DynOutputStream)?)
    }
}

impl Files {
    fn read_link(&self, path: &GuestPath) -> FsResult<String> {
        if self.stage.has_begun() {
            return self.link_shown(path);
        }
        self.check_seen(path)?;
        let place = self.pin_seen(path, Follow::No)?;
        match place.kind() {
            None => Err(ErrorCode::NoEntry.into()),
            Some(Kind::Link) => place.read_link().map_err(|error| self.fault(Effect::Read, path, &error)),
            Some(_) => Err(ErrorCode::Invalid.into()),
        }
    }

    fn stat(&self, path: &GuestPath, follow: Follow) -> FsResult<Stat> {
        if self.stage.has_begun() {
            return self.stat_shown(path, follow);
        }
        self.check_seen(path)?;
        let place = self.pin_seen(path, follow)?;
        place.stat().copied().ok_or_else(|| ErrorCode::NoEntry.into())
    }
}

impl HostDescriptor for FilesView<'_> {
    async fn open_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let named = self.name(&descriptor, &path)?;
        let wish = Wish::new(path_flags, open_flags, flags, &named)?;
        let handle = self.files.open(&named.path, &wish)?;
        self.push(handle)
    }

    fn drop(&mut self, descriptor: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.files.folders.retain(|rep| *rep != descriptor.rep());
        self.table.delete(Resource::<Handle>::new_own(descriptor.rep()))?;
        Ok(())
    }

    fn read_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        position: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        let (file, right) = self.readable(&descriptor)?;
        let opened = Arc::clone(&file.opened);
        let stream = FileInput { opened, account: Arc::clone(&self.files.account), right, position };
        Ok(self.table.push(Box::new(stream) as DynInputStream)?)
    }

    fn write_via_stream(
        &mut self,
        descriptor: Resource<Descriptor>,
        position: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.output(&descriptor, Some(position))
    }

    fn append_via_stream(&mut self, descriptor: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        self.output(&descriptor, None)
    }

    async fn read(
        &mut self,
        descriptor: Resource<Descriptor>,
        length: Filesize,
        position: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        let (file, right) = self.readable(&descriptor)?;
        self.files.account.uses(&right)?;
        let bytes = read_at(&file.opened, usize::try_from(length).unwrap_or(usize::MAX), position)?;
        self.files.account.read(&right, bytes.len());
        let at_end = bytes.is_empty() && length != 0;
        Ok((bytes, at_end))
    }

    async fn write(
        &mut self,
        descriptor: Resource<Descriptor>,
        bytes: Vec<u8>,
        position: Filesize,
    ) -> FsResult<Filesize> {
        let (file, right) = self.writable(&descriptor)?;
        match write_at(&file.opened, &self.files.account, &right, &bytes, Some(position)) {
            Ok(()) => Ok(bytes.len() as u64),
            Err(WriteError::Stop(stop)) => Err(FsError::trap(stop)),
            Err(WriteError::System(error)) => Err(error.into()),
        }
    }

    async fn set_size(&mut self, descriptor: Resource<Descriptor>, size: Filesize) -> FsResult<()> {
        let (file, right) = self.writable(&descriptor)?;
        let now = self.stat_of(&descriptor)?.size;
        self.files.account.uses(&right)?;
        self.files.account.write(&right, size.saturating_sub(now)).map_err(FsError::trap)?;
        self.still_runs()?;
        Ok(file.opened.file().set_len(size)?)
    }

    async fn read_directory(&mut self, descriptor: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        self.list(&descriptor)
    }

    async fn stat(&mut self, descriptor: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        Ok(stat(&self.stat_of(&descriptor)?))
    }

    async fn stat_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        Ok(stat(&self.stat_named(&descriptor, follow(flags), &path)?))
    }

    async fn metadata_hash(&mut self, descriptor: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        Ok(hash(self.stat_of(&descriptor)?.id))
    }

    async fn metadata_hash_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        Ok(hash(self.stat_named(&descriptor, follow(flags), &path)?.id))
    }

    async fn get_type(&mut self, descriptor: Resource<Descriptor>) -> FsResult<DescriptorType> {
        Ok(match self.handle(&descriptor)? {
            Handle::File(_) => DescriptorType::RegularFile,
            Handle::Folder(_) => DescriptorType::Directory,
        })
    }

    async fn get_flags(&mut self, descriptor: Resource<Descriptor>) -> FsResult<DescriptorFlags> {
        Ok(match self.handle(&descriptor)? {
            Handle::File(file) => {
                let read = if file.read.is_some() { DescriptorFlags::READ } else { DescriptorFlags::empty() };
                let write = if file.write.is_some() { DescriptorFlags::WRITE } else { DescriptorFlags::empty() };
                read | write
            }
            Handle::Folder(_) => DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
        })
    }

    async fn is_same_object(&mut self, a: Resource<Descriptor>, b: Resource<Descriptor>) -> wasmtime::Result<bool> {
        match (self.stat_of(&a), self.stat_of(&b)) {
            (Ok(a), Ok(b)) => Ok(a.id == b.id),
            _ => Ok(false),
        }
    }

    async fn create_directory_at(&mut self, descriptor: Resource<Descriptor>, path: String) -> FsResult<()> {
        let Named { path, .. } = self.name(&descriptor, &path)?;
        self.files.make_folder(&path)
    }

    async fn remove_directory_at(&mut self, descriptor: Resource<Descriptor>, path: String) -> FsResult<()> {
        let Named { path, .. } = self.name(&descriptor, &path)?;
        self.files.remove_folder(&path)
    }

    async fn unlink_file_at(&mut self, descriptor: Resource<Descriptor>, path: String) -> FsResult<()> {
        let Named { path, folder_meant } = self.name(&descriptor, &path)?;
        if folder_meant {
            return Err(ErrorCode::NotDirectory.into());
        }
        self.files.remove_file(&path)
    }

    async fn rename_at(
        &mut self,
        from: Resource<Descriptor>,
        from_path: String,
        to: Resource<Descriptor>,
        to_path: String,
    ) -> FsResult<()> {
        let from = self.name(&from, &from_path)?.path;
        let to = self.name(&to, &to_path)?.path;
        self.rename(&from, &to)
    }

    /// Guests make no links. A link is a second name for whatever it will lead to when it is used, which no check of
    /// today can know; none of the tools needs one.
    async fn symlink_at(&mut self, descriptor: Resource<Descriptor>, _: String, path: String) -> FsResult<()> {
        self.refuse_link(&descriptor, &path)
    }

    async fn link_at(
        &mut self,
        _: Resource<Descriptor>,
        _: PathFlags,
        _: String,
        descriptor: Resource<Descriptor>,
        path: String,
    ) -> FsResult<()> {
        self.refuse_link(&descriptor, &path)
    }

    async fn readlink_at(&mut self, descriptor: Resource<Descriptor>, path: String) -> FsResult<String> {
        let Named { path, .. } = self.name(&descriptor, &path)?;
        let target = self.files.read_link(&path)?;
        // Such a link is never followed, and where the host keeps things is none of the guest's business.
        if target.starts_with('/') { Err(ErrorCode::NotPermitted.into()) } else { Ok(target) }
    }

    async fn set_times(
        &mut self,
        descriptor: Resource<Descriptor>,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let times = Times { accessed: new_time(accessed)?, modified: new_time(modified)? };
        if let Handle::Folder(folder) = self.handle(&descriptor)? {
            return self.files.set_times(&folder.path.clone(), Follow::No, times);
        }
        let (file, right) = self.writable(&descriptor)?;
        self.files.account.uses(&right)?;
        self.still_runs()?;
        file.opened.set_times(times).map_err(|error| super::codes::code(&error).into())
    }

    async fn set_times_at(
        &mut self,
        descriptor: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        let times = Times { accessed: new_time(accessed)?, modified: new_time(modified)? };
        let Named { path, .. } = self.name(&descriptor, &path)?;
        self.files.set_times(&path, follow(flags), times)
    }

    async fn sync(&mut self, descriptor: Resource<Descriptor>) -> FsResult<()> {
        match self.handle(&descriptor)? {
            Handle::File(file) => Ok(file.opened.file().sync_all()?),
            Handle::Folder(_) => Ok(()),
        }
    }

    async fn sync_data(&mut self, descriptor: Resource<Descriptor>) -> FsResult<()> {
        match self.handle(&descriptor)? {
            Handle::File(file) => Ok(file.opened.file().sync_data()?),
            Handle::Folder(_) => Ok(()),
        }
    }

    async fn advise(&mut self, _: Resource<Descriptor>, _: Filesize, _: Filesize, _: Advice) -> FsResult<()> {
        // Advice may be ignored, and the system guesses well.
        Ok(())
    }
}

impl FilesView<'_> {
    fn still_runs(&self) -> FsResult<()> {
        self.files.account.still_runs().map_err(|stop: Stop| FsError::trap(stop))
    }

    fn refuse_link(&self, descriptor: &Resource<Descriptor>, path: &str) -> FsResult<()> {
        let Named { path, .. } = self.name(descriptor, path)?;
        // A name that may not be written is refused for that reason, which the ledger keeps.
        if let Some(Err(refusal)) = self.files.account.permit().map(|permit| permit.check(&Effect::Write(path.clone())))
        {
            self.files.account.refused(&refusal);
            return Err(ErrorCode::Access.into());
        }
        self.files.account.blocked(&Effect::Write(path.clone()), "the bounds of tools: they create no links");
        self.files.account.note_at(&path, "tools cannot create links".to_owned());
        Err(ErrorCode::NotPermitted.into())
    }
}

fn follow(flags: PathFlags) -> Follow {
    if flags.contains(PathFlags::SYMLINK_FOLLOW) { Follow::Yes } else { Follow::No }
}
