//! What a call has prepared, as the person is shown it: one text for all of it.
//!
//! Compared is what shows now with what is on the disk, so that passing files of a script are not in it; the effects are
//! those of every step that would be made. What is too long to be shown is named with its size, never left out silently.

use super::view::{copy, digest};
use super::{Base, Node, Op, Prepared, Seen, StagedFile};
use crate::files::Files;
use boxagnts_capability::{Effect, Judgement};
use boxagnts_types::GuestPath;
use boxagnts_types::show::visible_line;
use boxagnts_workspace::{Kind, Opened};
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wasmtime_wasi::p2::FsError;

/// Larger files are named with their sizes only.
const MOST_FILE: u64 = 512 * 1024;

/// Lines of one file that are shown, and of all files.
const MOST_LINES: usize = 400;
const MOST_LINES_IN_ALL: usize = 4000;

/// A comparison that takes longer becomes coarser.
const COMPARE: Duration = Duration::from_millis(500);

/// Lines around a change.
const CONTEXT: usize = 3;

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

/// The text as it grows.
#[derive(Default)]
struct Shown {
    text: String,
    lines: usize,
    count: usize,
}

impl Files {
    /// Looks at all that is prepared. `None`: nothing would change.
    pub(crate) fn changes(&self) -> Result<Option<Changes>, FsError> {
        let prepared = self.stage.prepared();
        let mut shown = Shown::default();
        for (path, node) in &prepared.nodes {
            self.show(&prepared, path, node, &mut shown)?;
        }
        for op in &prepared.log {
            if let Op::Times { path, .. } = op {
                shown.head(path, "other times");
            }
        }
        if shown.count == 0 {
            return Ok(None);
        }
        let effects = self.asked(&prepared);
        Ok(Some(Changes { effects, text: shown.text, count: shown.count }))
    }

    /// The steps that need a yes.
    fn asked(&self, prepared: &Prepared) -> Vec<Effect> {
        let paths: Vec<&GuestPath> = prepared.log.iter().flat_map(Op::paths).collect();
        let mut met = BTreeSet::new();
        let effects = paths.into_iter().filter(|path| met.insert(*path)).map(|path| Effect::Write(path.clone()));
        let is_asked = |effect: &Effect| {
            self.account.permit().is_some_and(|permit| matches!(permit.judge(effect), Judgement::Asked(_)))
        };
        effects.filter(is_asked).collect()
    }

    fn show(&self, prepared: &Prepared, path: &GuestPath, node: &Node, shown: &mut Shown) -> Result<(), FsError> {
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
                shown.file(path, "removed", old.as_ref(), None)?;
            }
            (Node::Gone, Some(_)) => shown.head(path, "link removed"),
            (Node::Folder(_), _) => shown.head(path, "new folder"),
            (Node::Moved(from), _) => shown.head(path, &format!("moved here from {}", visible_line(from.as_str()))),
            (Node::File(file), Some(Kind::File)) => {
                let old = disk.as_ref().map(|disk| self.read_disk(disk)).transpose()?;
                let base = disk.and_then(|disk| prepared.bases.get(&disk));
                if !matches!(base, Some(Base::File(base)) if *base == digest(&file.opened)?) {
                    shown.file(path, "changed", old.as_ref(), Some(file))?;
                } else if file.timed.load(Ordering::Relaxed) {
                    shown.head(path, "other times");
                }
            }
            (Node::File(file), None) => shown.file(path, "new file", None, Some(file))?,
            (Node::File(file), Some(_)) => {
                shown.file(path, "new file in place of a folder or link", None, Some(file))?;
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

impl Shown {
    /// The line of one path. A name must not be able to look like a line of its own.
    fn head(&mut self, path: &GuestPath, what: &str) {
        self.count += 1;
        self.line(&format!("{}: {what}", visible_line(path.as_str())));
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn file(
        &mut self,
        path: &GuestPath,
        what: &str,
        old: Option<&Opened>,
        new: Option<&StagedFile>,
    ) -> Result<(), FsError> {
        let (old_size, old) = content(old)?;
        let (new_size, new) = content(new.map(|file| &file.opened))?;
        let sizes = match (old_size, new_size) {
            (Some(old), Some(new)) => format!("{old} bytes become {new}"),
            (Some(size), None) | (None, Some(size)) => format!("{size} bytes"),
            (None, None) => String::new(),
        };
        self.head(path, &format!("{what}, {sizes}"));
        let (Some(old), Some(new)) = (old, new) else {
            self.line("  its content is no text, or too long to be shown");
            return Ok(());
        };
        self.compare(&old, &new);
        Ok(())
    }

    fn compare(&mut self, old: &str, new: &str) {
        let compared = TextDiff::configure().timeout(COMPARE).diff_lines(old, new);
        let (mut left, mut left_out) = (MOST_LINES.min(MOST_LINES_IN_ALL.saturating_sub(self.lines)), 0);
        for hunk in compared.unified_diff().context_radius(CONTEXT).iter_hunks() {
            if 0 < left {
                self.line(hunk.header().to_string().trim_end());
            }
            for change in hunk.iter_changes() {
                if left == 0 {
                    left_out += 1;
                    continue;
                }
                left -= 1;
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let mut line = String::from(sign);
                line.push_str(change.value().trim_end_matches(['\r', '\n']));
                if change.missing_newline() {
                    line.push_str("  (no line end)");
                } else if change.value().ends_with("\r\n") {
                    // Otherwise a change of line ends alone would look like none.
                    line.push_str("\\r");
                }
                self.line(&line);
            }
        }
        if 0 < left_out {
            let mut line = String::new();
            // Writing to a string cannot fail.
            let _ = write!(line, "  … {left_out} more lines of this file are not shown");
            self.line(&line);
        }
    }
}

/// The size of a file and its text, if it has one that can be shown. What is not there is an empty text.
fn content(file: Option<&Opened>) -> Result<(Option<u64>, Option<String>), FsError> {
    let Some(file) = file else { return Ok((None, Some(String::new()))) };
    let size = file.stat_now().map_err(|error| crate::files::codes::code(&error))?.size;
    if MOST_FILE < size {
        return Ok((Some(size), None));
    }
    let mut bytes = Vec::new();
    copy(file, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    Ok((Some(size), text))
}
