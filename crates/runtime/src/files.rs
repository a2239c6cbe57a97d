//! The files of the workspace as a person looks at them in a face: without a tool and without a permit, and never
//! outside of the folders that tools see.

use crate::house::Runtime;
use crate::toolbox;
use crate::witness;
use boxagnts_record::event::Earlier;
use boxagnts_record::{Body, Event, StoreError};
use boxagnts_tools::comparison::{Comparison, MOST_FILE, Side};
use boxagnts_types::{GuestPath, SessionId, Time};
use boxagnts_workspace::{Access, FileError, Follow, Kind, Moment, Opened, ReadOpen, Root};
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Names of one folder that are shown.
const MOST_NAMES: usize = 5000;
/// Names that a search looks at, and how long.
const MOST_LOOKED_AT: usize = 50_000;
const LOOKS_FOR: Duration = Duration::from_millis(500);
/// Folders that hold what nobody wrote by hand; a search leaves them out, as it does those whose name begins with a dot.
const LEFT_OUT: [&str; 4] = ["node_modules", "target", "__pycache__", "venv"];

/// A folder as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// As tools see it.
    pub path: GuestPath,
    /// By name, folders first.
    pub entries: Vec<Listed>,
}

/// A name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name; one that is no UTF-8 is escaped.
    pub name: String,
    /// What it is, links not followed.
    pub kind: ListedKind,
    /// Its length.
    pub bytes: u64,
    /// When its content changed last.
    pub changed: Option<Time>,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListedKind {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A device, a pipe or a socket, which is never opened.
    Other,
}

/// The beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// As tools see it.
    pub path: GuestPath,
    /// As many bytes as were asked for, from the start.
    pub bytes: Vec<u8>,
    /// How many it has.
    pub size: u64,
}

/// A path that a session changed, compared with what stands there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// As tools see it.
    pub path: GuestPath,
    /// What became of it.
    pub kind: ChangedKind,
    /// The lines that went and came, as a text, where it is one.
    pub diff: Option<String>,
    /// Its length before, and now.
    pub before: Option<u64>,
    /// Its length now.
    pub now: Option<u64>,
    /// The first turn that changed it.
    pub turn: u32,
}

/// What became of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedKind {
    /// There was nothing.
    Created,
    /// Its content is another.
    Changed,
    /// There is nothing any more.
    Deleted,
    /// A folder that was moved away.
    Moved,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
}

/// Why a file cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The path names nothing that tools could see.
    #[error("{0:?} is no path of the workspace or a mapped folder: {1}")]
    Path(String, String),
    /// The disk says no.
    #[error("{0} cannot be shown")]
    File(GuestPath, #[source] FileError),
    /// It is a folder, or it is none.
    #[error("{0} is {1}")]
    Kind(GuestPath, &'static str),
    /// The journal cannot be read.
    #[error(transparent)]
    Record(#[from] StoreError),
    /// The look was broken off.
    #[error("the look was broken off")]
    BrokenOff,
}

impl LookError {
    /// Whether what was asked for is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::File(_, error) if error.is_absent() || matches!(error, FileError::Hidden))
    }
}

type Roots = Vec<(GuestPath, Arc<Root>)>;

impl Runtime {
    /// The names in a folder.
    pub async fn list_folder(&self, path: &str) -> Result<Listing, LookError> {
        let (path, root, below) = self.find(path)?;
        blocking(move || list(&path, &root, &below)).await
    }

    /// The beginning of a file, at most `most` bytes.
    pub async fn read_file(&self, path: &str, most: usize) -> Result<Content, LookError> {
        let (path, root, below) = self.find(path)?;
        blocking(move || read(path, &root, &below, most)).await
    }

    /// Files of the workspace whose paths have these letters in this order, the nearest first.
    pub async fn search_files(&self, letters: &str, most: usize) -> Result<Vec<String>, LookError> {
        let (root, letters) = (Arc::clone(&self.root), letters.to_lowercase());
        blocking(move || Ok(search(&root, &letters, most))).await
    }

    /// Every path that a session changed, with what stood there before its first change and what stands there now.
    pub async fn changed_files(&self, session: SessionId) -> Result<Vec<Changed>, LookError> {
        let mut first: BTreeMap<String, (u32, Earlier)> = BTreeMap::new();
        let mut turn = 0;
        for Event { body, .. } in self.events(session, 0).await? {
            match body {
                Body::TurnStarted { .. } => turn += 1,
                Body::FileBefore { path, earlier } => {
                    first.entry(path).or_insert((turn, earlier));
                }
                _ => {}
            }
        }
        let roots = self.roots();
        let mut changed = Vec::new();
        for (path, (turn, earlier)) in first {
            let Ok(path) = GuestPath::parse(&path) else { continue };
            let before = match &earlier {
                Earlier::Absent => Side::absent(),
                Earlier::File { digest, bytes, .. } if *bytes <= MOST_FILE => {
                    Side::of(self.store.blob(digest.clone()).await?)
                }
                Earlier::File { bytes, .. } => Side::too_long(*bytes),
                Earlier::Link { .. } | Earlier::Folder | Earlier::Moved { .. } => Side { size: None, text: None },
            };
            let here = roots.clone();
            let at = path.clone();
            let now = blocking(move || Ok(witness::look(&here, &at).side)).await?;
            changed.extend(compare(path, turn, &earlier, &before, now));
        }
        Ok(changed)
    }

    fn roots(&self) -> Roots {
        let workspace = (GuestPath::workspace(), Arc::clone(&self.root));
        let mapped =
            self.maps.iter().filter_map(|map| Some((toolbox::folder_path(&map.name).ok()?, Arc::clone(&map.root))));
        std::iter::once(workspace).chain(mapped).collect()
    }

    fn find(&self, text: &str) -> Result<(GuestPath, Arc<Root>, String), LookError> {
        let wrong = |why: &str| LookError::Path(text.to_owned(), why.to_owned());
        let path = GuestPath::parse(text).map_err(|error| wrong(&error.to_string()))?;
        let roots = self.roots();
        let found = roots.iter().find_map(|(at, root)| Some((Arc::clone(root), path.below(at)?.to_owned())));
        let (root, below) = found.ok_or_else(|| wrong("it lies in none of them"))?;
        Ok((path, root, below))
    }
}

async fn blocking<T: Send + 'static>(
    look: impl FnOnce() -> Result<T, LookError> + Send + 'static,
) -> Result<T, LookError> {
    tokio::task::spawn_blocking(look).await.unwrap_or(Err(LookError::BrokenOff))
}

