//! What a call has prepared, as the person is shown it: one text for all of it.
//!
//! Compared is what shows now with what is on the disk, so that passing files of a script are not in it; the effects are
//! those of every step that would be made. What is too long to be shown is named with its size, never left out silently.

use super::view::{copy, digest};
use super::{Base, Node, Op, Prepared, Seen, StagedFile};
use crate::files::Files;
use boxagnts_capability::Effect;
use boxagnts_tools::comparison::{Comparison, MOST_FILE, Side};
use boxagnts_types::GuestPath;
use boxagnts_types::show::visible_line;
use boxagnts_workspace::{Kind, Opened};
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use wasmtime_wasi::p2::FsError;

/// All that a call has prepared.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    /// What needs a yes, in the order in which it was prepared.
    pub(crate) effects: Vec<Effect>,
    /// For the person.
    pub(crate) text: String,
    /// How many files and folders are created, changed, moved or removed.
    pub(crate) count: usize,
}

impl Files {
    /// Looks at all that is prepared. `None`: nothing would change.
    pub(crate) fn changes(&self) -> Result<Option<Changes>, FsError> {
        let prepared = self.stage.prepared();
        let mut shown = Comparison::default();
        for (path, node) in &prepared.nodes {
            self.show(&prepared, path, node, &mut shown)?;
        }
        for op in &prepared.log {
            if let Op::Times { path, .. } = op {
                shown.head(path, "other times");
            }
        }
        if shown.count() == 0 {
            return Ok(None);
        }
        let effects = self.asked(&prepared);
        let count = shown.count();
        Ok(Some(Changes { effects, text: shown.into_text(), count }))
    }

    /// The steps that need a yes.
    fn asked(&self, prepared: &Prepared) -> Vec<Effect> {
        let paths: Vec<&GuestPath> = prepared.log.iter().flat_map(Op::paths).collect();
        let mut met = BTreeSet::new();
        let effects = paths.into_iter().filter(|path| met.insert(*path)).map(|path| Effect::Write(path.clone()));
        effects.filter(|effect| self.account.asks_about(effect)).collect()
    }

    fn show(&self, prepared: &Prepared, path: &GuestPath, node: &Node, shown: &mut Comparison) -> Result<(), FsError> {
        let disk = prepared.disk_of(path);
        let there = match &disk {
            Some(disk) => self.kind_on_disk(disk)?,
            None => None,
        };
        match (node, there) {
            (Node::Gone, None) | (Node::Folder(_), Some(Kind::Folder)) => {}
            (Node::Gone, Some(_)) if prepared.is_moved_away(disk.as_ref()) => {}
            (Node::Gone, Some(Kind::Folder)) => shown.head(path, "folder removed"),
            (Node::Gone, Some(Kind::File)) => {
                let old = disk.map(|disk| self.read_disk(&disk)).transpose()?;
                shown.file(path, "removed", &side_of(old.as_ref())?, &Side::absent());
            }
            (Node::Gone, Some(_)) => shown.head(path, "link removed"),
            (Node::Folder(_), _) => shown.head(path, "new folder"),
            (Node::Moved(from), _) => shown.head(path, &format!("moved here from {}", visible_line(from.as_str()))),
            (Node::File(file), Some(Kind::File)) => {
                let old = disk.as_ref().map(|disk| self.read_disk(disk)).transpose()?;
                let base = disk.and_then(|disk| prepared.bases.get(&disk));
                if !matches!(base, Some(Base::File(base)) if *base == digest(&file.opened)?) {
                    shown.file(path, "changed", &side_of(old.as_ref())?, &side(&file.opened)?);
                } else if file.timed.load(Ordering::Relaxed) {
                    shown.head(path, "other times");
                }
            }
            (Node::File(file), None) => shown.file(path, "new file", &Side::absent(), &side(&file.opened)?),
            (Node::File(file), Some(_)) => {
                shown.file(path, "new file in place of a folder or link", &Side::absent(), &side(&file.opened)?);
            }
        }
        Ok(())
    }
}

impl Prepared {
    /// Whether what lies at a place of the disk shows at another one.
    fn is_moved_away(&self, disk: Option<&GuestPath>) -> bool {
        self.nodes.values().any(|node| matches!(node, Node::Moved(from) if Some(from) == disk))
    }

    /// Whether a path shows something that was prepared.
    pub(super) fn file_at(&self, path: &GuestPath) -> Option<std::sync::Arc<StagedFile>> {
        match self.seen(path) {
            Seen::File(file) => Some(file),
            _ => None,
        }
    }
}

/// A file as one side of a comparison.
fn side(file: &Opened) -> Result<Side, FsError> {
    let size = file.stat_now().map_err(|error| crate::files::codes::code(&error))?.size;
    if MOST_FILE < size {
        return Ok(Side::too_long(size));
    }
    let mut bytes = Vec::new();
    copy(file, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(Side::of(bytes))
}

/// The same for what may not be there.
fn side_of(file: Option<&Opened>) -> Result<Side, FsError> {
    file.map_or_else(|| Ok(Side::absent()), side)
}
