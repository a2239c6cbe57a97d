//! A house full of things that nobody may read or change.

use boxagnts_tests::House;
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is known of a file without opening it to anybody: its content, its inode, its times and its mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    content: Vec<u8>,
    inode: u64,
    changed: (i64, i64),
    mode: u32,
}

impl State {
    pub(crate) fn of(path: &Path) -> Self {
        let metadata = fs::symlink_metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let changed = (metadata.mtime(), metadata.mtime_nsec());
        let content = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { content, inode: metadata.ino(), changed, mode: metadata.mode() }
    }
}

struct Canary {
    path: PathBuf,
    /// The word in it that must turn up nowhere; none for a file that may be read and not be changed.
    word: Option<String>,
    before: State,
}

/// A tool of the workspace, with what its manifest says.
pub(crate) struct Brought {
    name: &'static str,
    manifest: String,
    component: Vec<u8>,
}

impl Brought {
    /// One of the guests that attack, which asks for every file there is.
    pub(crate) fn hostile(name: &'static str) -> Self {
        let manifest = "  permission-level: write
  permissions: [ \"fs.read:/workspace\", \"fs.write:/workspace\", \"fs.read:/folders\" ]\n";
        Self::of(name, manifest, built(name))
    }

    /// One of the guests that attack, which asks for nothing.
    pub(crate) fn idle(name: &'static str) -> Self {
        Self::of(name, "  permission-level: none\n", built(name))
    }

    /// A command without any right.
    pub(crate) fn command(name: &'static str, component: Vec<u8>) -> Self {
        Self::of(name, "  permission-level: none\n  invoke: args\n", component)
    }

    fn of(name: &'static str, rest: &str, component: Vec<u8>) -> Self {
        let manifest = format!("tool:\n  name: {name}\n  version: 1.0.0\n  description: Attacks.\n{rest}");
        Self { name, manifest, component }
    }
}

/// A guest of `guests/hostile`.
fn built(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("BOXAGNTS_HOSTILE_GUESTS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/hostile")), PathBuf::from);
    fs::read(folder.join(format!("{name}.wasm"))).expect("the guests are built: cargo xtask build")
}

/// A home and a workspace with canaries in and around them.
pub(crate) struct Scene {
    pub(crate) house: House,
    /// What the program finds in its environment besides.
    pub(crate) environment: Vec<(String, String)>,
    /// Whether the program is started where every file is made for everybody (`umask 000`).
    pub(crate) is_careless: bool,
    canaries: Vec<Canary>,
    /// Folders whose lists of names must stay as they are.
    folders: Vec<(PathBuf, Vec<PathBuf>)>,
}

/// Beside the workspace, in the home, and in our own folders.
const SECRET: [&str; 9] = [
    "canary.txt",
    "private/canary.txt",
    "home/.ssh/id_ed25519",
    "home/.bashrc",
    "home/.aws/credentials",
    "home/.config/boxagnts/config.toml",
    "home/.local/share/boxagnts/canary.txt",
    "home/.local/state/boxagnts/canary.txt",
    "home/.cache/boxagnts/canary.txt",
];

/// In the workspace: not even there for tools.
const HIDDEN: [&str; 2] = ["workspace/.boxagnts/notes.txt", "workspace/sub/.boxagnts/notes.txt"];

/// In the workspace: read by whoever likes, written by nobody.
const PROTECTED: [&str; 5] = [
    "workspace/.git/config",
    "workspace/.git/hooks/pre-commit.sample",
    "workspace/.mcp.json",
    "workspace/.vscode/tasks.json",
    "workspace/sub/.git/config",
];

impl Scene {
    /// A workspace with a README, links that lead out, and canaries all around.
    pub(crate) fn new() -> Self {
        Self::with_settings("")
    }

    /// The same, where the user's settings say this.
    pub(crate) fn with_settings(settings: &str) -> Self {
        Self::bringing(settings, &[])
    }

