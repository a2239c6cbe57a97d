//! What the end-to-end tests share: the real binary, in a home of its own, on a workspace of its own.
//!
//! Every test here starts the program that a user starts and looks at the world afterwards.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests look at the world")]

pub mod line;
pub mod model;
pub mod server;
pub mod terminal;

pub use line::Line;
pub use model::ScriptedModel;
pub use server::Server;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home folder with nothing in it, and a workspace.
pub struct House {
    folder: tempfile::TempDir,
}

impl Default for House {
    fn default() -> Self {
        Self::new()
    }
}

impl House {
    /// An empty home and an empty workspace.
    ///
    /// # Panics
    /// When the temporary folder cannot be made.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("workspace")).expect("a workspace");
        std::fs::create_dir(folder.path().join("home")).expect("a home");
        Self { folder }
    }

    /// The folder around home and workspace: outside of what any guest may see.
    pub fn outside(&self) -> &Path {
        self.folder.path()
    }

    /// The user's home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The workspace.
    pub fn workspace(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// Writes a file of the workspace, with the folders around it.
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.workspace().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is made");
        std::fs::write(path, content).expect("the file is written");
    }

    /// Reads a file of the workspace.
    ///
    /// # Panics
    /// When the file cannot be read as text.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.workspace().join(path)).expect("the file is readable")
    }

    /// The program with these arguments, in this home, on this workspace, with nobody at the terminal.
    pub fn command<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).env_clear().env("HOME", self.home()).current_dir(self.workspace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the program to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        Ended::of(&self.command(arguments).output().expect("the program starts"))
    }

    /// Everything in the journal of a session.
    ///
    /// # Panics
    /// When it cannot be shown.
    pub fn events(&self, session: &str) -> Vec<serde_json::Value> {
        let shown = self.run(["session", "show", session, "--output-format", "json"]).code(0).json();
        shown.as_array().expect("a list of events").clone()
    }

    /// The session in which something happened last.
    ///
    /// # Panics
    /// When there is none.
    pub fn newest_session(&self) -> String {
        let sessions = self.run(["session", "list", "--output-format", "json"]).code(0).json();
        sessions[0]["session"].as_str().expect("a session").to_owned()
    }

    /// Every byte that the program left in its home, file by file.
    ///
    /// # Panics
    /// When a file cannot be read.
    pub fn left_behind(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.home()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the home is readable") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    files.push((path.clone(), std::fs::read(path).expect("a file is readable")));
                }
            }
        }
        files
    }
}

/// What a program that ended left on its outputs.
#[derive(Debug)]
pub struct Ended {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ended {
    /// Reads the outputs as text.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Standard output as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Each line of standard output as JSON.
    ///
    /// # Panics
    /// When a line is not JSON.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
        self.out.lines().map(parse).collect()
    }

    /// Insists on an exit code.
    ///
    /// # Panics
    /// When it is another one.
    #[must_use]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// The program under test: beside the folder that holds this test.
///
/// # Panics
/// When it has not been built.
pub fn binary() -> PathBuf {
    built("boxagnts", "BOXAGNTS_BIN")
}

/// A program that was built, named by a variable or beside the folder that holds this test.
fn built(name: &str, variable: &str) -> PathBuf {
    if let Some(given) = std::env::var_os(variable) {
        return PathBuf::from(given);
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let built = test.ancestors().nth(2).expect("tests lie two folders down").join(name);
    assert!(built.is_file(), "{} is missing; build it with: cargo build --workspace --bin {name}", built.display());
    built
}
