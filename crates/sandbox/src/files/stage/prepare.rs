//! Changes that are prepared: each like its counterpart on the disk, with the same checks and the same errors, seen by
//! the call alone.

use super::view::copy;
use super::{MOST_CHANGES, Node, Op, Prepared, Seen, Side, StagedFile};
use crate::files::Files;
use crate::files::account::Right;
use crate::files::account::stop;
use crate::files::codes::code;
use crate::files::handle::{FileHandle, Handle};
use crate::files::list::MOST_NAMES;
use crate::files::open::Wish;
use crate::limits::LimitHit;
use boxagnts_capability::{Effect, Judgement, RuleName};
use boxagnts_types::GuestPath;
use boxagnts_workspace::{Access, FileError, Follow, Kind, Moment, NewTime, Opened, Times};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, OpenFlags};

/// What the law says to a change before it is prepared.
struct Wanted {
    rule: RuleName,
    /// A person must say yes to it.
    asked: bool,
}

impl Files {
    /// Whether a change of this path goes over the stage. Once something is prepared every change does, since a path may
    /// lead through it.
    pub(in crate::files) fn is_staged(&self, path: &GuestPath) -> bool {
        if self.stage.has_begun() {
            return true;
        }
        let asked = |permit: &boxagnts_capability::Permit| {
            matches!(permit.judge(&Effect::Write(path.clone())), Judgement::Asked(_))
        };
        self.stage.is_possible() && self.account.permit().is_some_and(asked)
    }

    /// Finds where a change happens and whether it needs a yes. `None`: it needs none and has nothing to do with what is
    /// prepared, so that it is made on the disk.
    fn wanted(
        &self,
        prepared: &Prepared,
        path: &GuestPath,
        follow: Follow,
    ) -> Result<(GuestPath, Option<Wanted>), FsError> {
        let mut wanted = self.law_says(path)?;
        self.find_writable(path)?;
        let at = self.lead(prepared, path, follow)?;
        if at != *path {
            wanted = self.law_says(&at)?;
        }
        let is_direct = !wanted.asked && !prepared.concerns(&at);
        Ok((at, (!is_direct).then_some(wanted)))
    }

    fn law_says(&self, path: &GuestPath) -> Result<Wanted, FsError> {
        let permit = self.account.permit().ok_or(ErrorCode::Access)?;
        match permit.judge(&Effect::Write(path.clone())) {
            Judgement::Allowed(rule) => Ok(Wanted { rule, asked: false }),
            Judgement::Asked(rule) => Ok(Wanted { rule, asked: true }),
            Judgement::Refused(refusal) => {
                self.account.refused(&refusal);
                Err(ErrorCode::Access.into())
            }
        }
    }

    /// Counts one more change and keeps what was on the disk.
    fn count(&self, prepared: &mut Prepared, at: &GuestPath) -> Result<(), FsError> {
        if MOST_CHANGES <= prepared.log.len() {
            let why = format!("more than {MOST_CHANGES} changes need a yes, which nobody could look through");
            self.account.note(format!("{why}; ask for fs.write of the folder around them instead"));
            return Err(ErrorCode::Quota.into());
        }
        self.account.change()?;
        self.account.still_runs().map_err(FsError::trap)?;
        self.remember(prepared, at)?;
        self.stage.begun.store(true, Ordering::Release);
        Ok(())
    }

    fn remember(&self, prepared: &mut Prepared, at: &GuestPath) -> Result<(), FsError> {
        if let Some(disk) = prepared.disk_of(at)
            && !prepared.bases.contains_key(&disk)
        {
            let base = self.base(&disk)?;
            prepared.remember(&disk, base);
        }
        Ok(())
    }

    /// Whether something lies on the disk at exactly this place of the view.
    fn lies_on_disk(&self, prepared: &Prepared, at: &GuestPath) -> Result<bool, FsError> {
        Ok(match prepared.disk_of(at) {
            Some(disk) => self.kind_on_disk(&disk)?.is_some(),
            None => false,
        })
    }

