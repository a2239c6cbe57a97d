//! What a call has prepared and nobody has allowed yet.
//!
//! A write that needs a person's yes is not made: it is prepared here, in files without a name that no other call can
//! find, and the call sees the workspace as if it had been made. When the tool has ended, the person is shown all of it
//! at once ([`changes`]); after a yes it is made in the order in which it was prepared ([`apply`]), after a no it is
//! dropped with the call.
//!
//! [`Prepared`] is a view laid over the disk (what shows at which path) and a log (what to do to the disk). It knows
//! names only; [`view`] joins it with the disk.

pub(crate) mod apply;
pub(crate) mod changes;
mod prepare;
mod view;

use boxagnts_types::GuestPath;
use boxagnts_workspace::{FileId, Moment, Opened, PrivateFolder, Times};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More changes than this cannot be looked through by a person, so that a yes to them would mean nothing.
pub(crate) const MOST_CHANGES: usize = 1000;

/// The stage of one call.
pub(crate) struct Stage {
    /// Where prepared content lies; absent: nothing can be prepared and a question is a refusal.
    space: Option<Arc<PrivateFolder>>,
    begun: AtomicBool,
    prepared: Mutex<Prepared>,
}

/// The view and the log.
#[derive(Default)]
pub(crate) struct Prepared {
    nodes: BTreeMap<GuestPath, Node>,
    log: Vec<Op>,
    /// What was on the disk where something changes, as it was when that was first prepared.
    bases: BTreeMap<GuestPath, Base>,
}

/// What shows at a path in place of the disk.
#[derive(Clone)]
enum Node {
    /// Nothing.
    Gone,
    /// A folder made at this time; all that is in it has a node of its own.
    Folder(Moment),
    /// A file.
    File(Arc<StagedFile>),
    /// What lies on the disk at this other path, with all that is below it.
    Moved(GuestPath),
}

/// The content of a file that was created or changed.
pub(crate) struct StagedFile {
    pub(super) opened: Opened,
    /// Its times were set and not only moved by writing.
    pub(super) timed: AtomicBool,
}

/// One step of making it true.
#[derive(Clone)]
pub(super) enum Op {
    /// Content of a file, which is there already unless it is `fresh`.
    Put {
        path: GuestPath,
        file: Arc<StagedFile>,
        fresh: bool,
    },
    MakeFolder(GuestPath),
    RemoveFile(GuestPath),
    RemoveFolder(GuestPath),
    Rename {
        from: GuestPath,
        to: GuestPath,
    },
    Times {
        path: GuestPath,
        times: Times,
    },
}

/// What was on the disk at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Base {
    Absent,
    /// A file with this SHA-256.
    File([u8; 32]),
    /// A link with this target.
    Link(String),
    Folder(FileId),
}

/// What a call sees at a path.
enum Seen {
    Absent,
    Folder(Moment),
    File(Arc<StagedFile>),
    /// Whatever is on the disk at that path, if anything.
    Disk(GuestPath),
}

/// One side of a move.
#[derive(Clone, Copy)]
struct Side<'a> {
    path: &'a GuestPath,
    /// Something shows there.
    shows: bool,
    /// Something lies on the disk at this very place.
    on_disk: bool,
}

impl Stage {
    /// A stage on which nothing is prepared.
    pub(crate) fn new(space: Option<Arc<PrivateFolder>>) -> Self {
        Self { space, begun: AtomicBool::new(false), prepared: Mutex::default() }
    }

