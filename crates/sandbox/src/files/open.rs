//! Opening: to read in one strict step, to write at a pinned place whose earlier content is kept first.

use super::account::Right;
use super::codes::code;
use super::handle::{FileHandle, FolderHandle, Handle};
use super::{Files, Named, true_path};
use crate::before::EarlierState;
use boxagnts_capability::{Effect, RuleName};
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, FileError, Follow, Kind, Opened, Pinned, ReadOpen};
use std::io::ErrorKind;
use std::sync::Arc;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorFlags, ErrorCode, OpenFlags, PathFlags};

/// How often a file may appear or vanish between looking and opening before we stop trying.
const TRIES: usize = 8;

/// What a guest wants of a file.
pub(super) struct Wish {
    pub(super) follow: Follow,
    open: OpenFlags,
    flags: DescriptorFlags,
    /// Only a folder will do.
    pub(super) folder: bool,
}

impl Wish {
    pub(super) fn new(
        path: PathFlags,
        open: OpenFlags,
        flags: DescriptorFlags,
        named: &Named,
    ) -> Result<Self, ErrorCode> {
        let follow = if path.contains(PathFlags::SYMLINK_FOLLOW) { Follow::Yes } else { Follow::No };
        let folder = open.contains(OpenFlags::DIRECTORY) || named.folder_meant;
        let wish = Self { follow, open, flags, folder };
        match folder && wish.changes() {
            true if flags.contains(DescriptorFlags::WRITE) => Err(ErrorCode::IsDirectory),
            true => Err(ErrorCode::Invalid),
            false => Ok(wish),
        }
    }

    pub(super) fn wants(&self, flag: OpenFlags) -> bool {
        self.open.contains(flag)
    }

    pub(super) fn reads(&self) -> bool {
        self.flags.contains(DescriptorFlags::READ)
    }

    pub(super) fn writes(&self) -> bool {
        self.flags.contains(DescriptorFlags::WRITE)
    }

    /// Creating and cutting are writing, whatever the descriptor is good for afterwards.
    fn changes(&self) -> bool {
        self.writes() || self.wants(OpenFlags::CREATE) || self.wants(OpenFlags::TRUNCATE)
    }

    /// A file that is cut or created is opened for writing even if the guest then only reads it.
    fn access(&self) -> Access {
        Access { read: self.reads(), write: true }
    }
}

impl Files {
    pub(super) fn open(&self, path: &GuestPath, wish: &Wish) -> Result<Handle, FsError> {
        let handle = match wish.changes() {
            true if self.is_staged(path) => self.open_prepared(path, wish),
            true => self.open_to_write_now(path, wish),
            false if self.stage.has_begun() => self.open_shown(path, wish),
            false => self.open_to_read(path, wish),
        }?;
        self.touched(&handle, wish)?;
        Ok(handle)
    }

    fn open_to_read(&self, path: &GuestPath, wish: &Wish) -> Result<Handle, FsError> {
        let rule = self.may_open(path, wish)?;
        let (mount, below) = self.find(path)?;
        let fault = |error| self.fault(Effect::Read, path, &error);
        let (opened, path, rule) = match mount.root.open_read(below).map_err(fault)? {
            ReadOpen::Direct(opened) => (opened, path.clone(), rule),
            ReadOpen::Elsewhere(place) => {
                let place = match wish.follow {
                    Follow::Yes => place,
                    Follow::No => mount.root.pin(below, Follow::No).map_err(fault)?,
                };
                let path = true_path(mount, &place)?;
                let rule = self.may_open_resolved(&path, wish)?;
                if place.kind() == Some(Kind::Link) {
                    return Err(ErrorCode::Loop.into());
                }
                (place.open(Access::READ).map_err(fault)?, path, rule)
            }
        };
        match opened.stat().kind {
            Kind::Folder => Ok(Handle::Folder(FolderHandle { path, opened: Some(opened) })),
            _ if wish.folder => Err(ErrorCode::NotDirectory.into()),
            _ => {
                let read = rule.map(|rule| Arc::new(Right { effect: Effect::Read(path), rule, prepared: false }));
                Ok(Handle::File(FileHandle { opened: Arc::new(opened), read, write: None }))
            }
        }
    }

