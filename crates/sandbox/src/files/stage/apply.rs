//! Making true what was prepared, once and all of it.
//!
//! First everything is compared with what it was when it was prepared; then what it is now is kept, so that it can be
//! undone; then each step is made, in order, at a place whose folders are no links. Only the last part changes the disk.

use super::view::copy;
use super::{Base, Op, Prepared, StagedFile};
use crate::before::EarlierState;
use crate::files::Files;
use boxagnts_capability::{Effect, Refusal};
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, FileError, Kind, NewTime, Pinned, Times};
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::Ordering;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// Why not all of it was made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotApplied {
    /// The law does not allow it (any more), whatever the person said.
    #[error("none of the changes was made: {0}")]
    Refused(Refusal),
    /// Somebody else changed something meanwhile.
    #[error("none of the changes was made, since {0} was changed meanwhile by somebody else; look at it again first")]
    Changed(GuestPath),
    /// What was there could not be kept.
    #[error("none of the changes was made, since what was at {path} could not be kept: {why}")]
    NotKept { path: GuestPath, why: String },
    /// The disk refused a step.
    #[error("{made} of {all} steps were made, then {path} failed: {why}; what was there before is kept in the session")]
    Failed { made: usize, all: usize, path: GuestPath, why: String },
}

impl Files {
    /// Makes all of it. Called after the yes, on a thread that may block.
    pub(crate) fn apply(&self) -> Result<(), NotApplied> {
        let prepared = self.stage.prepared();
        self.permitted(&prepared)?;
        for (disk, base) in &prepared.bases {
            if self.base(disk).ok().as_ref() != Some(base) {
                return Err(NotApplied::Changed(disk.clone()));
            }
        }
        self.keep_all(&prepared)?;
        self.label_all(&prepared)?;
        for (made, op) in prepared.log.iter().enumerate() {
            if let Err(error) = self.make(op) {
                let path = op.paths().next().cloned().unwrap_or_else(GuestPath::root);
                return Err(NotApplied::Failed { made, all: prepared.log.len(), path, why: error.to_string() });
            }
        }
        Ok(())
    }

    /// The answer is in the permit now; every step is asked about once more, and written down.
    fn permitted(&self, prepared: &Prepared) -> Result<(), NotApplied> {
        let permit = self.account.permit();
        let mut rules = Vec::new();
        for path in prepared.log.iter().flat_map(Op::paths) {
            let effect = Effect::Write(path.clone());
            match permit.map(|permit| permit.check(&effect)) {
                Some(Ok(rule)) => rules.push((effect, rule)),
                Some(Err(refusal)) => {
                    self.account.refused(&refusal);
                    return Err(NotApplied::Refused(refusal));
                }
                None => {}
            }
        }
        for (effect, rule) in rules {
            self.account.allowed(&effect, &rule);
            let size =
                effect.path().and_then(|path| prepared.file_at(path)).and_then(|file| file.opened.stat_now().ok());
            self.account.written(&rule, size.map_or(0, |stat| stat.size));
        }
        Ok(())
    }

    fn keep_all(&self, prepared: &Prepared) -> Result<(), NotApplied> {
        let (Some(before), Some(call)) = (self.world.before(), self.account.call()) else { return Ok(()) };
        for (disk, base) in &prepared.bases {
            let moved_to = prepared.log.iter().find_map(|op| match op {
                Op::Rename { from, to } if from == disk && matches!(base, Base::Folder(_)) => Some(to),
                _ => None,
            });
            let kept = match (base, moved_to) {
                (Base::Absent, _) => before.keep(call, disk, EarlierState::Absent),
                (Base::Link(target), _) => before.keep(call, disk, EarlierState::Link(target)),
                (Base::Folder(_), Some(to)) => before.keep(call, disk, EarlierState::MovedTo(to)),
                (Base::Folder(_), None) => before.keep(call, disk, EarlierState::Folder),
                (Base::File(_), _) => match self.read_disk(disk) {
                    Ok(opened) => before.keep(call, disk, EarlierState::File(opened.file())),
                    Err(_) => return Err(NotApplied::Changed(disk.clone())),
                },
            };
            kept.map_err(|error| NotApplied::NotKept { path: disk.clone(), why: error.to_string() })?;
        }
        Ok(())
    }

    /// What is going to be written keeps the label of all that the call has seen.
    fn label_all(&self, prepared: &Prepared) -> Result<(), NotApplied> {
        for op in &prepared.log {
            let labelled = match op {
                Op::Put { path, .. } => self.account.writes(path),
                Op::Rename { from, to } => self.account.moves(from, to),
                Op::MakeFolder(_) | Op::RemoveFile(_) | Op::RemoveFolder(_) | Op::Times { .. } => Ok(()),
            };
            if let (Err(error), Some(path)) = (labelled, op.paths().next()) {
                return Err(NotApplied::NotKept { path: path.clone(), why: error.to_string() });
            }
        }
        Ok(())
    }

    fn make(&self, op: &Op) -> Result<(), FileError> {
        match op {
            Op::Put { path, file, fresh } => put(&self.place(path)?, file, *fresh),
            Op::MakeFolder(path) => self.place(path)?.make_folder(),
            Op::RemoveFile(path) => self.place(path)?.remove_file(),
            Op::RemoveFolder(path) => self.place(path)?.remove_folder(),
            Op::Rename { from, to } => self.place(from)?.rename(&self.place(to)?),
            Op::Times { path, times } => self.place(path)?.set_times(*times),
        }
    }

    fn place(&self, path: &GuestPath) -> Result<Pinned<'_>, FileError> {
        let absent = || FileError::System(std::io::ErrorKind::NotFound.into());
        self.on_disk(path).map_err(|error| FileError::System(into_io(&error)))?.ok_or_else(absent)
    }
}

/// Writes prepared content: into a new file, or over all that a file holds.
fn put(place: &Pinned<'_>, file: &StagedFile, fresh: bool) -> Result<(), FileError> {
    let target = match place.kind() {
        None if fresh => place.create(Access::BOTH)?,
        Some(Kind::File) if !fresh => place.open(Access::BOTH)?,
        Some(_) => return Err(FileError::System(std::io::ErrorKind::AlreadyExists.into())),
        None => return Err(FileError::System(std::io::ErrorKind::NotFound.into())),
    };
    let mut position = 0;
    copy(&file.opened, |bytes| {
        target.file().write_all_at(bytes, position)?;
        position += bytes.len() as u64;
        Ok(())
    })?;
    target.file().set_len(position)?;
    if file.timed.load(Ordering::Relaxed) {
        let stat = file.opened.stat_now()?;
        target.set_times(Times { accessed: NewTime::At(stat.accessed), modified: NewTime::At(stat.modified) })?;
    }
    Ok(())
}

/// The part of an error that has to do with the system.
fn into_io(error: &FsError) -> std::io::Error {
    match error.downcast_ref() {
        Some(ErrorCode::Busy) => std::io::Error::other("a folder on the way was replaced by a link"),
        Some(code) => std::io::Error::other(format!("{code:?}")),
        None => std::io::Error::other("it could not be reached"),
    }
}
