//! What a call opens it has seen; what it writes keeps the label of all that it had seen.
//!
//! A file is labelled twice: when the writing begins, so that a call that is killed in the middle leaves no file that
//! passes for clean, and when the call has ended, by the content that is there then.

use super::account::Account;
use super::handle::{FileHandle, Handle};
use super::open::Wish;
use super::{Files, FsError};
use crate::labels::FileLabels;
use boxagnts_types::{CallId, GuestPath, Label};
use boxagnts_workspace::{Kind, ReadOpen};
use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, OpenFlags};

/// What a call has written, for whoever keeps the labels of files.
#[derive(Default)]
pub(crate) struct Trace {
    labels: Option<Arc<dyn FileLabels>>,
    written: Mutex<Written>,
}

#[derive(Default)]
struct Written {
    paths: BTreeSet<GuestPath>,
    /// What is written from now on, or was before, is labelled at once.
    is_labelled: bool,
}

impl Trace {
    pub(crate) fn new(labels: Option<Arc<dyn FileLabels>>) -> Self {
        Self { labels, written: Mutex::default() }
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        // A set of paths is whole after every step.
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// The call has seen content of this label.
    pub(crate) fn saw(&self, label: &Label) -> io::Result<()> {
        let Some(permit) = self.permit() else { return Ok(()) };
        permit.seen().saw(label);
        if label.is_ordinary() {
            return Ok(());
        }
        let Some(labels) = &self.trace().labels else { return Ok(()) };
        let mut written = self.trace().written();
        if !std::mem::replace(&mut written.is_labelled, true) {
            let label = permit.seen().whole();
            written.paths.iter().try_for_each(|path| labels.wrote(permit.call(), path, &label, None))?;
        }
        Ok(())
    }

    /// A file is about to be written.
    pub(super) fn writes(&self, path: &GuestPath) -> io::Result<()> {
        let (Some(permit), Some(labels)) = (self.permit(), &self.trace().labels) else { return Ok(()) };
        let mut written = self.trace().written();
        if written.paths.contains(path) {
            return Ok(());
        }
        let label = permit.seen().whole();
        if !label.is_ordinary() {
            labels.wrote(permit.call(), path, &label, None)?;
            written.is_labelled = true;
        }
        written.paths.insert(path.clone());
        Ok(())
    }

    /// What the call wrote below a path lies below another one now, and so does what calls before it wrote.
    pub(super) fn moves(&self, from: &GuestPath, to: &GuestPath) -> io::Result<()> {
        let (Some(call), Some(labels)) = (self.call(), &self.trace().labels) else { return Ok(()) };
        labels.moved(call, from, to)?;
        let at = |path: &GuestPath| path.below(from).and_then(|below| to.join(below).ok());
        let moved: Vec<GuestPath> = self.trace().written().paths.iter().filter_map(at).collect();
        moved.iter().try_for_each(|path| self.writes(path))
    }

    /// What is to be labelled by its content, now that the call has ended.
    fn to_label(&self) -> Option<(CallId, Label, BTreeSet<GuestPath>)> {
        let permit = self.permit()?;
        let paths = std::mem::take(&mut self.trace().written().paths);
        Some((permit.call(), permit.seen().whole(), paths)).filter(|(_, _, paths)| !paths.is_empty())
    }

    /// Whether the call has written something.
    pub(crate) fn has_written(&self) -> bool {
        self.trace().labels.is_some() && !self.trace().written().paths.is_empty()
    }
}

impl Files {
    /// A file or folder was opened, so the call has seen it. What only its owner wrote costs a look at its name.
    pub(super) fn touched(&self, handle: &Handle, wish: &Wish) -> Result<(), FsError> {
        let Some(labels) = &self.account.trace().labels else { return Ok(()) };
        let seen = match handle {
            Handle::Folder(folder) => self.account.saw(&labels.of_place(&folder.path)),
            Handle::File(file) => self.touched_file(&**labels, file, wish),
        };
        seen.map_err(|error| self.not_labelled(&error))
    }

    fn touched_file(&self, labels: &dyn FileLabels, file: &FileHandle, wish: &Wish) -> io::Result<()> {
        if let Some(path) = file.read.as_ref().and_then(|right| right.effect.path()) {
            self.account.saw(&labels.of_place(path))?;
        }
        let right = file.read.as_ref().or(file.write.as_ref());
        // What was cut away is not seen and does not stay.
        if let Some(path) = right.and_then(|right| right.effect.path())
            && !wish.wants(OpenFlags::TRUNCATE)
            && let Some(label) = labels.of_content(path, file.opened.file())
        {
            self.account.saw(&label)?;
        }
        match &file.write {
            // What is only prepared is written when it is made.
            Some(right) if !right.prepared => right.effect.path().map_or(Ok(()), |path| self.account.writes(path)),
            _ => Ok(()),
        }
    }

    /// The call has ended: its files are labelled by the content that they have now.
    pub(crate) fn label_written(&self) {
        let (Some(labels), Some((call, label, paths))) = (&self.account.trace().labels, self.account.to_label()) else {
            return;
        };
        for path in paths {
            let Ok((mount, below)) = self.find(&path) else { continue };
            // What is gone needs no label; what has become something else keeps the one that it got at the beginning.
            if let Ok(ReadOpen::Direct(opened)) = mount.root.open_read(below)
                && opened.stat().kind == Kind::File
                && let Err(error) = labels.wrote(call, &path, &label, Some(opened.file()))
            {
                self.not_labelled(&error);
            }
        }
    }

    pub(super) fn not_labelled(&self, error: &io::Error) -> FsError {
        self.account.note(format!("where a file's content comes from could not be kept: {error}"));
        ErrorCode::Io.into()
    }
}
