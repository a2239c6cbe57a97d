//! The disk with what was prepared laid over it: finding, looking, listing and reading.

use super::{Base, Node, Prepared, Seen};
use crate::files::Files;
use crate::files::account::{Right, stop};
use crate::files::codes::{code, path_code};
use crate::files::handle::{FileHandle, FolderHandle, Handle};
use crate::files::list::MOST_NAMES;
use crate::files::open::Wish;
use crate::limits::LimitHit;
use boxagnts_capability::Effect;
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, Entry, FileError, FileId, Follow, Kind, Moment, Opened, Pinned, ReadOpen, Stat};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// As many links as the walk on the disk follows.
const MOST_LINKS: usize = 32;

/// No device has this number, so that a prepared folder is the same as no other.
const NO_DEVICE: u64 = u64::MAX;

impl Files {
    /// Where a path leads in the view, links followed: those in the middle always, one at the end as `follow` says.
    pub(super) fn lead(&self, prepared: &Prepared, path: &GuestPath, follow: Follow) -> Result<GuestPath, FsError> {
        let (mount, below) = self.find(path)?;
        let mut here = mount.at.clone();
        let mut ahead: VecDeque<String> = parts(below).collect();
        let mut links = 0;
        while let Some(part) = ahead.pop_front() {
            if part == ".." {
                if here == mount.at {
                    return Err(self.fault(Effect::Read, path, &FileError::Escapes));
                }
                here = here.parent().unwrap_or_else(GuestPath::root);
                continue;
            }
            let (at, last) = (here.join(&part).map_err(|error| path_code(&error))?, ahead.is_empty());
            let disk = match prepared.seen(&at) {
                Seen::Disk(disk) => disk,
                Seen::Folder(_) => {
                    here = at;
                    continue;
                }
                Seen::Absent | Seen::File(_) if last => return Ok(at),
                Seen::Absent => return Err(ErrorCode::NoEntry.into()),
                Seen::File(_) => return Err(ErrorCode::NotDirectory.into()),
            };
            let place = self.on_disk(&disk)?;
            match place.as_ref().and_then(Pinned::kind) {
                Some(Kind::Link) if !last || follow == Follow::Yes => {
                    links += 1;
                    if MOST_LINKS < links {
                        return Err(self.fault(Effect::Read, path, &FileError::TooManyLinks));
                    }
                    let target = place.map(|place| place.read_link()).transpose();
                    let target = target.map_err(|error| self.fault(Effect::Read, path, &error))?.unwrap_or_default();
                    if target.starts_with('/') {
                        return Err(self.fault(Effect::Read, path, &FileError::Escapes));
                    }
                    for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                        ahead.push_front(part);
                    }
                }
                Some(Kind::Folder) => here = at,
                _ if last => return Ok(at),
                None => return Err(ErrorCode::NoEntry.into()),
                Some(_) => return Err(ErrorCode::NotDirectory.into()),
            }
        }
        Ok(here)
    }

    /// The place of a path on the disk whose folders are no links; `None`: the folder around it is not there.
    pub(super) fn on_disk(&self, disk: &GuestPath) -> Result<Option<Pinned<'_>>, FsError> {
        let (mount, below) = self.find(disk)?;
        let place = match mount.root.pin(below, Follow::No) {
            Ok(place) => place,
            Err(error) if error.is_absent() => return Ok(None),
            Err(FileError::System(error)) if error.raw_os_error() == Some(Errno::NOTDIR.raw_os_error()) => {
                return Ok(None);
            }
            Err(error) => return Err(self.fault(Effect::Read, disk, &error)),
        };
        // A folder became a link since we looked: somebody else is at work here.
        if place.true_path() == below { Ok(Some(place)) } else { Err(ErrorCode::Busy.into()) }
    }

    /// What kind of thing is on the disk.
    pub(super) fn kind_on_disk(&self, disk: &GuestPath) -> Result<Option<Kind>, FsError> {
        Ok(self.on_disk(disk)?.as_ref().and_then(Pinned::kind))
    }

    /// What kind of thing shows at a path whose folders are no links.
    pub(super) fn kind_shown(&self, prepared: &Prepared, path: &GuestPath) -> Result<Option<Kind>, FsError> {
        match prepared.seen(path) {
            Seen::Absent => Ok(None),
            Seen::Folder(_) => Ok(Some(Kind::Folder)),
            Seen::File(_) => Ok(Some(Kind::File)),
            Seen::Disk(disk) => self.kind_on_disk(&disk),
        }
    }

    /// What is on the disk, as it will be compared with later.
    pub(super) fn base(&self, disk: &GuestPath) -> Result<Base, FsError> {
        let Some(place) = self.on_disk(disk)? else { return Ok(Base::Absent) };
        let fault = |error: FileError| self.fault(Effect::Write, disk, &error);
        match place.stat() {
            None => Ok(Base::Absent),
            Some(Stat { kind: Kind::Folder, id, .. }) => Ok(Base::Folder(*id)),
            Some(Stat { kind: Kind::Link, .. }) => place.read_link().map(Base::Link).map_err(fault),
            Some(Stat { kind: Kind::File, .. }) => {
                let opened = place.open(Access::READ).map_err(fault)?;
                Ok(Base::File(digest(&opened)?))
            }
            Some(_) => Err(fault(FileError::Special)),
        }
    }

    /// Opens to read, as [`Files::open`] does without a stage.
    pub(in crate::files) fn open_shown(&self, path: &GuestPath, wish: &Wish) -> Result<Handle, FsError> {
        let mut rule = self.may_open(path, wish)?;
        let prepared = self.stage.prepared();
        let at = self.lead(&prepared, path, wish.follow)?;
        if at != *path {
            rule = self.may_open_resolved(&at, wish)?;
        }
        let opened = match prepared.seen(&at) {
            Seen::Absent => return Err(ErrorCode::NoEntry.into()),
            Seen::Folder(_) => return Ok(Handle::Folder(FolderHandle { path: at, opened: None })),
            Seen::File(file) => file.opened.again().map_err(|error| code(&error))?,
            Seen::Disk(disk) => match self.kind_on_disk(&disk)? {
                Some(Kind::Folder) => return Ok(Handle::Folder(FolderHandle { path: at, opened: None })),
                Some(Kind::Link) => return Err(ErrorCode::Loop.into()),
                _ => self.read_disk(&disk)?,
            },
        };
        if wish.folder {
            return Err(ErrorCode::NotDirectory.into());
        }
        let read = rule.map(|rule| Arc::new(Right { effect: Effect::Read(at), rule, prepared: false }));
        Ok(Handle::File(FileHandle { opened: Arc::new(opened), read, write: None }))
    }

    /// Opens what is on the disk, to read it.
    pub(super) fn read_disk(&self, disk: &GuestPath) -> Result<Opened, FsError> {
        let (mount, below) = self.find(disk)?;
        match mount.root.open_read(below).map_err(|error| self.fault(Effect::Read, disk, &error))? {
            ReadOpen::Direct(opened) => Ok(opened),
            ReadOpen::Elsewhere(_) => Err(ErrorCode::Busy.into()),
        }
    }

    /// What shows at a path.
    pub(in crate::files) fn stat_shown(&self, path: &GuestPath, follow: Follow) -> Result<Stat, FsError> {
        self.check_seen(path)?;
        let prepared = self.stage.prepared();
        let at = self.lead(&prepared, path, follow)?;
        if at != *path {
            self.check_seen(&at)?;
        }
        match prepared.seen(&at) {
            Seen::Absent => Err(ErrorCode::NoEntry.into()),
            Seen::Folder(made) => Ok(folder_stat(&at, made)),
            Seen::File(file) => Ok(Stat { names: 1, ..file.opened.stat_now().map_err(|error| code(&error))? }),
            Seen::Disk(disk) => {
                let stat = self.on_disk(&disk)?.and_then(|place| place.stat().copied());
                stat.ok_or_else(|| ErrorCode::NoEntry.into())
            }
        }
    }

    /// The target of a link that shows at a path.
    pub(in crate::files) fn link_shown(&self, path: &GuestPath) -> Result<String, FsError> {
        self.check_seen(path)?;
        let prepared = self.stage.prepared();
        let at = self.lead(&prepared, path, Follow::No)?;
        self.check_seen(&at)?;
        let disk = match prepared.seen(&at) {
            Seen::Disk(disk) => disk,
            Seen::Absent => return Err(ErrorCode::NoEntry.into()),
            Seen::Folder(_) | Seen::File(_) => return Err(ErrorCode::Invalid.into()),
        };
        let place = self.on_disk(&disk)?.ok_or(ErrorCode::NoEntry)?;
        match place.kind() {
            None => Err(ErrorCode::NoEntry.into()),
            Some(Kind::Link) => place.read_link().map_err(|error| self.fault(Effect::Read, path, &error)),
            Some(_) => Err(ErrorCode::Invalid.into()),
        }
    }

    /// Where on the disk a folder lies that shows at a path, for names that only the disk can have.
    pub(in crate::files) fn folder_on_disk(&self, path: &GuestPath) -> Result<Option<GuestPath>, FsError> {
        let prepared = self.stage.prepared();
        let at = self.lead(&prepared, path, Follow::Yes)?;
        Ok(match prepared.seen(&at) {
            Seen::Disk(disk) => Some(disk),
            _ => None,
        })
    }

    /// The names that show in a folder.
    pub(in crate::files) fn list_shown(&self, folder: &GuestPath) -> Result<Vec<Entry>, FsError> {
        let prepared = self.stage.prepared();
        let at = self.lead(&prepared, folder, Follow::Yes)?;
        self.entries(&prepared, &at)
    }

    /// The names that show in a folder whose path holds no links.
    pub(super) fn entries(&self, prepared: &Prepared, folder: &GuestPath) -> Result<Vec<Entry>, FsError> {
        let mut entries = match prepared.seen(folder) {
            Seen::Absent => return Err(ErrorCode::NoEntry.into()),
            Seen::File(_) => return Err(ErrorCode::NotDirectory.into()),
            Seen::Folder(_) => Vec::new(),
            Seen::Disk(disk) => self.read_disk(&disk)?.list(MOST_NAMES).map_err(|error| match error {
                FileError::TooManyNames(most) => stop(LimitHit::Names(most)),
                error => code(&error).into(),
            })?,
        };
        let nodes: BTreeMap<&str, &Node> = prepared.children(folder).collect();
        entries.retain(|entry| entry.name.as_ref().map_or(true, |name| !nodes.contains_key(name.as_str())));
        for (name, node) in nodes {
            let kind = match node {
                Node::Gone => continue,
                Node::Folder(_) => Kind::Folder,
                Node::File(_) => Kind::File,
                Node::Moved(disk) => self.kind_on_disk(disk)?.unwrap_or(Kind::Other),
            };
            entries.push(Entry { name: Ok(name.to_owned()), kind });
        }
        Ok(entries)
    }
}

/// A prepared folder as the interface wants to know it.
fn folder_stat(path: &GuestPath, made: Moment) -> Stat {
    let digest = Sha256::digest(path.as_str());
    let inode = digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte));
    let id = FileId { device: NO_DEVICE, inode };
    Stat { kind: Kind::Folder, id, size: 4096, names: 2, accessed: made, modified: made, changed: made }
}

/// SHA-256 of a file, from its start and without moving its position.
pub(super) fn digest(opened: &Opened) -> std::io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    copy(opened, |bytes| {
        hasher.update(bytes);
        Ok(())
    })?;
    Ok(hasher.finalize().into())
}

/// Hands a file on piece by piece.
pub(super) fn copy(opened: &Opened, mut take: impl FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<u64> {
    let (mut piece, mut position) = (vec![0; 64 * 1024], 0);
    loop {
        match opened.file().read_at(&mut piece, position)? {
            0 => return Ok(position),
            read => {
                take(&piece[..read])?;
                position += read as u64;
            }
        }
    }
}

fn parts(path: &str) -> impl Iterator<Item = String> {
    path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}
