//! Brings a journal of an earlier format to ours: first a backup beside it, then everything in one transaction.
//!
//! Whenever the program or the power ends on the way, the journal has either the earlier format, whole, or ours. The
//! folder's lock lets one process do it; programs of the earlier format that have the journal open go on with it, for
//! nothing that they know is taken away.

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

use crate::database::{self, FORMAT, RECEIPTS, State, TABLES, broken, lock};
use crate::folder::{Folder, failed};
use crate::os;
use boxagnts_record::StoreError;
use rusqlite::{Connection, Error, OpenFlags};
use std::fs;
use std::io;

/// The earliest format that this program can bring along.
pub(crate) const EARLIEST: u32 = 1;

const FROM_1: &str = include_str!("from_1.sql");

/// What the backup of an earlier format is called.
fn backup_of(format: u32) -> String {
    format!("journal.format-{format}.sqlite3")
}

/// The backup before it is whole.
fn unfinished_of(format: u32) -> String {
    format!(".journal.format-{format}.unfinished")
}

/// Makes a backup and changes the tables, if nobody else has in the meantime.
pub(crate) fn to_ours(connection: &Connection, folder: &Folder) -> Result<(), StoreError> {
    let _lock = lock(folder)?;
    let State::Earlier(format) = database::state(connection)? else { return Ok(()) };
    let what = "bringing the journal to a newer format";
    database::settle(connection).map_err(broken(what))?;
    // Nobody writes from here on, so that the backup has all there is.
    connection.execute_batch("PRAGMA synchronous = FULL; BEGIN IMMEDIATE").map_err(broken(what))?;
    let changed = back_up(folder, format).and_then(|()| change(connection, format).map_err(broken(what)));
    if changed.is_err() && !connection.is_autocommit() {
        // The failure that is told is the first one.
        let _ = connection.execute_batch("ROLLBACK");
    }
    changed
}

fn change(connection: &Connection, format: u32) -> Result<(), Error> {
    let steps = if format == 1 { [FROM_1, TABLES].concat() } else { String::new() };
    // The log begins with the first record after this, which says that there was a journal before.
    let mark = format!("INSERT INTO journal_id (one, brought_from) VALUES (1, {format});");
    connection.execute_batch(&format!("{steps} {RECEIPTS} {mark} PRAGMA user_version = {FORMAT}; COMMIT"))
}

/// A whole copy under its name, on the disk before this returns; an earlier one is replaced.
fn back_up(folder: &Folder, format: u32) -> Result<(), StoreError> {
    let name = unfinished_of(format);
    let (unfinished, backup) = (folder.path().join(&name), folder.path().join(backup_of(format)));
    // What a crash left. The name is ours, and a link there is taken away and not followed.
    if let Err(error) = fs::remove_file(&unfinished)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(failed("removing", &unfinished)(error));
    }
    let copy = database::open(folder, OpenFlags::empty())?;
    // Bytes and a cast, because a path need not be UTF-8.
    let path = unfinished.as_os_str().as_encoded_bytes();
    let copied = copy.execute("VACUUM INTO CAST(?1 AS TEXT)", [path]);
    copied.map_err(broken("making a backup of the journal"))?;
    folder.file(&name)?;
    os::open(&unfinished).and_then(|file| file.sync_all()).map_err(failed("saving", &unfinished))?;
    fs::rename(&unfinished, &backup).map_err(failed("saving", &backup))?;
    folder.sync()
}