fn open(root: &Root, below: &str) -> Result<Opened, FileError> {
    match root.open_read(below)? {
        ReadOpen::Direct(opened) => Ok(opened),
        ReadOpen::Elsewhere(place) => place.open(Access::READ),
    }
}

fn list(path: &GuestPath, root: &Root, below: &str) -> Result<Listing, LookError> {
    let fault = |error| LookError::File(path.clone(), error);
    let folder = open(root, below).map_err(fault)?;
    if folder.stat().kind != Kind::Folder {
        return Err(LookError::Kind(path.clone(), "no folder"));
    }
    let mut entries = Vec::new();
    for entry in folder.list(MOST_NAMES).map_err(fault)? {
        let kind = kind(entry.kind);
        let (name, stat) = match entry.name {
            Ok(name) => {
                let at = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
                let stat = root.pin(&at, Follow::No).ok().and_then(|place| place.stat().copied());
                (name, stat)
            }
            Err(escaped) => (escaped, None),
        };
        let (bytes, changed) = stat.map_or((0, None), |stat| (stat.size, Some(time(stat.modified))));
        entries.push(Listed { name, kind, bytes, changed });
    }
    entries.sort_by(|a, b| (a.kind != ListedKind::Folder, &a.name).cmp(&(b.kind != ListedKind::Folder, &b.name)));
    Ok(Listing { path: path.clone(), entries })
}

fn kind(kind: Kind) -> ListedKind {
    match kind {
        Kind::Folder => ListedKind::Folder,
        Kind::File => ListedKind::File,
        Kind::Link => ListedKind::Link,
        Kind::BlockDevice | Kind::CharacterDevice | Kind::Other => ListedKind::Other,
    }
}

fn time(moment: Moment) -> Time {
    let micros = moment.seconds.saturating_mul(1_000_000).saturating_add(i64::from(moment.nanoseconds / 1000));
    Time::from_micros(micros)
}

fn read(path: GuestPath, root: &Root, below: &str, most: usize) -> Result<Content, LookError> {
    let fault = |error| LookError::File(path.clone(), error);
    let file = open(root, below).map_err(fault)?;
    if file.stat().kind != Kind::File {
        return Err(LookError::Kind(path, "a folder"));
    }
    let size = file.stat().size;
    let mut bytes = vec![0; usize::try_from(size).unwrap_or(most).min(most)];
    let mut read = 0;
    while read < bytes.len() {
        match file.file().read_at(&mut bytes[read..], read as u64).map_err(|error| fault(FileError::System(error)))? {
            0 => break,
            more => read += more,
        }
    }
    bytes.truncate(read);
    Ok(Content { path, bytes, size })
}

