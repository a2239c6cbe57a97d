//! The kept inputs: one file each, in a folder for each target.

#![expect(clippy::disallowed_methods, reason = "the corpus is files of the repository")]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

/// Where the corpus lies in a checkout. Cargo says at the start where this package is, since two checkouts may share
/// what was compiled.
pub fn folder() -> PathBuf {
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.join("corpus")
}

/// The kept inputs of a target in a corpus, in the order of their names; none when it has none.
pub fn kept(corpus: &Path, target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    let folder = corpus.join(target);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut kept = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            kept.push((entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path())?));
        }
    }
    kept.sort();
    Ok(kept)
}

/// Keeps an input that broke something, under a name that its content decides.
pub fn keep(corpus: &Path, target: &str, input: &[u8]) -> io::Result<PathBuf> {
    let folder = corpus.join(target);
    fs::create_dir_all(&folder)?;
    let mut hasher = DefaultHasher::new();
    input.hash(&mut hasher);
    let file = folder.join(format!("found-{:016x}", hasher.finish()));
    fs::write(&file, input)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::TARGETS;

    #[test]
    fn every_target_has_a_corpus_and_every_corpus_a_target() {
        let mut folders: Vec<String> = fs::read_dir(folder())
            .expect("the corpus is there")
            .map(|entry| entry.expect("it is readable").file_name().to_string_lossy().into_owned())
            .collect();
        folders.sort();
        let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        names.sort_unstable();
        assert_eq!(folders, names);
        for name in names {
            let kept = kept(&folder(), name).expect("it is readable");
            assert!(5 <= kept.len(), "{name} keeps {} inputs", kept.len());
        }
    }
}