    /// Whether anything was prepared.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Acquire)
    }

    fn is_possible(&self) -> bool {
        self.space.is_some()
    }

    fn prepared(&self) -> MutexGuard<'_, Prepared> {
        // Each change of view and log together is made by infallible steps, so a panic elsewhere leaves both whole.
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prepared {
    /// What shows at a path whose folders are no links.
    fn seen(&self, path: &GuestPath) -> Seen {
        match self.nodes.get(path) {
            Some(Node::Gone) => Seen::Absent,
            Some(Node::Folder(made)) => Seen::Folder(*made),
            Some(Node::File(file)) => Seen::File(Arc::clone(file)),
            Some(Node::Moved(disk)) => Seen::Disk(disk.clone()),
            None => self.disk_of(path).map_or(Seen::Absent, Seen::Disk),
        }
    }

    /// Where on the disk a path lies that has no node of its own; `None`: below something that is not on the disk.
    fn disk_of(&self, path: &GuestPath) -> Option<GuestPath> {
        let mut around = path.parent();
        while let Some(folder) = around {
            match self.nodes.get(&folder) {
                // A path that was good at its old place may be too long for its new one.
                Some(Node::Moved(disk)) => return disk.join(path.below(&folder).unwrap_or_default()).ok(),
                Some(Node::Gone | Node::Folder(_) | Node::File(_)) => return None,
                None => around = folder.parent(),
            }
        }
        Some(path.clone())
    }

    /// Whether what shows at, around or below a path is not simply the disk.
    fn concerns(&self, path: &GuestPath) -> bool {
        self.nodes.keys().any(|node| related(node, path))
    }

    /// The nodes directly in a folder.
    fn children<'a>(&'a self, folder: &'a GuestPath) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let inside = |path: &'a GuestPath| path.below(folder).filter(|name| !name.is_empty() && !name.contains('/'));
        self.nodes.iter().filter_map(move |(path, node)| inside(path).map(|name| (name, node)))
    }

    /// Keeps what was on the disk, the first time only.
    fn remember(&mut self, disk: &GuestPath, base: Base) {
        self.bases.entry(disk.clone()).or_insert(base);
    }

    /// Puts content at a path where the view shows a file already, or nothing.
    fn put(&mut self, path: &GuestPath, file: Arc<StagedFile>, fresh: bool) {
        self.nodes.insert(path.clone(), Node::File(Arc::clone(&file)));
        self.log.push(Op::Put { path: path.clone(), file, fresh });
    }

    /// Takes a file or a link away. `on_disk`: something lies on the disk at this very place.
    fn take_file(&mut self, path: &GuestPath, on_disk: bool) {
        let made = self.forget(path, |op| matches!(op, Op::Put { path: own, .. } if own == path));
        self.clear(path, on_disk);
        if !matches!(made, Some(Op::Put { fresh: true, .. })) {
            self.log.push(Op::RemoveFile(path.clone()));
        }
    }

    /// Takes an empty folder away.
    fn take_folder(&mut self, path: &GuestPath, on_disk: bool) {
        let forgotten = self.forget(path, |op| matches!(op, Op::MakeFolder(own) if own == path));
        self.clear(path, on_disk);
        if forgotten.is_none() {
            self.log.push(Op::RemoveFolder(path.clone()));
        }
    }

    /// Moves what shows at one path to another, over what shows there.
    fn rename(&mut self, from: Side<'_>, to: Side<'_>) {
        let root = match self.nodes.get(from.path) {
            Some(node) => Some(node.clone()),
            None => self.disk_of(from.path).map(Node::Moved),
        };
        let below = self.nodes.iter().filter(|(path, _)| is_below(path, from.path));
        let below: Vec<(GuestPath, Node)> = below.map(|(path, node)| (path.clone(), node.clone())).collect();
        self.nodes.retain(|path, _| !is_below(path, from.path) && !is_below(path, to.path));
        for (path, node) in below {
            if let Ok(path) = to.path.join(path.below(from.path).unwrap_or_default()) {
                self.nodes.insert(path, node);
            }
        }
        self.log_rename(from.path, to);
        if let Some(root) = root {
            self.nodes.insert(to.path.clone(), root);
        }
        self.clear(from.path, from.on_disk);
    }

    /// A file that was made under a passing name and moved to its own is simply made under its own.
    fn log_rename(&mut self, from: &GuestPath, to: Side<'_>) {
        let is_made = |op: &Op| matches!(op, Op::Put { path, fresh: true, .. } if path == from);
        let Some(Op::Put { file, .. }) = self.forget(from, is_made) else {
            self.log.push(Op::Rename { from: from.clone(), to: to.path.clone() });
            return;
        };
        let made = self.forget(to.path, |op| matches!(op, Op::Put { path, .. } if path == to.path));
        let is_there = match made {
            Some(Op::Put { fresh, .. }) => !fresh,
            _ => to.shows,
        };
        if is_there {
            self.log.push(Op::RemoveFile(to.path.clone()));
        }
        self.log.push(Op::Put { path: to.path.clone(), file, fresh: true });
    }

    /// Takes the one step out of the log that made a path, if nothing later in the log has to do with it.
    fn forget(&mut self, path: &GuestPath, is_it: impl Fn(&Op) -> bool) -> Option<Op> {
        let last = self.log.iter().rposition(|op| op.paths().any(|other| related(other, path)))?;
        is_it(&self.log[last]).then(|| self.log.remove(last))
    }

    fn clear(&mut self, path: &GuestPath, on_disk: bool) {
        if on_disk {
            self.nodes.insert(path.clone(), Node::Gone);
        } else {
            self.nodes.remove(path);
        }
    }
}

impl Op {
    /// The places that it changes.
    pub(super) fn paths(&self) -> impl Iterator<Item = &GuestPath> {
        let (one, two) = match self {
            Self::Put { path, .. } | Self::MakeFolder(path) | Self::RemoveFile(path) | Self::RemoveFolder(path) => {
                (path, None)
            }
            Self::Times { path, .. } => (path, None),
            Self::Rename { from, to } => (from, Some(to)),
        };
        std::iter::once(one).chain(two)
    }
}

fn is_below(path: &GuestPath, folder: &GuestPath) -> bool {
    path.below(folder).is_some_and(|rest| !rest.is_empty())
}

/// Whether one is the other, or lies somewhere in it.
fn related(one: &GuestPath, other: &GuestPath) -> bool {
    one.below(other).is_some() || other.below(one).is_some()
}
