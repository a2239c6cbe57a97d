//! Checkpoints that are kept outside of the journals, one file for each journal, to which lines are only added. Whoever
//! can change a journal and not this folder can neither cut nor rewrite what was signed.

use crate::folder::{Folder, failed};
use crate::os;
use boxagnts_record::{Checkpoint, StoreError};
use boxagnts_types::{JournalId, WorkspaceId};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the name of each file ends with.
const ENDING: &str = ".jsonl";

/// How much of a file's end is looked at for its last line; a checkpoint of a second's work is far shorter.
const TAIL: u64 = 64 << 10;

/// Makes the file of a journal that has no checkpoint yet, but for that of its first record. It must be there before the
/// next one is: such a journal without a file outside has lost that file to somebody.
pub(crate) fn begin(
    folder: &Folder,
    journal: JournalId,
    is_fresh: impl FnOnce() -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    folder.make()?;
    let name = name_of(journal);
    if folder.file(&name)?.is_some() || !is_fresh()? {
        return Ok(());
    }
    let path = folder.path().join(&name);
    os::open_to_append(&path).map_err(failed("opening", &path))?;
    folder.sync()?;
    folder.sync_name()
}

/// Adds the checkpoints of a journal that are not there yet. `later` gives those that end behind a record. It is on the
/// disk when this returns. `lost` is set when the disk failed to keep what it took: what it holds is unknown from then on.
pub(crate) fn catch_up(
    folder: &Folder,
    journal: JournalId,
    lost: &AtomicBool,
    later: impl FnOnce(u64) -> Result<Vec<String>, StoreError>,
) -> Result<(), StoreError> {
    folder.make()?;
    let name = name_of(journal);
    let is_new = folder.file(&name)?.is_none();
    let path = folder.path().join(&name);
    let mut file = os::open_to_append(&path).map_err(failed("opening", &path))?;
    file.lock().map_err(failed("locking", &path))?;
    let (reached, is_torn) = end_of(&mut file).map_err(failed("reading", &path))?;
    let mut text = if is_torn { "\n".to_owned() } else { String::new() };
    for line in later(reached)? {
        // What nobody of us signed is left where it is: whoever looks at the journal finds it there.
        if Checkpoint::read(&line).is_some_and(|checkpoint| checkpoint.journal == journal && checkpoint.is_signed()) {
            text += &line;
            text.push('\n');
        }
    }
    if text.len() <= 1 {
        return Ok(());
    }
    file.write_all(text.as_bytes()).map_err(failed("writing", &path))?;
    let synced = file.sync_data();
    lost.fetch_or(synced.is_err(), Ordering::AcqRel);
    synced.map_err(failed("saving", &path))?;
    if is_new {
        folder.sync()?;
        folder.sync_name()?;
    }
    Ok(())
}

/// Up to which record the last whole line goes, and whether bytes of half a line stand behind it.
fn end_of(file: &mut File) -> io::Result<(u64, bool)> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut reach = TAIL;
    loop {
        file.seek(SeekFrom::Start(length.saturating_sub(reach)))?;
        let mut bytes = Vec::new();
        file.take(reach).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let last = text.lines().rev().find_map(Checkpoint::read);
        if last.is_some() || length <= reach {
            let is_torn = !bytes.is_empty() && !bytes.ends_with(b"\n");
            return Ok((last.map_or(0, |checkpoint| checkpoint.to), is_torn));
        }
        reach = reach.saturating_mul(4);
    }
}

/// The lines for a journal; none when there is no file.
pub(crate) fn lines(folder: &Folder, journal: JournalId) -> Result<Option<Vec<String>>, StoreError> {
    if !folder.exists()? {
        return Ok(None);
    }
    let Some(path) = folder.file(&name_of(journal))? else { return Ok(None) };
    read(&path).map(Some).map_err(failed("reading", &path))
}

fn read(path: &Path) -> io::Result<Vec<String>> {
    let mut bytes = Vec::new();
    os::open(path)?.read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// The journals whose newest good line names a workspace, with the record that it goes up to.
pub(crate) fn of_workspace(folder: &Folder, workspace: WorkspaceId) -> Result<Vec<(JournalId, u64)>, StoreError> {
    let mut found = Vec::new();
    for name in folder.files()? {
        let Some(journal) = name.strip_suffix(ENDING).and_then(|name| name.parse().ok()) else { continue };
        let Some(lines) = lines(folder, journal)? else { continue };
        let is_good = |one: &Checkpoint| one.journal == journal && one.is_signed();
        let newest = lines.iter().rev().filter_map(|line| Checkpoint::read(line)).find(is_good);
        if let Some(checkpoint) = newest.filter(|one| one.workspace == workspace) {
            found.push((journal, checkpoint.to));
        }
    }
    Ok(found)
}

fn name_of(journal: JournalId) -> String {
    format!("{journal}{ENDING}")
}
