//! A disk as it may be after the power went: what was synced is there, and of the rest anything or nothing.
//!
//! The model is stricter than most file systems are: the content of a file is safe only after a sync of the file, its name
//! only after a sync of the folder; of what was not synced each write may be missing, and one may be torn between
//! sectors.

use super::random::Random;
use std::collections::BTreeMap;

/// The unit that a disk writes as a whole.
const SECTOR: usize = 512;

/// Something that was done to files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Folder(String),
    Create(String),
    /// Bytes at a place, or at the end.
    Write(String, Option<usize>, Vec<u8>),
    Cut(String, usize),
    /// A file or folder was synced.
    Sync(String),
    /// A nameless file got a name, or a name got another one.
    Name(String, String),
    Remove(String),
}

/// What happens to all that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loss {
    /// It is gone.
    All,
    /// It is there, as after the end of a process.
    Nothing,
    /// Some of it is there, in any order.
    Some,
}

impl Deed {
    /// What it was done to.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Folder(path)
            | Self::Create(path)
            | Self::Sync(path)
            | Self::Remove(path)
            | Self::Write(path, ..)
            | Self::Cut(path, _)
            | Self::Name(_, path) => path,
        }
    }

    /// The same for a person.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Write(path, at, bytes) => format!("Write({path}, {at:?}, {} bytes)", bytes.len()),
            other => format!("{other:?}"),
        }
    }
}

#[derive(Debug, Clone, Default)]
struct File {
    safe: Vec<u8>,
    loose: Vec<(Option<usize>, Change)>,
    named: bool,
}

#[derive(Debug, Clone)]
enum Change {
    Write(Vec<u8>),
    Cut(usize),
}

impl File {
    fn after(&self, loss: Loss, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.safe.clone();
        for (at, change) in &self.loose {
            let whole = match loss {
                Loss::All => continue,
                Loss::Nothing => true,
                Loss::Some if random.below(3) == 0 => continue,
                Loss::Some => random.below(8) != 0,
            };
            apply(&mut bytes, *at, change, (!whole).then_some(&mut *random));
        }
        bytes
    }
}

/// Files and folders with what is known to be safe of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    files: BTreeMap<String, File>,
    folders: BTreeMap<String, bool>,
}

/// What is found when the power is back: folders, and files with their content.
pub(super) type Found = (Vec<String>, BTreeMap<String, Vec<u8>>);

impl Disk {
    /// A disk on which one file and nothing else is safe.
    pub(super) fn with(path: &str, bytes: &[u8]) -> Self {
        let file = File { safe: bytes.to_vec(), loose: Vec::new(), named: true };
        Self { files: BTreeMap::from([(path.to_owned(), file)]), folders: BTreeMap::new() }
    }

    pub(super) fn take(&mut self, deed: &Deed) {
        match deed {
            Deed::Folder(path) => drop(self.folders.entry(path.clone()).or_insert(false)),
            Deed::Create(path) => drop(self.files.entry(path.clone()).or_default()),
            Deed::Write(path, at, bytes) => self.change(path, *at, Change::Write(bytes.clone())),
            Deed::Cut(path, length) => self.change(path, None, Change::Cut(*length)),
            Deed::Sync(path) => self.sync(path),
            Deed::Name(from, to) => {
                if let Some(file) = self.files.remove(from) {
                    self.files.insert(to.clone(), File { named: false, ..file });
                }
            }
            Deed::Remove(path) => drop(self.files.remove(path)),
        }
    }

    fn change(&mut self, path: &str, at: Option<usize>, change: Change) {
        self.files.entry(path.to_owned()).or_default().loose.push((at, change));
    }

    fn sync(&mut self, path: &str) {
        if let Some(file) = self.files.get_mut(path) {
            let loose = std::mem::take(&mut file.loose);
            for (at, change) in &loose {
                apply(&mut file.safe, *at, change, None);
            }
            return;
        }
        let is_inside = |name: &String| name.strip_prefix(path).is_some_and(|rest| rest.rfind('/') == Some(0));
        for (_, file) in self.files.iter_mut().filter(|(name, _)| is_inside(name)) {
            file.named = true;
        }
        for (_, safe) in self.folders.iter_mut().filter(|(name, _)| is_inside(name)) {
            *safe = true;
        }
    }

    /// What may be found after such a loss.
    pub(super) fn after(&self, loss: Loss, random: &mut Random) -> Found {
        let mut keep = || match loss {
            Loss::All => false,
            Loss::Nothing => true,
            Loss::Some => random.below(2) == 0,
        };
        let folders: Vec<String> =
            self.folders.iter().filter(|(_, safe)| **safe || keep()).map(|(path, _)| path.clone()).collect();
        let gone = |path: &str| {
            let mut away = self.folders.keys().filter(|folder| !folders.contains(folder));
            away.any(|folder| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        let named: Vec<&String> = self
            .files
            .iter()
            .filter(|(path, file)| (file.named || keep()) && !gone(path))
            .map(|(path, _)| path)
            .collect();
        let folders = folders.iter().filter(|path| !gone(path)).cloned().collect();
        (folders, named.into_iter().map(|path| (path.clone(), self.files[path].after(loss, random))).collect())
    }
}

/// Makes a change, or with chance only some sectors of it.
fn apply(bytes: &mut Vec<u8>, at: Option<usize>, change: &Change, mut torn: Option<&mut Random>) {
    match change {
        Change::Cut(length) => bytes.resize(*length, 0),
        Change::Write(new) => {
            let at = at.unwrap_or(bytes.len());
            if bytes.len() < at + new.len() {
                bytes.resize(at + new.len(), 0);
            }
            let mut from = 0;
            while from < new.len() {
                // Sectors are those of the disk, not of the write.
                let to = new.len().min(from + SECTOR - (at + from) % SECTOR);
                if torn.as_mut().is_none_or(|random| random.below(2) == 0) {
                    bytes[at + from..at + to].copy_from_slice(&new[from..to]);
                }
                from = to;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str, text: &str) -> Deed {
        Deed::Write(path.to_owned(), None, text.as_bytes().to_vec())
    }

    fn disk(deeds: &[Deed]) -> Disk {
        let mut disk = Disk::default();
        for deed in deeds {
            disk.take(deed);
        }
        disk
    }

    #[test]
    fn x03_only_what_was_synced_survives_and_a_name_needs_its_folder() {
        let (create, sync) = (Deed::Create("/d/f".to_owned()), Deed::Sync("/d/f".to_owned()));
        let mut deeds = vec![create, write("/d/f", "one"), sync, write("/d/f", "two")];
        let mut random = Random::new(1, 1);
        assert!(disk(&deeds).after(Loss::All, &mut random).1.is_empty());
        deeds.push(Deed::Sync("/d".to_owned()));
        assert_eq!(disk(&deeds).after(Loss::All, &mut random).1["/d/f"], b"one");
        assert_eq!(disk(&deeds).after(Loss::Nothing, &mut random).1["/d/f"], b"onetwo");
    }

    #[test]
    fn a_folder_that_is_lost_takes_what_is_in_it_along() {
        let deeds = [Deed::Folder("/d".to_owned()), Deed::Create("/d/f".to_owned()), Deed::Sync("/d".to_owned())];
        assert!(disk(&deeds).after(Loss::All, &mut Random::new(1, 1)).1.is_empty());
    }
}