    pub(in crate::files) fn prepare_folder(&self, path: &GuestPath) -> Result<(), FsError> {
        let mut prepared = self.stage.prepared();
        let (at, wanted) = self.wanted(&prepared, path, Follow::No)?;
        if wanted.is_none() {
            return self.make_folder_now(&at);
        }
        if self.kind_shown(&prepared, &at)?.is_some() {
            return Err(ErrorCode::Exist.into());
        }
        self.count(&mut prepared, &at)?;
        prepared.nodes.insert(at.clone(), Node::Folder(now()));
        prepared.log.push(Op::MakeFolder(at));
        Ok(())
    }

    pub(in crate::files) fn prepare_file_removal(&self, path: &GuestPath) -> Result<(), FsError> {
        let mut prepared = self.stage.prepared();
        let (at, wanted) = self.wanted(&prepared, path, Follow::No)?;
        if wanted.is_none() {
            return self.remove_file_now(&at);
        }
        match self.kind_shown(&prepared, &at)? {
            None => return Err(ErrorCode::NoEntry.into()),
            Some(Kind::Folder) => return Err(ErrorCode::IsDirectory.into()),
            Some(Kind::File | Kind::Link) => {}
            Some(_) => return Err(self.fault(Effect::Write, &at, &FileError::Special)),
        }
        self.count(&mut prepared, &at)?;
        let on_disk = self.lies_on_disk(&prepared, &at)?;
        prepared.take_file(&at, on_disk);
        Ok(())
    }

    pub(in crate::files) fn prepare_folder_removal(&self, path: &GuestPath) -> Result<(), FsError> {
        let mut prepared = self.stage.prepared();
        let (at, wanted) = self.wanted(&prepared, path, Follow::No)?;
        if wanted.is_none() {
            return self.remove_folder_now(&at);
        }
        match self.kind_shown(&prepared, &at)? {
            None => return Err(ErrorCode::NoEntry.into()),
            Some(Kind::Folder) => {}
            Some(_) => return Err(ErrorCode::NotDirectory.into()),
        }
        if !self.entries(&prepared, &at)?.is_empty() || self.find(&at)?.0.at == at {
            return Err(ErrorCode::NotEmpty.into());
        }
        self.count(&mut prepared, &at)?;
        let on_disk = self.lies_on_disk(&prepared, &at)?;
        prepared.take_folder(&at, on_disk);
        Ok(())
    }

    /// Returns where it really was and where it really is.
    pub(in crate::files) fn prepare_rename(
        &self,
        from: &GuestPath,
        to: &GuestPath,
    ) -> Result<(GuestPath, GuestPath), FsError> {
        let mut prepared = self.stage.prepared();
        let (from_at, from_wanted) = self.wanted(&prepared, from, Follow::No)?;
        let (to_at, to_wanted) = self.wanted(&prepared, to, Follow::No)?;
        if from_wanted.is_none() && to_wanted.is_none() {
            return self.rename_now(&from_at, &to_at);
        }
        let kind = self.kind_shown(&prepared, &from_at)?.ok_or(ErrorCode::NoEntry)?;
        if from_at == to_at {
            return Ok((from_at, to_at));
        }
        if to_at.below(&from_at).is_some() {
            return Err(ErrorCode::Invalid.into());
        }
        if self.find(&from_at)?.0.at != self.find(&to_at)?.0.at {
            // Two folders of the host: programs copy and remove then.
            return Err(ErrorCode::CrossDevice.into());
        }
        if from_at.below(&to_at).is_some() {
            return Err(ErrorCode::NotEmpty.into());
        }
        let target = self.kind_shown(&prepared, &to_at)?;
        self.may_replace(&prepared, kind, target, &to_at)?;
        self.may_move(&from_at, &to_at)?;
        if kind == Kind::Folder {
            self.may_move_shown(&prepared, &from_at, &to_at)?;
        }
        self.count(&mut prepared, &from_at)?;
        self.remember(&mut prepared, &to_at)?;
        let from_on_disk = self.lies_on_disk(&prepared, &from_at)?;
        let to_on_disk = self.lies_on_disk(&prepared, &to_at)?;
        let source = Side { path: &from_at, shows: true, on_disk: from_on_disk };
        prepared.rename(source, Side { path: &to_at, shows: target.is_some(), on_disk: to_on_disk });
        Ok((from_at, to_at))
    }