/// Goes through the workspace, folder by folder, until it has seen enough or has looked long enough.
fn search(root: &Root, letters: &str, most: usize) -> Vec<String> {
    let (begun, mut seen) = (Instant::now(), 0);
    let mut folders = VecDeque::from([String::new()]);
    let mut found: Vec<(usize, String)> = Vec::new();
    while let Some(folder) = folders.pop_front() {
        if MOST_LOOKED_AT < seen || LOOKS_FOR < begun.elapsed() {
            break;
        }
        let Ok(names) = open(root, &folder).and_then(|opened| opened.list(MOST_NAMES)) else { continue };
        for entry in names {
            seen += 1;
            let Ok(name) = entry.name else { continue };
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            match entry.kind {
                Kind::Folder if !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str()) => folders.push_back(path),
                Kind::File => found.extend(distance(&path, letters).map(|distance| (distance, path))),
                _ => {}
            }
        }
    }
    found.sort();
    found.truncate(most);
    found.into_iter().map(|(_, path)| path).collect()
}

/// How far a path is from what was typed: the letters between those that match, those in the last name weighing less.
fn distance(path: &str, letters: &str) -> Option<usize> {
    let lower = path.to_lowercase();
    let mut wanted = letters.chars().rev().filter(|c| !c.is_whitespace()).peekable();
    let (mut gaps, mut matched) = (0, false);
    for c in lower.chars().rev() {
        if wanted.peek() == Some(&c) {
            wanted.next();
            matched = true;
        } else if matched && wanted.peek().is_some() {
            gaps += 1;
        }
    }
    wanted.peek().is_none().then(|| gaps * 100 + path.len())
}

/// What became of a path; nothing when it is as it was.
fn compare(path: GuestPath, turn: u32, earlier: &Earlier, before: &Side, now: Option<Side>) -> Option<Changed> {
    let absent = Side::absent();
    let gone = now.as_ref() == Some(&absent);
    let kind = match earlier {
        Earlier::Absent if gone => return None,
        Earlier::Absent => ChangedKind::Created,
        Earlier::Moved { .. } => ChangedKind::Moved,
        Earlier::Link { .. } => ChangedKind::Link,
        Earlier::Folder => ChangedKind::Folder,
        Earlier::File { .. } if gone => ChangedKind::Deleted,
        Earlier::File { .. } if before.text.is_some() && now.as_ref() == Some(before) => return None,
        Earlier::File { .. } => ChangedKind::Changed,
    };
    let word = match kind {
        ChangedKind::Created => "created",
        ChangedKind::Deleted => "deleted",
        _ => "changed",
    };
    let is_file = matches!(kind, ChangedKind::Created | ChangedKind::Changed | ChangedKind::Deleted);
    let diff = now.as_ref().filter(|_| is_file).map(|now| {
        let mut comparison = Comparison::default();
        comparison.file(&path, word, before, now);
        comparison.into_text()
    });
    Some(Changed { path, kind, diff, before: before.size, now: now.and_then(|now| now.size), turn })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_path_is_the_one_that_was_meant() {
        let paths = ["src/main.rs", "src/domain/rs.txt", "docs/main.md", "tests/remains.rs"];
        let mut found: Vec<_> = paths.iter().filter_map(|path| Some((distance(path, "main.rs")?, *path))).collect();
        found.sort_unstable();
        assert_eq!(found[0].1, "src/main.rs");
        assert_eq!(distance("docs/main.md", "main.rs"), None);
        assert!(distance("README.md", "rdm").is_some() && distance("README.md", "").is_some());
    }

    #[test]
    fn a_file_that_is_as_it_was_is_not_changed() {
        let path = GuestPath::parse("/workspace/a").unwrap();
        let earlier = Earlier::File { digest: String::new(), bytes: 2, mode: 0o644 };
        let side = |text: &str| Side::of(text.as_bytes().to_vec());
        let compared = |now| compare(path.clone(), 1, &earlier, &side("a\n"), Some(now));
        assert_eq!(compared(side("a\n")), None);
        let changed = compared(side("b\n")).unwrap();
        assert!(changed.kind == ChangedKind::Changed && changed.diff.unwrap().contains("-a\n+b"));
        assert_eq!(compared(Side::absent()).map(|changed| changed.kind), Some(ChangedKind::Deleted));
        assert_eq!(compare(path.clone(), 1, &Earlier::Absent, &Side::absent(), Some(Side::absent())), None);
    }
}