    /// Whoever asks for a folder as a folder may have it if something in it may be seen: a listing shows no more.
    pub(super) fn may_open(&self, path: &GuestPath, wish: &Wish) -> Result<Option<RuleName>, FsError> {
        let effect = Effect::Read(path.clone());
        if wish.folder && self.may_see(path) {
            return Ok(self.quietly(&effect));
        }
        self.check(&effect).map(Some)
    }

    pub(super) fn may_open_resolved(&self, path: &GuestPath, wish: &Wish) -> Result<Option<RuleName>, FsError> {
        if wish.folder && self.may_see(path) {
            return Ok(None);
        }
        self.check_resolved(&Effect::Read(path.clone())).map(Some)
    }

    pub(super) fn open_to_write_now(&self, path: &GuestPath, wish: &Wish) -> Result<Handle, FsError> {
        let write = self.check(&Effect::Write(path.clone()))?;
        let read = if wish.reads() { Some(self.check(&Effect::Read(path.clone()))?) } else { None };
        let follow = if wish.wants(OpenFlags::EXCLUSIVE) { Follow::No } else { wish.follow };
        for _ in 0..TRIES {
            let (place, true_path, write) = self.pin_written(path, follow, write.clone())?;
            let read = match &read {
                Some(_) if true_path != *path => Some(self.check_resolved(&Effect::Read(true_path.clone()))?),
                read => read.clone(),
            };
            let path = true_path;
            let opened = match place.kind() {
                None if wish.wants(OpenFlags::CREATE) => self.create(&place, &path, wish),
                None => return Err(ErrorCode::NoEntry.into()),
                Some(_) if wish.wants(OpenFlags::CREATE) && wish.wants(OpenFlags::EXCLUSIVE) => {
                    return Err(ErrorCode::Exist.into());
                }
                Some(Kind::File) => self.open_existing(&place, &path, wish),
                Some(Kind::Folder) => return Err(ErrorCode::IsDirectory.into()),
                Some(Kind::Link) => return Err(ErrorCode::Loop.into()),
                Some(_) => return Err(self.fault(Effect::Write, &path, &FileError::Special)),
            };
            if let Some(opened) = opened? {
                let read =
                    read.map(|rule| Arc::new(Right { effect: Effect::Read(path.clone()), rule, prepared: false }));
                let write = Right { effect: Effect::Write(path), rule: write, prepared: false };
                let write = wish.writes().then(|| Arc::new(write));
                return Ok(Handle::File(FileHandle { opened: Arc::new(opened), read, write }));
            }
        }
        Err(ErrorCode::Busy.into())
    }

    /// `None`: something appeared there meanwhile.
    fn create(&self, place: &Pinned<'_>, path: &GuestPath, wish: &Wish) -> Result<Option<Opened>, FsError> {
        self.account.change()?;
        self.keep(path, EarlierState::Absent)?;
        match place.create(wish.access()) {
            Ok(opened) => Ok(Some(opened)),
            Err(FileError::System(error)) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(code(&error).into()),
        }
    }

    /// `None`: it vanished meanwhile, or another file took its place.
    fn open_existing(&self, place: &Pinned<'_>, path: &GuestPath, wish: &Wish) -> Result<Option<Opened>, FsError> {
        let opened = match place.open(wish.access()) {
            Ok(opened) => opened,
            Err(error) if error.is_absent() => return Ok(None),
            Err(error) => return Err(self.fault(Effect::Write, path, &error)),
        };
        if opened.stat().kind != Kind::File {
            return Ok(None);
        }
        self.account.change()?;
        if !self.keep_file(place, path, Some(&opened))? {
            return Ok(None);
        }
        if wish.wants(OpenFlags::TRUNCATE) {
            self.account.still_runs().map_err(FsError::trap)?;
            opened.file().set_len(0)?;
        }
        Ok(Some(opened))
    }
}
