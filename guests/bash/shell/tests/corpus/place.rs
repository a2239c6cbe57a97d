//! Where a case runs: a fresh folder with a workspace and a place for temporary files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::format::{Case, Outcome};

/// The folders of one run.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    /// The folders with the files that a case finds.
    pub(crate) fn of(case: &Case) -> Self {
        let place = Self(tempfile::tempdir().expect("there is room for temporary files"));
        fs::create_dir(place.workspace()).expect("the folder is fresh");
        fs::create_dir(place.temporary()).expect("the folder is fresh");
        for (path, content) in &case.files {
            let path = place.workspace().join(path);
            fs::create_dir_all(path.parent().expect("it lies in the workspace")).expect("the folder is fresh");
            fs::write(path, content).expect("the folder is fresh");
        }
        place
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn workspace(&self) -> PathBuf {
        self.0.path().join("workspace")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.0.path().join("tmp")
    }

    /// What can be compared after a run. Paths of this machine become those of the sandbox.
    pub(crate) fn outcome(&self, case: &Case, stdout: &[u8], status: i32) -> Outcome {
        let mut left = BTreeMap::new();
        collect(&self.workspace(), "", &mut left);
        let same = |path: &str, content: &Option<String>| case.files.get(path) == content.as_ref();
        let gone = case.files.keys().filter(|path| !left.contains_key(*path)).cloned().collect();
        left.retain(|path, content| content.is_none() || !same(path, content));
        let local = |text: String| {
            text.replace(&*self.workspace().to_string_lossy(), "/workspace")
                .replace(&*self.temporary().to_string_lossy(), "/tmp")
        };
        let stdout = local(String::from_utf8_lossy(stdout).into_owned());
        let left = left.into_iter().map(|(path, content)| (path, content.map(local))).collect();
        Outcome { stdout, status, left, gone }
    }
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Option<String>>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.path().symlink_metadata().expect("it was just listed");
        if metadata.is_dir() {
            collect(&entry.path(), &format!("{name}/"), found);
        } else if metadata.is_symlink() {
            let target = fs::read_link(entry.path()).expect("it is a link");
            found.insert(name, Some(format!("-> {}\n", target.display())));
        } else if metadata.is_file() {
            let text = String::from_utf8(fs::read(entry.path()).unwrap_or_default()).ok();
            found.insert(name, text.filter(|text| !text.contains('\0')));
        }
    }
}
