//! The key that signs checkpoints: made at first use, in a folder of ours outside of every journal and workspace.

use crate::folder::{Folder, failed};
use crate::os;
use boxagnts_record::{SealKey, StoreError};
use std::io::{self, Read as _, Write as _};
use zeroize::Zeroizing;

/// The file: 32 random bytes, for their owner alone.
const FILE: &str = "key";

/// How many bytes a key has.
const LENGTH: usize = 32;

/// The key, where one was made.
pub(crate) fn find(folder: &Folder) -> Result<Option<SealKey>, StoreError> {
    if !folder.exists()? {
        return Ok(None);
    }
    let Some(path) = folder.file(FILE)? else { return Ok(None) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(LENGTH + 1));
    let read = os::open(&path).and_then(|file| file.take(LENGTH as u64 + 1).read_to_end(&mut bytes));
    read.map_err(failed("reading", &path))?;
    let Ok(seed) = <&[u8; LENGTH]>::try_from(bytes.as_slice()) else {
        let source = io::Error::new(io::ErrorKind::InvalidData, "it is no key of 32 bytes");
        return Err(failed("reading", &path)(source));
    };
    Ok(Some(SealKey::from_seed(seed)))
}

/// The key, which is made where there is none. It is on the disk before anything is signed with it.
pub(crate) fn find_or_make(folder: &Folder) -> Result<SealKey, StoreError> {
    folder.make()?;
    if let Some(key) = find(folder)? {
        return Ok(key);
    }
    // Two processes may come here at once: the one without the lock finds the other one's key.
    let _lock = crate::database::lock(folder)?;
    if let Some(key) = find(folder)? {
        return Ok(key);
    }
    let path = folder.path().join(FILE);
    let mut seed = Zeroizing::new([0; LENGTH]);
    getrandom::fill(&mut *seed).map_err(|error| failed("making", &path)(io::Error::other(error.to_string())))?;
    write(folder, &*seed).map_err(failed("making", &path))?;
    folder.sync()?;
    folder.sync_name()?;
    Ok(SealKey::from_seed(&seed))
}

/// Whole or not at all: what a crash leaves under another name is replaced by the next try.
#[expect(clippy::disallowed_methods, reason = "the folder of the key is this room's own")]
fn write(folder: &Folder, seed: &[u8]) -> io::Result<()> {
    let (path, unfinished) = (folder.path().join(FILE), folder.path().join(".key.unfinished"));
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = os::create(&unfinished)?;
    file.write_all(seed)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, &path)
}
