//! Everything that changes a folder: making, removing and moving names. What was there is kept first.

use super::account::stop;
use super::codes::code;
use super::list::MOST_NAMES;
use super::{Files, FilesView, true_path};
use crate::before::EarlierState;
use crate::limits::LimitHit;
use boxagnts_capability::Effect;
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, FileError, Follow, Kind, Opened, Pinned, ReadOpen, Times};
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

impl Files {
    pub(super) fn make_folder(&self, path: &GuestPath) -> Result<(), FsError> {
        if self.is_staged(path) { self.prepare_folder(path) } else { self.make_folder_now(path) }
    }

    pub(super) fn remove_file(&self, path: &GuestPath) -> Result<(), FsError> {
        if self.is_staged(path) { self.prepare_file_removal(path) } else { self.remove_file_now(path) }
    }

    pub(super) fn remove_folder(&self, path: &GuestPath) -> Result<(), FsError> {
        if self.is_staged(path) { self.prepare_folder_removal(path) } else { self.remove_folder_now(path) }
    }

    pub(super) fn set_times(&self, path: &GuestPath, follow: Follow, times: Times) -> Result<(), FsError> {
        if self.is_staged(path) {
            self.prepare_times(path, follow, times)
        } else {
            self.set_times_now(path, follow, times)
        }
    }

    /// Moves a file, a link or a folder with all that is in it. Returns where it really was and where it really is.
    fn rename(&self, from: &GuestPath, to: &GuestPath) -> Result<(GuestPath, GuestPath), FsError> {
        if self.is_staged(from) || self.is_staged(to) {
            self.prepare_rename(from, to)
        } else {
            self.rename_now(from, to)
        }
    }

    pub(super) fn make_folder_now(&self, path: &GuestPath) -> Result<(), FsError> {
        self.check_folder(path)?;
        let (mount, below) = self.find_writable(path)?;
        let place = mount.root.pin(below, Follow::No).map_err(|error| self.fault(Effect::Write, path, &error))?;
        let path = if place.true_path() == below { path.clone() } else { true_path(mount, &place)? };
        if place.true_path() != below {
            self.check_resolved(&Effect::Write(path.clone()))?;
        }
        if place.kind().is_some() {
            return Err(ErrorCode::Exist.into());
        }
        self.account.change()?;
        self.keep(&path, EarlierState::Absent)?;
        place.make_folder().map_err(|error| code(&error).into())
    }

    pub(super) fn remove_file_now(&self, path: &GuestPath) -> Result<(), FsError> {
        let rule = self.check(&Effect::Write(path.clone()))?;
        let (place, path, _) = self.pin_written(path, Follow::No, rule)?;
        match place.kind() {
            None => return Err(ErrorCode::NoEntry.into()),
            Some(Kind::Folder) => return Err(ErrorCode::IsDirectory.into()),
            Some(_) => {}
        }
        self.account.change()?;
        self.keep_place(&place, &path)?;
        place.remove_file().map_err(|error| code(&error).into())
    }

    pub(super) fn remove_folder_now(&self, path: &GuestPath) -> Result<(), FsError> {
        let rule = self.check(&Effect::Write(path.clone()))?;
        let (place, path, _) = self.pin_written(path, Follow::No, rule)?;
        match place.kind() {
            None => return Err(ErrorCode::NoEntry.into()),
            Some(Kind::Folder) => {}
            Some(_) => return Err(ErrorCode::NotDirectory.into()),
        }
        self.account.change()?;
        self.keep(&path, EarlierState::Folder)?;
        place.remove_folder().map_err(|error| code(&error).into())
    }

    pub(super) fn set_times_now(&self, path: &GuestPath, follow: Follow, times: Times) -> Result<(), FsError> {
        let rule = self.check(&Effect::Write(path.clone()))?;
        let (place, _, _) = self.pin_written(path, follow, rule)?;
        self.account.change()?;
        self.account.still_runs().map_err(FsError::trap)?;
        place.set_times(times).map_err(|error| code(&error).into())
    }

    pub(super) fn rename_now(&self, from: &GuestPath, to: &GuestPath) -> Result<(GuestPath, GuestPath), FsError> {
        let from_rule = self.check(&Effect::Write(from.clone()))?;
        let to_rule = self.check(&Effect::Write(to.clone()))?;
        let (from_place, from, _) = self.pin_written(from, Follow::No, from_rule)?;
        let (to_place, to, _) = self.pin_written(to, Follow::No, to_rule)?;
        let Some(kind) = from_place.kind() else { return Err(ErrorCode::NoEntry.into()) };
        if from == to {
            return Ok((from, to));
        }
        if to.below(&from).is_some() {
            return Err(ErrorCode::Invalid.into());
        }
        self.may_move(&from, &to)?;
        self.account.change()?;
        if kind == Kind::Folder {
            self.may_move_tree(&from, &to)?;
            self.keep_target(&to_place, &to)?;
            self.keep(&from, EarlierState::MovedTo(&to))?;
        } else {
            self.keep_target(&to_place, &to)?;
            self.keep_place(&from_place, &from)?;
        }
        from_place.rename(&to_place).map_err(|error| code(&error))?;
        Ok((from, to))
    }

    fn keep_target(&self, place: &Pinned<'_>, path: &GuestPath) -> Result<(), FsError> {
        if place.kind().is_none() { self.keep(path, EarlierState::Absent) } else { self.keep_place(place, path) }
    }

