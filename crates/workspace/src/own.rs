//! What a workspace brings along in its own `.boxagnts`: a configuration and tools.
//!
//! Each step is one name in an open folder and no link is followed, so that nothing from elsewhere passes for part of
//! the workspace. Everything has a bound: whoever made the repository chose what lies here.

use crate::hidden::OWN_NAME;
use crate::identity::{Kind, Stat};
use crate::root::Root;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, Mode, OFlags, fstat, openat, statat};
use rustix::io::Errno;
use std::fs::File;
use std::io;

/// The configuration of a workspace, in its `.boxagnts`.
pub const CONFIG: &str = "config.toml";
/// The folder of the tools of a workspace, in its `.boxagnts`.
pub const TOOLS: &str = "tools";

/// More files than the tools of a workspace have.
const MOST_FILES: usize = 1000;
/// Their bytes, all together.
const MOST_BYTES: u64 = 256 << 20;
/// Folders in folders.
const DEEPEST: usize = 16;

/// Why what a workspace brings along cannot be looked at. Paths begin at its `.boxagnts`.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// A link, a FIFO, a device.
    #[error(".boxagnts/{0} is neither a plain file nor a plain folder (a link is not followed here)")]
    NotPlain(String),
    /// A name that cannot be shown as it is.
    #[error("a name in .boxagnts/{0} is not UTF-8")]
    NotUtf8(String),
    /// More than a person can look through.
    #[error(".boxagnts holds more than {MOST_FILES} files, {} MiB or {DEEPEST} folders in folders", MOST_BYTES >> 20)]
    TooMuch,
    /// What the system said.
    #[error(".boxagnts/{path} cannot be read")]
    System {
        /// Where.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes each file: its path below `.boxagnts`, and its bytes.
pub type Visit<'v> = dyn FnMut(&str, &mut dyn io::Read) -> io::Result<()> + 'v;

impl Root {
    /// Whether the workspace brings something along that would count if it were trusted. Nothing of it is read.
    pub fn brings_something(&self) -> Result<bool, OwnError> {
        let kind = |path: &str, name: &str| match statat(self.folder(), path, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stat::of(&stat).kind)),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
            Err(errno) => Err(system(name, errno)),
        };
        let there = |name: &str| Ok(kind(&format!("{OWN_NAME}/{name}"), name)?.is_some());
        match kind(OWN_NAME, "")? {
            None => Ok(false),
            Some(Kind::Folder) => Ok(there(CONFIG)? || there(TOOLS)?),
            // Nothing of it is looked at, since a link would lead elsewhere.
            Some(_) => Ok(true),
        }
    }

    /// Reads the configuration and every file under the tools, in the order of their paths.
    pub fn visit_own(&self, visit: &mut Visit<'_>) -> Result<(), OwnError> {
        let Some(own) = folder_in(&self.folder(), OWN_NAME, "")? else { return Ok(()) };
        let mut walk = Walk { visit, files: 0, bytes: 0 };
        if let Some(stat) = stat_of(&own, CONFIG, CONFIG)? {
            walk.file(&own, CONFIG, CONFIG, stat)?;
        }
        match folder_in(&own, TOOLS, TOOLS)? {
            Some(tools) => walk.folder(&tools, TOOLS, DEEPEST),
            None => Ok(()),
        }
    }
}

struct Walk<'w, 'v> {
    visit: &'w mut Visit<'v>,
    files: usize,
    bytes: u64,
}

impl Walk<'_, '_> {
    fn folder(&mut self, folder: &OwnedFd, path: &str, depth: usize) -> Result<(), OwnError> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder).map_err(|errno| system(path, errno))? {
            let entry = entry.map_err(|errno| system(path, errno))?;
            let name = entry.file_name().to_str().map_err(|_| OwnError::NotUtf8(path.to_owned()))?;
            if name != "." && name != ".." {
                names.push(name.to_owned());
            }
            if MOST_FILES < names.len() {
                return Err(OwnError::TooMuch);
            }
        }
        names.sort_unstable();
        for name in names {
            let below = format!("{path}/{name}");
            // What vanished meanwhile is not there.
            let Some(stat) = stat_of(folder, &name, &below)? else { continue };
            if stat.kind != Kind::Folder {
                self.file(folder, &name, &below, stat)?;
                continue;
            }
            let Some(next) = depth.checked_sub(1) else { return Err(OwnError::TooMuch) };
            if let Some(inner) = folder_in(folder, &name, &below)? {
                self.folder(&inner, &below, next)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, folder: &OwnedFd, name: &str, path: &str, stat: Stat) -> Result<(), OwnError> {
        if stat.kind != Kind::File {
            return Err(OwnError::NotPlain(path.to_owned()));
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(folder, name, flags, Mode::empty()) {
            Ok(file) => file,
            Err(Errno::LOOP | Errno::NXIO | Errno::NODEV) => return Err(OwnError::NotPlain(path.to_owned())),
            Err(errno) => return Err(system(path, errno)),
        };
        // What was opened is what counts, whatever stood there a moment ago.
        let stat = Stat::of(&fstat(&file).map_err(|errno| system(path, errno))?);
        if stat.kind != Kind::File {
            return Err(OwnError::NotPlain(path.to_owned()));
        }
        (self.files, self.bytes) = (self.files + 1, self.bytes.saturating_add(stat.size));
        if MOST_FILES < self.files || MOST_BYTES < self.bytes {
            return Err(OwnError::TooMuch);
        }
        // It may grow while it is read.
        let mut bytes = io::Read::take(File::from(file), MOST_BYTES);
        (self.visit)(path, &mut bytes).map_err(|source| OwnError::System { path: path.to_owned(), source })
    }
}

fn folder_in(around: &impl AsFd, name: &str, path: &str) -> Result<Option<OwnedFd>, OwnError> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(around, name, flags, Mode::empty()) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::NOTDIR | Errno::LOOP) => Err(OwnError::NotPlain(path.to_owned())),
        Err(errno) => Err(system(path, errno)),
    }
}