    /// As the system has it: a folder may stand in for an empty folder, anything else for anything but a folder.
    fn may_replace(
        &self,
        prepared: &Prepared,
        kind: Kind,
        target: Option<Kind>,
        at: &GuestPath,
    ) -> Result<(), FsError> {
        match (kind, target) {
            (Kind::Folder, Some(Kind::Folder)) if !self.entries(prepared, at)?.is_empty() => {
                Err(ErrorCode::NotEmpty.into())
            }
            (Kind::Folder, None | Some(Kind::Folder)) => Ok(()),
            (Kind::Folder, Some(_)) => Err(ErrorCode::NotDirectory.into()),
            (_, Some(Kind::Folder)) => Err(ErrorCode::IsDirectory.into()),
            (Kind::File | Kind::Link, _) => Ok(()),
            (_, _) => Err(self.fault(Effect::Write, at, &FileError::Special)),
        }
    }

    /// Each name of a tree that moves must be one that the call may take away here and put there.
    fn may_move_shown(&self, prepared: &Prepared, from: &GuestPath, to: &GuestPath) -> Result<(), FsError> {
        let mut folders = vec![(from.clone(), to.clone())];
        let mut seen = 0;
        while let Some((from, to)) = folders.pop() {
            if let Seen::Disk(disk) = prepared.seen(&from) {
                self.may_move_folder(&from, &self.read_disk(&disk)?)?;
            }
            let entries = self.entries(prepared, &from)?;
            seen += entries.len();
            if MOST_NAMES < seen {
                return Err(stop(LimitHit::Names(MOST_NAMES)));
            }
            for entry in entries {
                let name = entry.name.map_err(|_| ErrorCode::IllegalByteSequence)?;
                let (from, to) = (from.join(&name), to.join(&name));
                let from = from.map_err(|error| crate::files::path_code(&error))?;
                let to = to.map_err(|error| crate::files::path_code(&error))?;
                self.law_says(&from)?;
                self.law_says(&to)?;
                self.may_move(&from, &to)?;
                if entry.kind == Kind::Folder {
                    folders.push((from, to));
                }
            }
        }
        Ok(())
    }

    pub(in crate::files) fn prepare_times(
        &self,
        path: &GuestPath,
        follow: Follow,
        times: Times,
    ) -> Result<(), FsError> {
        let mut prepared = self.stage.prepared();
        let (at, wanted) = self.wanted(&prepared, path, follow)?;
        if wanted.is_none() {
            return self.set_times_now(&at, Follow::No, times);
        }
        let file = match prepared.seen(&at) {
            Seen::Absent => return Err(ErrorCode::NoEntry.into()),
            Seen::File(file) => file,
            Seen::Disk(disk) if self.kind_on_disk(&disk)? == Some(Kind::File) => {
                self.count(&mut prepared, &at)?;
                self.copy_up(&mut prepared, &at, &disk, true)?
            }
            Seen::Disk(disk) if self.kind_on_disk(&disk)?.is_none() => return Err(ErrorCode::NoEntry.into()),
            Seen::Folder(_) | Seen::Disk(_) => {
                self.count(&mut prepared, &at)?;
                prepared.log.push(Op::Times { path: at, times });
                return Ok(());
            }
        };
        file.timed.store(true, Ordering::Relaxed);
        file.opened.set_times(times).map_err(|error| code(&error).into())
    }