    /// A folder moves with everything in it, so each name in it must be one that the call may take away here and put
    /// there. Otherwise a tree that was prepared under harmless names could be moved over a protected one.
    fn may_move_tree(&self, from: &GuestPath, to: &GuestPath) -> Result<(), FsError> {
        let (mount, _) = self.find(from)?;
        let mut folders = vec![(from.clone(), to.clone())];
        let mut seen = 0;
        while let Some((from, to)) = folders.pop() {
            let (_, below) = self.find(&from)?;
            let ReadOpen::Direct(folder) =
                mount.root.open_read(below).map_err(|error| self.fault(Effect::Write, &from, &error))?
            else {
                return Err(ErrorCode::Busy.into());
            };
            self.may_move_folder(&from, &folder)?;
            let most = MOST_NAMES - seen;
            let entries = folder.list(most).map_err(|error| match error {
                FileError::TooManyNames(_) => stop(LimitHit::Names(MOST_NAMES)),
                error => self.fault(Effect::Write, &from, &error),
            })?;
            seen += entries.len();
            for entry in entries {
                // A name that a guest cannot write has no path that could be decided about.
                let name = entry.name.map_err(|_| ErrorCode::IllegalByteSequence)?;
                let (from, to) = (self.member(&from, &name)?, self.member(&to, &name)?);
                self.may_move(&from, &to)?;
                if entry.kind == Kind::Folder {
                    folders.push((from, to));
                }
            }
        }
        Ok(())
    }

    /// A folder moves with what guests do not see in it, so a folder that holds such a thing stays where it is.
    pub(super) fn may_move_folder(&self, path: &GuestPath, folder: &Opened) -> Result<(), FsError> {
        if folder.holds_hidden() {
            return Err(self.fault(Effect::Write, path, &FileError::HoldsHidden));
        }
        Ok(())
    }

    /// What may not be read does not move to where it may: otherwise a new name would be the way round the rule.
    pub(super) fn may_move(&self, from: &GuestPath, to: &GuestPath) -> Result<(), FsError> {
        let permit = self.account.permit().ok_or(ErrorCode::Access)?;
        let read = |path: &GuestPath| permit.check_resolved(&Effect::Read(path.clone()));
        match (read(from), read(to)) {
            (Err(refusal), Ok(_)) => {
                self.account.refused(&refusal);
                Err(ErrorCode::Access.into())
            }
            _ => Ok(()),
        }
    }

    fn member(&self, folder: &GuestPath, name: &str) -> Result<GuestPath, FsError> {
        let path = folder.join(name).map_err(|error| super::path_code(&error))?;
        self.check(&Effect::Write(path.clone()))?;
        Ok(path)
    }

    /// Keeps what is at a place, whatever it is.
    fn keep_place(&self, place: &Pinned<'_>, path: &GuestPath) -> Result<(), FsError> {
        match place.kind() {
            None => self.keep(path, EarlierState::Absent),
            Some(Kind::Folder) => self.keep(path, EarlierState::Folder),
            Some(Kind::Link) => {
                let target = place.read_link().map_err(|error| self.fault(Effect::Write, path, &error))?;
                self.keep(path, EarlierState::Link(&target))
            }
            Some(Kind::File) if self.keep_file(place, path, None)? => Ok(()),
            Some(Kind::File) => Err(ErrorCode::Busy.into()),
            Some(_) => Err(self.fault(Effect::Write, path, &FileError::Special)),
        }
    }

    /// Keeps a file's content. `false`: another file took its place meanwhile.
    pub(super) fn keep_file(
        &self,
        place: &Pinned<'_>,
        path: &GuestPath,
        opened: Option<&Opened>,
    ) -> Result<bool, FsError> {
        if self.world.before().is_none() {
            return self.account.still_runs().map(|()| true).map_err(FsError::trap);
        }
        let to_read = place.open(Access::READ).map_err(|error| self.fault(Effect::Write, path, &error))?;
        if opened.is_some_and(|opened| opened.id() != to_read.id()) {
            return Ok(false);
        }
        self.keep(path, EarlierState::File(to_read.file()))?;
        Ok(true)
    }

    /// Keeps what a path was. The last word before a change: afterwards the call is known to run still.
    pub(super) fn keep(&self, path: &GuestPath, earlier: EarlierState<'_>) -> Result<(), FsError> {
        if let (Some(before), Some(call)) = (self.world.before(), self.account.call())
            && let Err(error) = before.keep(call, path, earlier)
        {
            self.account.not_kept(path, &error);
            return Err(ErrorCode::Io.into());
        }
        self.account.still_runs().map_err(FsError::trap)
    }
}

impl FilesView<'_> {
    /// Moves, and lets the open folders of the guest follow.
    pub(super) fn rename(&mut self, from: &GuestPath, to: &GuestPath) -> Result<(), FsError> {
        let (from, to) = self.files.rename(from, to)?;
        self.files.account.moves(&from, &to).map_err(|error| self.files.not_labelled(&error))?;
        for rep in self.files.folders.clone() {
            let Ok(super::Handle::Folder(folder)) = self.table.get_mut(&wasmtime::component::Resource::new_borrow(rep))
            else {
                continue;
            };
            if let Some(path) = folder.path.below(&from).and_then(|below| to.join(below).ok()) {
                folder.path = path;
            }
        }
        Ok(())
    }
}