fn stat_of(folder: &OwnedFd, name: &str, path: &str) -> Result<Option<Stat>, OwnError> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(Stat::of(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(system(path, errno)),
    }
}

fn system(path: &str, errno: Errno) -> OwnError {
    OwnError::System { path: path.to_owned(), source: errno.into() }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests prepare the world")]
mod tests {
    use super::*;
    use crate::hidden::Hidden;
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    fn visited(folder: &Path) -> Result<Vec<(String, String)>, OwnError> {
        let root = Root::open(folder, Hidden::by_name_only()).unwrap();
        let mut found = Vec::new();
        root.visit_own(&mut |path, bytes| {
            found.push((path.to_owned(), io::read_to_string(bytes)?));
            Ok(())
        })?;
        Ok(found)
    }

    fn write(folder: &Path, path: &str, content: &str) {
        let path = folder.join(".boxagnts").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn brings(folder: &Path) -> bool {
        Root::open(folder, Hidden::by_name_only()).unwrap().brings_something().unwrap()
    }

    #[test]
    fn the_configuration_and_the_tools_count_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        assert!(visited(folder.path()).unwrap().is_empty() && !brings(folder.path()));
        write(folder.path(), "journal/journal.sqlite3", "x");
        write(folder.path(), "skills/a/SKILL.md", "x");
        assert!(visited(folder.path()).unwrap().is_empty() && !brings(folder.path()));
        for (path, content) in
            [("tools/b/tool.yaml", "2"), ("tools/a/x/deep", "1"), ("config.toml", "0"), ("tools/z", "3")]
        {
            write(folder.path(), path, content);
        }
        let wanted = [("config.toml", "0"), ("tools/a/x/deep", "1"), ("tools/b/tool.yaml", "2"), ("tools/z", "3")];
        assert_eq!(visited(folder.path()).unwrap(), wanted.map(|(path, content)| (path.into(), content.into())));
        assert!(brings(folder.path()));
    }

    #[test]
    fn i07_what_is_a_link_or_a_fifo_is_refused_wherever_it_stands() {
        let outside = tempfile::tempdir().unwrap();
        write(outside.path(), "config.toml", "secret");
        write(outside.path(), "tools/a/tool.yaml", "secret");
        let there = outside.path().join(".boxagnts");
        for (name, target) in [
            ("", there.clone()),
            ("config.toml", there.join("config.toml")),
            ("tools", there.join("tools")),
            ("tools/a", there.join("tools/a")),
            ("tools/a/tool.yaml", there.join("tools/a/tool.yaml")),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let place = folder.path().join(".boxagnts").join(name);
            let place = place.components().as_path();
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            symlink(&target, place).unwrap();
            assert!(matches!(visited(folder.path()), Err(OwnError::NotPlain(path)) if path == name), "{name}");
            assert!(brings(folder.path()), "{name}");
            if name.is_empty() {
                continue;
            }
            fs::remove_file(place).unwrap();
            rustix::fs::mknodat(rustix::fs::CWD, place, rustix::fs::FileType::Fifo, Mode::from(0o600), 0).unwrap();
            assert!(matches!(visited(folder.path()), Err(OwnError::NotPlain(_))), "{name}");
        }
    }

    #[test]
    fn more_than_a_person_could_mean_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..=MOST_FILES {
            write(folder.path(), &format!("tools/{number}"), "");
        }
        assert!(matches!(visited(folder.path()), Err(OwnError::TooMuch)));
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &format!("tools/{}/x", ["d"; DEEPEST + 1].join("/")), "");
        assert!(matches!(visited(folder.path()), Err(OwnError::TooMuch)));
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "tools/big", "");
        fs::File::options()
            .write(true)
            .open(folder.path().join(".boxagnts/tools/big"))
            .unwrap()
            .set_len(MOST_BYTES + 1)
            .unwrap();
        assert!(matches!(visited(folder.path()), Err(OwnError::TooMuch)));
    }
}
