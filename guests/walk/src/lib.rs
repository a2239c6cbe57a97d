//! Walks a tree of files: sorted, without `.git`, without what ignore files leave out, links not followed.
//!
//! `glob` and `grep` share it. It lists folders through the SDK's own files instead of std, which is
//! where nearly all the time of a search would go, and holds one open folder per level. What the host
//! refuses to list or open is left out silently, as the host leaves it out of listings.
//!
//! [`Place`] makes a start and a pattern of an input, [`Pattern`] is its glob, with the rules that models
//! know from ripgrep, and [`walk`] is the walk itself.

mod pattern;
mod place;
mod rules;

use std::io::{ErrorKind, Result};
use std::ops::ControlFlow;

use boxagnts_guest_sdk::cancelled;
use boxagnts_guest_sdk::files::{Entry, File, Folder, Kind, open_folder};

pub use pattern::{Pattern, PatternError};
pub use place::Place;

use rules::Rules;

/// Folders inside folders, at most. Each level holds an open folder, of which a call has some hundreds.
const DEEPEST: usize = 256;

/// A file that the walk came upon.
pub struct Found<'a> {
    folder: &'a Folder,
    name: &'a str,
    path: &'a str,
}

impl Found<'_> {
    /// The whole path, absolute.
    pub fn path(&self) -> &str {
        self.path
    }

    /// Opens the file.
    pub fn open(&self) -> Result<File> {
        self.folder.open_file(self.name)
    }
}

/// What a walk passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files and folders that ignore files left out.
    pub ignored: u64,
    /// Folders too deep to look into.
    pub too_deep: u64,
}

/// Visits each file below a folder in the order of its path, until the visitor breaks off.
///
/// `start` is a normal absolute path. Ignore files above it count too, but a start that is itself
/// ignored is walked: who names it means it. The error tells about `start` alone, or is
/// [`ErrorKind::Interrupted`] when the host wants the call to stop.
pub fn walk(start: &str, include_ignored: bool, visit: &mut dyn FnMut(&Found) -> ControlFlow<()>) -> Result<Summary> {
    let folder = open_folder(start)?;
    let mut walk = Walk {
        rules: (!include_ignored).then(|| Rules::above(start)),
        path: start.trim_end_matches('/').to_owned(),
        summary: Summary::default(),
        visit,
    };
    match walk.folder(&folder, 0)? {
        ControlFlow::Continue(()) | ControlFlow::Break(()) => Ok(walk.summary),
    }
}

struct Walk<'a> {
    /// None when nothing is to be left out.
    rules: Option<Rules>,
    /// The path of the current folder or file.
    path: String,
    summary: Summary,
    visit: &'a mut dyn FnMut(&Found) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Folder, depth: usize) -> Result<ControlFlow<()>> {
        if cancelled() {
            return Err(ErrorKind::Interrupted.into());
        }
        let Ok(mut entries) = folder.entries() else {
            return Ok(ControlFlow::Continue(()));
        };
        entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        let level = self.rules.as_mut().map(|rules| rules.enter(folder, &self.path, &entries));
        let mut flow = ControlFlow::Continue(());
        for entry in &entries {
            flow = self.entry(folder, entry, depth)?;
            if flow.is_break() {
                break;
            }
        }
        if let (Some(rules), Some(level)) = (&mut self.rules, level) {
            rules.leave(level);
        }
        Ok(flow)
    }

    fn entry(&mut self, folder: &Folder, entry: &Entry, depth: usize) -> Result<ControlFlow<()>> {
        let is_folder = match entry.kind {
            Kind::Folder => true,
            Kind::File => false,
            Kind::Link | Kind::Other => return Ok(ControlFlow::Continue(())),
        };
        if entry.name == ".git" {
            return Ok(ControlFlow::Continue(()));
        }
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&entry.name);
        let flow = self.named(folder, &entry.name, is_folder, depth);
        self.path.truncate(length);
        flow
    }

    /// Looks at an entry whose path is the current one.
    fn named(&mut self, folder: &Folder, name: &str, is_folder: bool, depth: usize) -> Result<ControlFlow<()>> {
        if self.rules.as_ref().is_some_and(|rules| rules.leave_out(&self.path, is_folder)) {
            self.summary.ignored += 1;
            return Ok(ControlFlow::Continue(()));
        }
        if !is_folder {
            let path = &self.path;
            return Ok((self.visit)(&Found { folder, name, path }));
        }
        if DEEPEST <= depth {
            self.summary.too_deep += 1;
            return Ok(ControlFlow::Continue(()));
        }
        match folder.open_folder(name) {
            Ok(inner) => self.folder(&inner, depth + 1),
            Err(_) => Ok(ControlFlow::Continue(())),
        }
    }
}

#[cfg(test)]
mod tests;
