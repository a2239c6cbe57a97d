//! The repository as the laws see it: its files, and its packages.

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that hold what was made, not what was written.
const MADE: [&str; 4] = ["target", "node_modules", "dist", ".git"];

/// The top of the repository: of the checkout that is tested, which need not be the one that this was compiled in.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.join("..").canonicalize().expect("the repository is there")
}

/// A file's text and its path from the top.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
}

/// All text files with one of these extensions, in the order of their paths.
pub(crate) fn sources(extensions: &[&str]) -> Vec<Source> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &mut |path| {
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if extensions.contains(&extension) {
            let inside = path.strip_prefix(&root).expect("found below the root");
            let text = fs::read_to_string(path).expect("source is UTF-8");
            found.push(Source { path: inside.display().to_string(), text });
        }
    });
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!found.is_empty(), "no file with {extensions:?}: the law looks at the wrong folder");
    found
}

fn collect(folder: &Path, keep: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).expect("folder is readable") {
        let entry = entry.expect("entry is readable");
        let kind = entry.file_type().expect("entry has a type");
        if kind.is_dir() && !MADE.iter().any(|made| entry.file_name() == *made) {
            collect(&entry.path(), keep);
        } else if kind.is_file() {
            keep(&entry.path());
        }
    }
}

/// The packages of the Cargo workspace in this folder, as `cargo metadata` tells them.
pub(crate) fn packages(folder: &str) -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root().join(folder))
        .output()
        .expect("cargo metadata starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// The text of a file that must be there.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
