//! Keeps the labels of the files that calls wrote, for this workspace and all its sessions.
//!
//! A label belongs to a path and to the content that was written there: when the person changes the file, it is theirs.
//! The labels lie in the journal as letters to the workspace, so that every later process reads them and none is lost
//! with a session. Most workspaces have none, and then nothing is looked up and no file is read.

use crate::outside::Outside;
use boxagnts_capability::Places;
use boxagnts_record::outbox::Delivery;
use boxagnts_record::{Journal, Name, StoreError};
use boxagnts_sandbox::FileLabels;
use boxagnts_types::{CallId, GuestPath, Label};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// To whom the letters go. Names that begin so are a workspace's own: they outlive the processes that wrote them, and go
/// with a copy of the journal.
const BOX: &str = "workspace:file-labels";

/// How many letters are read at once.
const READ_AT_ONCE: usize = 10_000;

/// A larger file is not looked into: whatever is at its path has the label.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Where the files of a session lie that no later one sees.
const SCRATCH: &str = "tmp";

/// The labels of files, as one session knows them.
pub(crate) struct FileBook {
    places: Places,
    journal: Journal,
    name: Name,
    pages: RwLock<Pages>,
    house: Outside,
}

#[derive(Default)]
struct Pages {
    by_path: HashMap<GuestPath, Entry>,
    /// The number of the last letter that was read.
    through: u64,
}

#[derive(Clone)]
struct Entry {
    /// SHA-256 of the content that has the label; absent, whatever is there has it.
    content: Option<String>,
    label: Label,
}

/// What stands in a letter.
#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// Absent: nothing is known of the path any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<Label>,
}

impl FileBook {
    /// A book that has everything that was written down so far.
    pub(crate) async fn open(places: Places, journal: Journal) -> Result<Self, StoreError> {
        let name = BOX.parse().map_err(|error| StoreError::Damaged(format!("{error}")))?;
        let book = Self { places, journal, name, pages: RwLock::default(), house: Outside::here() };
        book.read_on().await?;
        Ok(book)
    }

    /// Reads what other processes have written since.
    pub(crate) async fn read_on(&self) -> Result<(), StoreError> {
        loop {
            let through = self.pages().through;
            let letters = self.journal.store().letters(self.name.clone(), through, READ_AT_ONCE).await?;
            let is_all = letters.len() < READ_AT_ONCE;
            let mut pages = self.pages_to_write();
            for letter in &letters {
                pages.take(letter);
            }
            if is_all {
                return Ok(());
            }
        }
    }

    fn entry(&self, path: &GuestPath) -> Option<Entry> {
        let pages = self.pages();
        if pages.by_path.is_empty() { None } else { pages.by_path.get(path).cloned() }
    }

    fn write_down(&self, call: CallId, path: &GuestPath, entry: Option<Entry>) -> io::Result<()> {
        if path.parts().next() != Some(SCRATCH) {
            let (content, label) = entry.clone().map(|entry| (entry.content, entry.label)).unzip();
            let line = Line { path: path.to_string(), content: content.flatten(), label };
            let text = serde_json::to_string(&line)?;
            let journal = self.journal.at_call(call);
            let batch = journal.batch(Vec::new()).send(self.name.clone(), text);
            self.house.wait(async move { journal.write(batch).await })?;
        }
        self.pages_to_write().set(path.clone(), entry);
        Ok(())
    }

    fn pages(&self) -> RwLockReadGuard<'_, Pages> {
        // A map is whole after every step.
        self.pages.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn pages_to_write(&self) -> RwLockWriteGuard<'_, Pages> {
        self.pages.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn take(&mut self, letter: &Delivery) {
        self.through = self.through.max(letter.number);
        // A letter of a newer program that cannot be read says nothing to this one.
        let Ok(line) = serde_json::from_str::<Line>(&letter.letter.body) else { return };
        let Ok(path) = GuestPath::parse(&line.path) else { return };
        let content = line.content;
        self.set(path, line.label.map(|label| Entry { content, label }));
    }

    fn set(&mut self, path: GuestPath, entry: Option<Entry>) {
        match entry {
            Some(entry) => self.by_path.insert(path, entry),
            None => self.by_path.remove(&path),
        };
    }
}

impl FileLabels for FileBook {
    fn of_place(&self, path: &GuestPath) -> Label {
        self.places.label(path)
    }

    fn of_content(&self, path: &GuestPath, file: &File) -> Option<Label> {
        let Entry { content, label } = self.entry(path)?;
        // Where it cannot be told whether the content is still the same, it is.
        let is_changed =
            content.is_some_and(|content| digest(file).is_ok_and(|now| now.is_some_and(|now| now != content)));
        if is_changed { None } else { Some(label) }
    }

    fn wrote(&self, call: CallId, path: &GuestPath, label: &Label, content: Option<&File>) -> io::Result<()> {
        let entry = if label.is_ordinary() {
            // A clean call has written all that is there, or it would have seen the rest.
            if content.is_none() || self.entry(path).is_none() {
                return Ok(());
            }
            None
        } else {
            let content = content.map(digest).transpose()?.flatten();
            Some(Entry { content, label: label.clone() })
        };
        self.write_down(call, path, entry)
    }

