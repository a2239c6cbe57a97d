//! A real folder on this machine with a canary beside it.
#![expect(clippy::disallowed_methods, reason = "tests look at the world; this is the part of it that they make")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempDir;

/// What the canary says. It must never be read, moved or changed by what runs in the workspace.
pub const CANARY: &str = "the canary sings\n";

/// A folder `workspace`, and beside it `private/canary.txt`. Both are gone with the value.
pub struct TemporaryWorkspace {
    around: TempDir,
    canary: Mark,
}

/// How a file is known to be the same and untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    content: Vec<u8>,
    changed: SystemTime,
    number: u64,
}

impl TemporaryWorkspace {
    /// An empty workspace.
    pub fn new() -> io::Result<Self> {
        let around = TempDir::new()?;
        fs::create_dir(around.path().join("workspace"))?;
        fs::create_dir(around.path().join("private"))?;
        let canary = around.path().join("private/canary.txt");
        fs::write(&canary, CANARY)?;
        let canary = Mark::of(&canary)?;
        Ok(Self { around, canary })
    }

    /// A small project: a README and a source file with marks in them, a `.git` with a hook folder, and `outside`, a
    /// link to the folder of the canary.
    pub fn project() -> io::Result<Self> {
        let workspace = Self::new()?;
        workspace.write("README.md", "# A small project\n\nTODO: say what it is for.\n")?;
        workspace.write("src/main.rs", "fn main() {\n    // FIXME: greet the person by name.\n}\n")?;
        workspace.write(".git/config", "[core]\n\tbare = false\n")?;
        fs::create_dir(workspace.root().join(".git/hooks"))?;
        std::os::unix::fs::symlink("../private", workspace.root().join("outside"))?;
        Ok(workspace)
    }

    /// The workspace on this machine.
    pub fn root(&self) -> PathBuf {
        self.around.path().join("workspace")
    }

    /// The folder around it, where tests put what belongs to no workspace.
    pub fn around(&self) -> &Path {
        self.around.path()
    }

    /// Writes a file, with its folders.
    pub fn write(&self, path: &str, content: &str) -> io::Result<()> {
        let path = self.root().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, content)
    }

    /// What a file holds; `None` when nothing is there.
    pub fn read(&self, path: &str) -> Option<String> {
        fs::read(self.root().join(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Whether anything is at this path, a broken link included.
    pub fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.root().join(path)).is_ok()
    }

    /// Whether the canary is the same file, with the same content, unchanged since the beginning.
    pub fn canary_is_untouched(&self) -> bool {
        Mark::of(&self.around.path().join("private/canary.txt")).is_ok_and(|mark| mark == self.canary)
    }
}

impl Mark {
    fn of(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = fs::metadata(path)?;
        Ok(Self { content: fs::read(path)?, changed: metadata.modified()?, number: metadata.ino() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_that_is_touched_is_noticed() {
        let workspace = TemporaryWorkspace::project().unwrap();
        assert!(workspace.canary_is_untouched());
        assert_eq!(workspace.read("outside/canary.txt").as_deref(), Some(CANARY), "the link leads to it");
        // The same words in another file are another canary.
        let canary = workspace.around().join("private/canary.txt");
        fs::rename(&canary, canary.with_extension("old")).unwrap();
        fs::write(&canary, CANARY).unwrap();
        assert!(!workspace.canary_is_untouched());
    }

    #[test]
    fn a_link_that_leads_nowhere_is_there() {
        let workspace = TemporaryWorkspace::new().unwrap();
        std::os::unix::fs::symlink("nowhere", workspace.root().join("link")).unwrap();
        assert!(workspace.has("link") && !workspace.has("nowhere"));
        assert_eq!(workspace.read("link"), None);
    }
}
