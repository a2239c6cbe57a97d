//! The corpus: scripts with what GNU bash made of them, and what the shell of the tool makes of them.

#![allow(dead_code, reason = "the test and the recorder use different parts")]

pub(crate) mod component;
pub(crate) mod format;
pub(crate) mod ours;
pub(crate) mod peer;
pub(crate) mod place;
pub(crate) mod table;

use std::fs;
use std::path::{Path, PathBuf};

use format::Case;

/// The scripts of one feature.
pub(crate) struct Feature {
    /// Its name, that of the file.
    pub(crate) name: String,
    /// The file.
    pub(crate) file: PathBuf,
    /// Its cases.
    pub(crate) cases: Vec<Case>,
}

/// The folder of the corpus.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

/// All cases, by feature.
pub(crate) fn features() -> Vec<Feature> {
    let mut features: Vec<Feature> = fs::read_dir(folder())
        .expect("the corpus is there")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .filter_map(|file| {
            let name = file.file_stem()?.to_str()?.to_owned();
            (name != table::KNOWN).then(|| Feature { cases: cases(&file), name, file })
        })
        .collect();
    features.sort_by(|a, b| a.name.cmp(&b.name));
    features
}

fn cases(file: &Path) -> Vec<Case> {
    let text = fs::read_to_string(file).expect("the corpus can be read");
    format::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