    /// The same, where the workspace brings tools along, which the person trusts.
    pub(crate) fn bringing(settings: &str, tools: &[Brought]) -> Self {
        let house = House::new();
        for Brought { name, manifest, component } in tools {
            house.write(&format!(".boxagnts/tools/{name}/tool.yaml"), manifest);
            house.write(&format!(".boxagnts/tools/{name}/component.wasm"), component);
        }
        house.write("README.md", "plain words\n");
        house.write("src/main.rs", "fn main() {}\n");
        let root = house.outside();
        let mut canaries = Vec::new();
        for (names, is_secret) in [(&SECRET[..], true), (&HIDDEN, true), (&PROTECTED, false)] {
            for name in names {
                let path = root.join(name);
                let word = format!("canary-{}", random());
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let settings = if name.ends_with("config.toml") { settings } else { "" };
                fs::write(&path, format!("# {word}\n{settings}")).unwrap();
                canaries.push(Canary { before: State::of(&path), path, word: is_secret.then_some(word) });
            }
        }
        for (target, link) in
            [("../private", "out"), ("/etc/passwd", "passwd"), ("/", "root"), (".git/hooks", "hooks"), ("src", "in")]
        {
            std::os::unix::fs::symlink(target, house.workspace().join(link)).unwrap();
        }
        let folders = ["private", "home/.ssh", "workspace/.git", "workspace/.boxagnts", "workspace/.vscode"];
        let folders = folders.map(|name| root.join(name)).map(|folder| (folder.clone(), names(&folder)));
        if !tools.is_empty() {
            let _trusted = house.run(["trust", "--yes"]).code(0);
        }
        Self { house, environment: Vec::new(), is_careless: false, canaries, folders: folders.to_vec() }
    }

    /// What the person grants to one tool for good.
    pub(crate) fn grants(&self, tool: &str, capabilities: &[&str]) {
        for capability in capabilities {
            let _added = self.house.run(["grant", "add", capability, "--for", tool]).code(0);
        }
    }

    /// What is known of a file of the workspace.
    pub(crate) fn state(&self, path: &str) -> State {
        State::of(&self.house.workspace().join(path))
    }

    /// The word in a canary, for a control that is to find it.
    pub(crate) fn word(&self, name: &str) -> String {
        let path = self.house.outside().join(name);
        let canary = self.canaries.iter().find(|canary| canary.path == path);
        canary.and_then(|canary| canary.word.clone()).unwrap_or_else(|| panic!("{name} is no canary"))
    }

    /// Insists that every canary is as it was, that nothing was planted beside one, and that no word of one stands in
    /// these texts or in anything that the program left.
    pub(crate) fn is_untouched(&self, texts: &[&str]) {
        self.is_unchanged();
        let left = self.house.left_behind();
        for canary in &self.canaries {
            let Some(word) = &canary.word else { continue };
            assert!(!texts.iter().any(|text| text.contains(word.as_str())), "{} was read", canary.path.display());
            for (path, bytes) in left.iter().filter(|(path, _)| *path != canary.path) {
                let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
                assert!(!found, "{} stands in {}", canary.path.display(), path.display());
            }
        }
    }

    /// Insists that every canary is as it was, and that nothing was planted beside one.
    pub(crate) fn is_unchanged(&self) {
        for canary in &self.canaries {
            assert_eq!(State::of(&canary.path), canary.before, "{} was changed", canary.path.display());
        }
        for (folder, before) in &self.folders {
            assert_eq!(&names(folder), before, "{} has other names in it", folder.display());
        }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.house.workspace().join(path)).is_ok()
    }
}

/// Everything under a folder, in order.
fn names(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        found.push(entry.path());
        if entry.file_type().unwrap().is_dir() {
            found.extend(names(&entry.path()));
        }
    }
    found.sort();
    found
}

/// Another text at each call, which nobody can know beforehand.
pub(crate) fn random() -> String {
    let mut bytes = [0; 12];
    fs::File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    hex(&bytes)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