    /// The old names stay: whether it really moved is known later, and the content must fit in any case.
    fn moved(&self, call: CallId, from: &GuestPath, to: &GuestPath) -> io::Result<()> {
        let at = |(path, entry): (&GuestPath, &Entry)| Some((to.join(path.below(from)?).ok()?, entry.clone()));
        let moved: Vec<(GuestPath, Entry)> = self.pages().by_path.iter().filter_map(at).collect();
        moved.into_iter().try_for_each(|(path, entry)| self.write_down(call, &path, Some(entry)))
    }
}

/// SHA-256 of a file in hexadecimal digits, read from its start without moving the position that others read by; none
/// when it is too large to be looked into.
fn digest(file: &File) -> io::Result<Option<String>> {
    let (mut digest, mut chunk, mut position) = (Sha256::new(), vec![0; 64 * 1024], 0);
    loop {
        match file.read_at(&mut chunk, position)? {
            0 => break,
            read => {
                digest.update(&chunk[..read]);
                position += read as u64;
            }
        }
        if LARGEST < position {
            return Ok(None);
        }
    }
    let mut text = String::with_capacity(64);
    for byte in digest.finalize() {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_capability::WorkspaceTrust;
    use boxagnts_record::{Claim, ManualStamp, MemoryStore, Store};
    use boxagnts_types::{PrincipalId, SessionId, WorkspaceId};
    use futures::executor::block_on;
    use std::io::Write as _;
    use std::sync::Arc;
    use std::time::Duration;
    use ulid::Ulid;

    const PAGE: &str = "https://a.test";

    fn book(store: &Arc<dyn Store>, session: u64) -> FileBook {
        let claim = Claim {
            session: SessionId::from_ulid(Ulid::from_parts(session, 1)),
            workspace: WorkspaceId::from_ulid(Ulid::from_parts(1, 1)),
            principal: PrincipalId::local(),
            holder: "a test".to_owned(),
            time_to_live: Duration::from_hours(1),
        };
        let journal = Journal::new(Arc::clone(store), block_on(store.claim(claim)).unwrap());
        block_on(FileBook::open(Places::new(WorkspaceTrust::Trusted), journal)).unwrap()
    }

    fn store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(Arc::new(ManualStamp::new())))
    }

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn path(text: &str) -> GuestPath {
        GuestPath::parse(text).unwrap()
    }

    fn call() -> CallId {
        CallId::from_ulid(Ulid::from_parts(9, 1))
    }

    #[test]
    fn a_later_session_knows_what_an_earlier_one_wrote_until_somebody_changes_it() {
        let (store, notes) = (store(), path("notes.md"));
        let label = Label::untrusted(PAGE);
        let first = book(&store, 1);
        first.wrote(call(), &notes, &label, None).unwrap();
        assert_eq!(first.of_content(&notes, &file("half")), Some(label.clone()), "while it is written, anything there");
        first.wrote(call(), &notes, &label, Some(&file("tainted"))).unwrap();
        for later in [book(&store, 2), first] {
            assert_eq!(later.of_content(&notes, &file("tainted")), Some(label.clone()));
            assert_eq!(later.of_content(&notes, &file("edited by the person")), None);
            assert_eq!(later.of_content(&path("other.md"), &file("tainted")), None, "another file");
        }
    }

    #[test]
    fn a_session_that_runs_already_hears_of_it_at_its_next_turn() {
        let (store, notes) = (store(), path("notes.md"));
        let (one, two) = (book(&store, 1), book(&store, 2));
        one.wrote(call(), &notes, &Label::untrusted(PAGE), Some(&file("x"))).unwrap();
        assert_eq!(two.of_content(&notes, &file("x")), None);
        block_on(two.read_on()).unwrap();
        assert!(two.of_content(&notes, &file("x")).is_some());
    }

    #[test]
    fn a_clean_call_that_writes_it_anew_clears_it() {
        let (store, notes) = (store(), path("notes.md"));
        let book = book(&store, 1);
        book.wrote(call(), &notes, &Label::untrusted(PAGE), None).unwrap();
        book.wrote(call(), &notes, &Label::INTERNAL, None).unwrap();
        assert!(book.of_content(&notes, &file("x")).is_some(), "it has only begun");
        book.wrote(call(), &notes, &Label::INTERNAL, Some(&file("x"))).unwrap();
        assert_eq!(book.of_content(&notes, &file("x")), None);
    }

    #[test]
    fn a_label_goes_with_a_file_and_with_a_folder() {
        let (store, folder) = (store(), path("web"));
        let book = book(&store, 1);
        book.wrote(call(), &path("web/a.md"), &Label::untrusted(PAGE), Some(&file("x"))).unwrap();
        book.moved(call(), &folder, &path("docs")).unwrap();
        book.moved(call(), &path("docs/a.md"), &path("b.md")).unwrap();
        for name in ["docs/a.md", "b.md"] {
            assert!(book.of_content(&path(name), &file("x")).is_some(), "{name}");
        }
        assert_eq!(book.of_content(&path("docs"), &file("x")), None);
    }

    #[test]
    fn what_lies_in_the_scratch_folder_is_labelled_for_this_session_alone() {
        let (store, scratch) = (store(), path("/tmp/x"));
        let first = book(&store, 1);
        first.wrote(call(), &scratch, &Label::untrusted(PAGE), Some(&file("x"))).unwrap();
        assert!(first.of_content(&scratch, &file("x")).is_some());
        assert_eq!(book(&store, 2).of_content(&scratch, &file("x")), None);
    }
}
