//! Compiled code on disk, authenticated.
//!
//! Loading compiled code is running it, so a file is loaded only if a keyed digest over its name and content proves
//! that this user's program wrote it. The key lies beside the code, mode 0600, in a folder that does not exist for any
//! guest. A file that fails the proof is as good as absent: the code is made again.

use boxagnts_workspace::{PrivateError, PrivateFolder};
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;

/// The folder's name inside the cache folder.
const FOLDER: &str = "code";
/// How the name of a proof ends.
const PROOF: &str = ".proof";
/// The file that holds the key.
const KEY: &str = "key";

/// Compiled components that are kept. New versions of tools and of the program leave old code behind.
const MOST_KEPT: usize = 100;

/// The folder of compiled code.
#[derive(Debug)]
pub struct CodeCache {
    folder: PrivateFolder,
    key: [u8; blake3::KEY_LEN],
}

impl CodeCache {
    /// Opens the cache inside our own cache folder, which must lie outside of everything that guests see.
    pub fn open(cache: &Path) -> Result<Self, PrivateError> {
        let folder = PrivateFolder::prepare(cache)?.inside(FOLDER)?;
        let key = match read_key(&folder) {
            Some(key) => key,
            None => make_key(&folder)?,
        };
        Ok(Self { folder, key })
    }

    /// The code of this name, if it is there and proved to be ours. What was proved is the open file, and the open
    /// file is what gets loaded.
    pub(crate) fn find(&self, name: &str) -> Option<File> {
        let mut file = self.folder.open_file(name).ok()?;
        let mut proof = [0; blake3::OUT_LEN];
        self.folder.open_file(&proof_name(name)).ok()?.read_exact(&mut proof).ok()?;
        let mut digest = self.digest(name);
        digest.update_reader(&mut file).ok()?;
        // This comparison takes the same time wherever the two differ.
        if digest.finalize() != blake3::Hash::from_bytes(proof) {
            return None;
        }
        file.rewind().ok()?;
        Some(file)
    }

    /// Keeps code under a name and opens it as [`find`](Self::find) would.
    pub(crate) fn keep(&self, name: &str, code: &[u8]) -> Option<File> {
        self.make_room();
        let proof = self.digest(name).update(code).finalize();
        self.folder.replace_file(name, code).ok()?;
        self.folder.replace_file(&proof_name(name), proof.as_bytes()).ok()?;
        self.find(name)
    }

    /// Removes the oldest code where there is too much. Whoever runs it has it mapped, and can make it again.
    fn make_room(&self) {
        let Ok(files) = self.folder.files() else { return };
        let mut code: Vec<_> = files.into_iter().filter(|(name, _)| name != KEY && !name.ends_with(PROOF)).collect();
        code.sort_by_key(|(_, stat)| stat.modified);
        let too_many = (code.len() + 1).saturating_sub(MOST_KEPT);
        for (name, _) in &code[..too_many] {
            // What cannot be removed now is removed another time.
            let _ = self.folder.remove_file(name).and_then(|()| self.folder.remove_file(&proof_name(name)));
        }
    }

    /// The name is part of the proof, so that the code of one tool is not taken for another's.
    fn digest(&self, name: &str) -> blake3::Hasher {
        let mut digest = blake3::Hasher::new_keyed(&self.key);
        digest.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        digest
    }
}

fn proof_name(name: &str) -> String {
    format!("{name}{PROOF}")
}

fn read_key(folder: &PrivateFolder) -> Option<[u8; blake3::KEY_LEN]> {
    let mut key = [0; blake3::KEY_LEN];
    folder.open_file(KEY).ok()?.read_exact(&mut key).ok()?;
    Some(key)
}

/// Two programs that start at the same time may each make one; the code that is proved with the lost key is made
/// again, once.
fn make_key(folder: &PrivateFolder) -> Result<[u8; blake3::KEY_LEN], PrivateError> {
    let mut key = [0; blake3::KEY_LEN];
    getrandom::fill(&mut key).map_err(|error| PrivateError::System {
        path: folder.path().join(KEY),
        source: std::io::Error::other(error.to_string()),
    })?;
    folder.replace_file(KEY, &key)?;
    Ok(key)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests change the files behind the cache")]
mod tests {
    use super::*;
    use std::fs;

    fn content(file: Option<File>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        file?.read_to_end(&mut bytes).unwrap();
        Some(bytes)
    }

    #[test]
    fn f06_code_that_was_replaced_is_not_found() {
        let around = tempfile::tempdir().unwrap();
        let cache = CodeCache::open(around.path()).unwrap();
        assert_eq!(content(cache.keep("a", b"code")), Some(b"code".to_vec()));
        assert_eq!(content(CodeCache::open(around.path()).unwrap().find("a")), Some(b"code".to_vec()));

        let file = around.path().join("code/a");
        fs::write(&file, "evil").unwrap();
        assert!(cache.find("a").is_none(), "other content under the same proof");
        fs::write(&file, "code").unwrap();
        assert!(cache.find("a").is_some(), "control: the proof is about the content");
        fs::remove_file(around.path().join("code/a.proof")).unwrap();
        assert!(cache.find("a").is_none(), "no proof at all");
    }

    #[test]
    fn old_code_makes_room_for_new() {
        let around = tempfile::tempdir().unwrap();
        let cache = CodeCache::open(around.path()).unwrap();
        for number in 0..MOST_KEPT + 5 {
            cache.keep(&format!("{number}"), b"code");
        }
        // The key, and two files for each.
        assert_eq!(fs::read_dir(around.path().join("code")).unwrap().count(), 1 + 2 * MOST_KEPT);
        assert!(cache.find(&format!("{}", MOST_KEPT + 4)).is_some(), "the newest is kept");
    }

    #[test]
    fn f06_the_code_of_one_tool_does_not_pass_for_another() {
        let around = tempfile::tempdir().unwrap();
        let cache = CodeCache::open(around.path()).unwrap();
        cache.keep("a", b"code of a");
        let folder = around.path().join("code");
        fs::copy(folder.join("a"), folder.join("b")).unwrap();
        fs::copy(folder.join("a.proof"), folder.join("b.proof")).unwrap();
        assert!(cache.find("b").is_none());
    }

    #[test]
    fn f06_a_proof_under_another_key_is_worth_nothing() {
        let around = tempfile::tempdir().unwrap();
        CodeCache::open(around.path()).unwrap().keep("a", b"code");
        fs::remove_file(around.path().join("code/key")).unwrap();
        assert!(CodeCache::open(around.path()).unwrap().find("a").is_none());
    }
}
