//! The mediated `wasi:filesystem`: every effect asked of the permit, then done at a place that cannot lead elsewhere.
//!
//! The way of each operation: the path is read as a guest path; the permit is asked for it before the disk is touched,
//! so that a refusal does not tell whether anything is there; the place is resolved from the folder's descriptor; if
//! links led elsewhere the permit is asked again for the true path; what was there is kept; then one system call on
//! one name, links not followed. A change that needs a person's yes is not made but prepared ([`stage`]).
//!
//! The traits to implement and their types come from `wasmtime-wasi`; nothing of its file code runs. A descriptor in
//! the store's table is a [`Handle`] of ours under the number that the guest holds.

pub(crate) mod account;
mod change;
mod codes;
mod descriptor;
pub(crate) mod flow;
pub(crate) mod handle;
mod list;
mod open;
pub(crate) mod stage;
mod stream;

use crate::world::{Mount, World};
use account::Account;
use boxagnts_capability::{Effect, Refusal, RuleName};
use boxagnts_types::GuestPath;
use boxagnts_workspace::{FileError, Follow, Pinned};
use codes::{code, path_code};
use handle::{FolderHandle, Handle};
use stage::Stage;
use std::sync::Arc;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{Descriptor, ErrorCode};

/// Who refuses what one of our own folders is asked for.
const OWN: &str = "the protected paths: what is BoxAgnts' own does not exist for tools";

/// The files of one call.
pub(crate) struct Files {
    world: Arc<World>,
    account: Arc<Account>,
    /// What is prepared and not allowed yet.
    stage: Arc<Stage>,
    /// Table numbers of open folders, whose paths change when the guest moves a folder.
    folders: Vec<u32>,
    /// Where the guest begins, as a further name of the workspace, for programs that use relative paths.
    begins_in_workspace: bool,
}

/// What the implementation of the interface borrows for one host call.
pub(crate) struct FilesView<'a> {
    pub(crate) files: &'a mut Files,
    pub(crate) table: &'a mut ResourceTable,
}

/// Names [`FilesView`] to the linker.
pub(crate) struct HasFiles;

impl HasData for HasFiles {
    type Data<'a> = FilesView<'a>;
}

/// A path that a guest named, in the folder that holds it.
struct Named {
    path: GuestPath,
    /// It ended in a slash: only a folder is meant.
    folder_meant: bool,
}

impl Files {
    pub(crate) fn new(world: Arc<World>, account: Arc<Account>, stage: Arc<Stage>, command: bool) -> Self {
        Self { world, account, stage, folders: Vec::new(), begins_in_workspace: command }
    }

    /// The permit's answer for a path as the guest names it. A refusal is written down.
    fn check(&self, effect: &Effect) -> Result<RuleName, FsError> {
        let permit = self.account.permit().ok_or(ErrorCode::Access)?;
        self.told(effect, permit.check(effect))
    }

    /// The rule that allows a path outright, if one does; a no is not written down, since less is done then.
    fn quietly(&self, effect: &Effect) -> Option<RuleName> {
        let rule = self.account.permit()?.check(effect).ok()?;
        if self.is_own(effect) {
            return None;
        }
        self.account.allowed(effect, &rule);
        Some(rule)
    }

    /// The permit's answer for the place where a link led.
    fn check_resolved(&self, effect: &Effect) -> Result<RuleName, FsError> {
        let permit = self.account.permit().ok_or(ErrorCode::Access)?;
        self.told(effect, permit.check_resolved(effect))
    }

    fn check_folder(&self, path: &GuestPath) -> Result<RuleName, FsError> {
        let permit = self.account.permit().ok_or(ErrorCode::Access)?;
        self.told(&Effect::Write(path.clone()), permit.may_make_folder(path))
    }

    /// Whether the call may know of a path. A no is no refusal worth a line: programs look around a lot.
    fn check_seen(&self, path: &GuestPath) -> Result<(), FsError> {
        if self.may_see(path) { Ok(()) } else { Err(ErrorCode::Access.into()) }
    }

    fn may_see(&self, path: &GuestPath) -> bool {
        self.account.permit().is_some_and(|permit| permit.may_see(path))
    }

    fn told(&self, effect: &Effect, answer: Result<RuleName, Refusal>) -> Result<RuleName, FsError> {
        match answer {
            Ok(_) if self.is_own(effect) => {
                self.account.blocked(effect, OWN);
                Err(ErrorCode::NoEntry.into())
            }
            Ok(rule) => {
                self.account.allowed(effect, &rule);
                Ok(rule)
            }
            Err(refusal) => {
                self.account.refused(&refusal);
                Err(ErrorCode::Access.into())
            }
        }
    }

    /// Whether an effect is on one of our own folders, which do not exist for the guest whatever the law allows. Asked
    /// before the account says that anything was allowed.
    fn is_own(&self, effect: &Effect) -> bool {
        let follow = if matches!(effect, Effect::Write(_)) { Follow::No } else { Follow::Yes };
        let place = effect.path().and_then(|path| self.world.find(path));
        place.is_some_and(|(mount, below)| mount.root.hides(below, follow))
    }