    /// Opens to write, as [`Files::open`] does without a stage.
    pub(in crate::files) fn open_prepared(&self, path: &GuestPath, wish: &Wish) -> Result<Handle, FsError> {
        let mut prepared = self.stage.prepared();
        let read = if wish.reads() { Some(self.check(&Effect::Read(path.clone()))?) } else { None };
        let follow = if wish.wants(OpenFlags::EXCLUSIVE) { Follow::No } else { wish.follow };
        let (at, wanted) = self.wanted(&prepared, path, follow)?;
        let Some(wanted) = wanted else { return self.open_to_write_now(&at, wish) };
        let read = match read {
            Some(_) if at != *path => Some(self.check_resolved(&Effect::Read(at.clone()))?),
            read => read,
        };
        let kind = self.kind_shown(&prepared, &at)?;
        match kind {
            Some(_) if wish.wants(OpenFlags::CREATE) && wish.wants(OpenFlags::EXCLUSIVE) => {
                return Err(ErrorCode::Exist.into());
            }
            None if !wish.wants(OpenFlags::CREATE) => return Err(ErrorCode::NoEntry.into()),
            None | Some(Kind::File) => {}
            Some(Kind::Folder) => return Err(ErrorCode::IsDirectory.into()),
            Some(Kind::Link) => return Err(ErrorCode::Loop.into()),
            Some(_) => return Err(self.fault(Effect::Write, &at, &FileError::Special)),
        }
        self.count(&mut prepared, &at)?;
        let truncates = wish.wants(OpenFlags::TRUNCATE);
        let file = match (prepared.seen(&at), kind) {
            (Seen::File(file), _) => file,
            (Seen::Disk(disk), Some(_)) => self.copy_up(&mut prepared, &at, &disk, !truncates)?,
            _ => {
                let file = Arc::new(self.new_content()?);
                prepared.put(&at, Arc::clone(&file), true);
                file
            }
        };
        if truncates {
            file.opened.file().set_len(0)?;
        }
        let opened = Arc::new(file.opened.again().map_err(|error| code(&error))?);
        let read = read.map(|rule| Arc::new(Right { effect: Effect::Read(at.clone()), rule, prepared: false }));
        let write = Right { effect: Effect::Write(at), rule: wanted.rule, prepared: true };
        let write = wish.writes().then(|| Arc::new(write));
        Ok(Handle::File(FileHandle { opened, read, write }))
    }

    fn new_content(&self) -> Result<StagedFile, FsError> {
        let space = self.stage.space.as_ref().ok_or(ErrorCode::Access)?;
        let opened = space.unnamed_file().map_err(|error| {
            self.account.note(format!("nothing can be prepared: {error}"));
            ErrorCode::Io
        })?;
        Ok(StagedFile { opened, timed: AtomicBool::new(false) })
    }

    /// Takes a file of the disk over, with its content if that is wanted.
    fn copy_up(
        &self,
        prepared: &mut Prepared,
        at: &GuestPath,
        disk: &GuestPath,
        content: bool,
    ) -> Result<Arc<StagedFile>, FsError> {
        let place = self.on_disk(disk)?.ok_or(ErrorCode::NoEntry)?;
        // What cannot be written later is refused now.
        let there = place.open(Access::BOTH).map_err(|error| self.fault(Effect::Write, at, &error))?;
        if there.stat().kind != Kind::File {
            return Err(ErrorCode::Busy.into());
        }
        let file = self.new_content()?;
        if content {
            self.account.take(there.stat().size).map_err(FsError::trap)?;
            copy(&there, |bytes| file.opened.append(bytes))?;
            keep_times(&there, &file.opened)?;
        }
        let file = Arc::new(file);
        prepared.put(at, Arc::clone(&file), false);
        Ok(file)
    }
}

/// A copy is as old as what it was made from, until it is written.
fn keep_times(from: &Opened, to: &Opened) -> Result<(), FsError> {
    let times = Times { accessed: NewTime::At(from.stat().accessed), modified: NewTime::At(from.stat().modified) };
    to.set_times(times).map_err(|error| code(&error).into())
}

fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Moment { seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX), nanoseconds: since.subsec_nanos() }
}
