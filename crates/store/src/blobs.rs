//! Bytes in files of their own, named by their SHA-256: `blobs/ab/REST`.
//!
//! A file gets its name only after its bytes are on the disk, so a name never leads to half a blob. Until then it has
//! none, so that a crash leaves nothing behind; where the system cannot do that, its name begins with a dot.

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

use crate::folder::{Folder, failed};
use crate::os;
use boxagnts_record::StoreError;
use boxagnts_types::MintId;
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::show::visible_line;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// The folder of all blobs.
const BLOBS: &str = "blobs";

/// How many hexadecimal digits of a digest name the folder, so that none of them grows too large to list.
const SHELF: usize = 2;

/// Keeps bytes and returns their digest, once they would survive the loss of power.
pub(crate) fn put(folder: &Folder, mint: &dyn MintId, bytes: &[u8]) -> Result<String, StoreError> {
    let digest = sha256_hex(bytes);
    let (shelf, name) = digest.split_at(SHELF);
    folder.make()?;
    let (blobs, blobs_are_new) = folder.make_inner(BLOBS)?;
    let (shelf, shelf_is_new) = blobs.make_inner(shelf)?;
    if !holds(&shelf, name, bytes)? {
        write(&shelf, name, mint, bytes)?;
    }
    // Also when the blob was there: whoever wrote it may not have come to this line yet.
    shelf.sync()?;
    if shelf_is_new {
        blobs.sync()?;
    }
    if blobs_are_new {
        folder.sync()?;
        folder.sync_name()?;
    }
    Ok(digest)
}

/// Whether the blob is there and whole; a damaged one is written anew.
fn holds(shelf: &Folder, name: &str, bytes: &[u8]) -> Result<bool, StoreError> {
    let Some(path) = shelf.file(name)? else { return Ok(false) };
    let same_length = shelf.length(name) == u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(same_length && read(&path).map_err(failed("reading", &path))? == bytes)
}

fn write(shelf: &Folder, name: &str, mint: &dyn MintId, bytes: &[u8]) -> Result<(), StoreError> {
    let (path, fresh) = (shelf.path().join(name), shelf.path().join(format!(".{}", mint.mint())));
    if let Ok(mut file) = os::create_nameless(shelf.path()) {
        let filled = file.write_all(bytes).and_then(|()| file.sync_all());
        filled.map_err(failed("writing", &path))?;
        // A damaged blob has the name already, and cannot be replaced in this way.
        if os::give_name(&file, &path).is_ok() {
            return Ok(());
        }
    }
    let written = os::create(&fresh)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&fresh, &path));
    written.map_err(|error| {
        // The failure that is told is the first one.
        let _ = fs::remove_file(&fresh);
        failed("writing", &path)(error)
    })
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    os::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of a digest, checked against it.
pub(crate) fn get(folder: &Folder, digest: &str) -> Result<Vec<u8>, StoreError> {
    let none = || StoreError::NoBlob(visible_line(digest));
    // The text becomes a path only when it can be nothing else than a digest.
    if digest.len() != 64 || !digest.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(none());
    }
    let (shelf, name) = digest.split_at(SHELF);
    if !folder.exists()? {
        return Err(none());
    }
    let Some(blobs) = folder.inner(BLOBS)? else { return Err(none()) };
    let Some(shelf) = blobs.inner(shelf)? else { return Err(none()) };
    let path = shelf.file(name)?.ok_or_else(none)?;
    let bytes = read(&path).map_err(failed("reading", &path))?;
    if sha256_hex(&bytes) == digest {
        Ok(bytes)
    } else {
        Err(StoreError::Damaged(format!("blob {digest} has other bytes")))
    }
}