    /// What a guest is told of an error at a path. What it could not guess from the code is told to the model too.
    /// Where the house itself refuses, whatever the law says, that is a refused effect like any other.
    fn fault(&self, effect: fn(GuestPath) -> Effect, path: &GuestPath, error: &FileError) -> FsError {
        let rule = match error {
            FileError::Hidden => OWN,
            FileError::Escapes => "the folder's bounds",
            FileError::Special => "the bounds of files: only regular files and folders are opened",
            FileError::HardLinked => "the bounds of writing: a file with further names is not written",
            FileError::HoldsHidden => "the protected paths: a folder around what is BoxAgnts' own is not moved",
            FileError::TooManyLinks => "the bounds of links",
            _ => return code(error).into(),
        };
        self.account.blocked(&effect(path.clone()), rule);
        if !matches!(error, FileError::Hidden) {
            self.account.note_at(path, error.to_string());
        }
        code(error).into()
    }

    /// The folder of the host that holds a path, and the path below it.
    fn find<'p>(&self, path: &'p GuestPath) -> Result<(&Mount, &'p str), FsError> {
        // Descriptors only lead below a mount; this is for a world that changes under a guest, which none does.
        self.world.find(path).ok_or_else(|| ErrorCode::NoEntry.into())
    }

    fn find_writable<'p>(&self, path: &'p GuestPath) -> Result<(&Mount, &'p str), FsError> {
        let (mount, below) = self.find(path)?;
        if mount.writable {
            return Ok((mount, below));
        }
        self.account.blocked(&Effect::Write(path.clone()), "the folder's mapping, which is read-only");
        self.account.note(format!("{} is mapped read-only", mount.at));
        Err(ErrorCode::ReadOnly.into())
    }

    /// Finds the place of a path that may be read or seen, and asks again where links led elsewhere.
    fn pin_seen(&self, path: &GuestPath, follow: Follow) -> Result<Pinned<'_>, FsError> {
        let (mount, below) = self.find(path)?;
        let place = mount.root.pin(below, follow).map_err(|error| match error {
            // Looking is no effect, so there is none to refuse.
            FileError::Hidden => code(&error).into(),
            error => self.fault(Effect::Read, path, &error),
        })?;
        if place.true_path() != below {
            self.check_seen(&true_path(mount, &place)?)?;
        }
        Ok(place)
    }

    /// Finds the place of a path that was permitted to be written, and asks again where links led elsewhere. Returns
    /// the true guest path and the rule that allows it.
    fn pin_written(
        &self,
        path: &GuestPath,
        follow: Follow,
        rule: RuleName,
    ) -> Result<(Pinned<'_>, GuestPath, RuleName), FsError> {
        let (mount, below) = self.find_writable(path)?;
        let place = mount.root.pin(below, follow).map_err(|error| self.fault(Effect::Write, path, &error))?;
        if place.true_path() == below {
            return Ok((place, path.clone(), rule));
        }
        let path = true_path(mount, &place)?;
        let rule = self.check_resolved(&Effect::Write(path.clone()))?;
        Ok((place, path, rule))
    }
}

/// The guest path of a place.
fn true_path(mount: &Mount, place: &Pinned<'_>) -> Result<GuestPath, FsError> {
    mount.at.join(place.true_path()).map_err(|error| path_code(&error).into())
}

impl FilesView<'_> {
    fn handle(&self, descriptor: &Resource<Descriptor>) -> Result<&Handle, FsError> {
        Ok(self.table.get(&Resource::<Handle>::new_borrow(descriptor.rep()))?)
    }

    fn folder(&self, descriptor: &Resource<Descriptor>) -> Result<&FolderHandle, FsError> {
        match self.handle(descriptor)? {
            Handle::Folder(folder) => Ok(folder),
            Handle::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    /// Reads a path relative to an open folder. It may not climb above it, not even to come back.
    fn name(&self, descriptor: &Resource<Descriptor>, path: &str) -> Result<Named, FsError> {
        let folder = &self.folder(descriptor)?.path;
        if path.starts_with('/') {
            return Err(ErrorCode::NotPermitted.into());
        }
        let below = GuestPath::root().join(path).map_err(|error| path_code(&error))?;
        let path_below = below.as_str().trim_start_matches('/');
        let folder_meant = path.ends_with('/') || path.ends_with("/.") || path == ".";
        let path = folder.join(path_below).map_err(|error| path_code(&error))?;
        Ok(Named { path, folder_meant })
    }

    fn push(&mut self, handle: Handle) -> Result<Resource<Descriptor>, FsError> {
        let is_folder = matches!(handle, Handle::Folder(_));
        let rep = self.table.push(handle)?.rep();
        if is_folder {
            self.files.folders.push(rep);
        }
        Ok(Resource::new_own(rep))
    }
}
