//! Opens the database file: whose it is, which format it has, and what SQLite is told once.

#![expect(clippy::disallowed_methods, reason = "the folder of the journal is this room's own")]

use crate::folder::{Folder, failed};
use crate::migrate;
use crate::os;
use boxagnts_record::StoreError;
use boxagnts_types::SessionId;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags};
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// The database's name in its folder.
pub(crate) const FILE: &str = "journal.sqlite3";

/// Where SQLite keeps what was committed and not yet folded into the database.
pub(crate) const LOG: &str = "journal.sqlite3-wal";

/// The shortest database there is: one page of the smallest size.
const SMALLEST: u64 = 512;

/// Marks the file as ours: `BoxA` in ASCII.
const APPLICATION: i32 = 0x426f_7841;

/// The format of the tables. A change of them is a new number and a way from the one before.
pub(crate) const FORMAT: u32 = 3;

/// Sessions, events and leases, all that stands beside them, and the log.
pub(crate) const SCHEMA: [&str; 3] = [include_str!("schema.sql"), TABLES, RECEIPTS];

/// What format 2 added.
pub(crate) const TABLES: &str = include_str!("tables.sql");

/// What format 3 added.
pub(crate) const RECEIPTS: &str = include_str!("receipts.sql");

/// How long one process waits for another one's transaction.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a file turned out to be.
#[derive(PartialEq, Eq)]
pub(crate) enum State {
    Blank,
    Ours,
    /// An earlier format, of this number, that can be brought to ours.
    Earlier(u32),
}

/// A connection to the database, where there is one.
pub(crate) fn find(folder: &Folder) -> Result<Option<Connection>, StoreError> {
    if !folder.exists()? || folder.file(FILE)?.is_none() {
        return Ok(None);
    }
    uncut(folder)?;
    let connection = open(&folder.resolved()?, OpenFlags::empty())?;
    match state(&connection)? {
        // A blank file is one that another process is just making.
        State::Blank => return Ok(None),
        State::Ours => {}
        State::Earlier(_) => migrate::to_ours(&connection, &folder.resolved()?)?,
    }
    settle(&connection).map_err(broken("opening the journal"))?;
    Ok(Some(connection))
}

/// A connection to the database, which is made where there is none.
pub(crate) fn find_or_make(folder: &Folder) -> Result<Connection, StoreError> {
    folder.make()?;
    folder.file(FILE)?;
    uncut(folder)?;
    let folder = folder.resolved()?;
    let connection = open(&folder, OpenFlags::SQLITE_OPEN_CREATE)?;
    // SQLite makes files that others may read; the folder keeps them out until this line closes them.
    folder.file(FILE)?;
    match state(&connection)? {
        State::Blank => make(&connection, &folder)?,
        State::Ours => {}
        State::Earlier(_) => migrate::to_ours(&connection, &folder)?,
    }
    settle(&connection).map_err(broken("opening the journal"))?;
    Ok(connection)
}

/// Refuses a file that lost its first page. SQLite takes it for a new one and throws the log beside it away, which may
/// hold all there is.
fn uncut(folder: &Folder) -> Result<(), StoreError> {
    // In this order: whoever makes a journal writes the first page before there is a log.
    let log = folder.length(LOG);
    let length = folder.length(FILE);
    if (1..SMALLEST).contains(&length) || (length == 0 && 0 < log) {
        return Err(StoreError::Damaged(format!("{FILE} was cut off after {length} bytes")));
    }
    Ok(())
}

/// Opens without changing a byte.
pub(crate) fn open(folder: &Folder, more: OpenFlags) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_EXRESCODE
        | more;
    let path = folder.path().join(FILE);
    let connected = if os::is_read_only(folder.path()) && folder.length(LOG) == 0 {
        // SQLite needs a log, were it an empty one, unless it is told that nobody can write.
        let flags = flags.difference(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE);
        let read = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        Connection::open_with_flags(unchanging(&path), flags | read)
    } else {
        Connection::open_with_flags(&path, flags)
    };
    let opened = connected.and_then(|connection| {
        // To close must neither change another program's file nor make whoever ends a program wait for the disk.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(connection)
    });
    opened.map_err(broken(&format!("opening {}", path.display())))
}

/// The name of a file that cannot change while it is open. Source: <https://www.sqlite.org/uri.html>.
fn unchanging(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(*byte)),
            other => {
                // Writing to a String cannot fail.
                let _ = write!(uri, "%{other:02x}");
            }
        }
    }
    uri + "?immutable=1"
}

/// Reads whose file it is. A newer format and other applications' files are errors.
pub(crate) fn state(connection: &Connection) -> Result<State, StoreError> {
    let sql = "SELECT (SELECT * FROM pragma_application_id), (SELECT * FROM pragma_user_version),
               (SELECT count(*) FROM sqlite_schema)";
    let row = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let (application, format, tables): (i32, u32, u64) = row.map_err(broken("opening the journal"))?;
    match (application, format, tables) {
        (0, 0, 0) => Ok(State::Blank),
        (APPLICATION, FORMAT, _) => Ok(State::Ours),
        (APPLICATION, found, _) if (migrate::EARLIEST..FORMAT).contains(&found) => Ok(State::Earlier(found)),
        (APPLICATION, found, _) if FORMAT < found => Err(StoreError::Newer { found, known: FORMAT }),
        (APPLICATION, found, _) => Err(StoreError::Damaged(format!("it has the format {found}, which never was"))),
        _ => Err(StoreError::Damaged(format!("{FILE} is a database of another application"))),
    }
}

/// Lays out a blank file. Several processes may try at once; a lock on the folder lets one do it.
fn make(connection: &Connection, folder: &Folder) -> Result<(), StoreError> {
    let _lock = lock(folder)?;
    if state(connection)? != State::Blank {
        return Ok(());
    }
    let mode = lay_out(connection).map_err(broken("making the journal"))?;
    if mode != "wal" {
        let source = format!("this disk cannot keep SQLite's log beside it, only {mode}").into();
        return Err(StoreError::Backend { what: "making the journal".to_owned(), source });
    }
    // A commit with power durability syncs SQLite's log alone; the names that lead to it must be safe before.
    folder.sync()?;
    folder.sync_name()
}

/// One process at a time, for as long as the handle lives.
pub(crate) fn lock(folder: &Folder) -> Result<File, StoreError> {
    let lock = File::open(folder.path()).and_then(|handle| handle.lock().map(|()| handle));
    lock.map_err(failed("locking", folder.path()))
}

/// Returns the mode that SQLite chose: `wal`, unless the disk cannot do it.
fn lay_out(connection: &Connection) -> Result<String, Error> {
    // The mode stands in the first page, and a log beside a file without it would be thrown away: so that page is
    // synced. There is nothing to roll back to yet, so the page needs no journal on the disk; if the power fails in
    // between, the file is blank and made anew. The tables are safe with the first commit that has to be.
    connection.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = FULL")?;
    let mode = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    let tables = SCHEMA.concat();
    connection.execute_batch(&format!(
        "PRAGMA synchronous = OFF; BEGIN IMMEDIATE; {tables}
         PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
    ))?;
    Ok(mode)
}

/// What every connection is told.
pub(crate) fn settle(connection: &Connection) -> Result<(), Error> {
    // A copy that SQLite made, such as a backup, is without a log; for every other file this changes nothing.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    // Folding the log into the database costs two syncs: the writer does it between groups, not inside a commit.
    connection.execute_batch(
        "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 1048576;",
    )
}

/// Tells damage from a failure to reach the file.
pub(crate) fn broken(what: &str) -> impl Fn(Error) -> StoreError {
    let what = what.to_owned();
    move |error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged(format!("{what}: {error}")),
        _ if is_unreadable(&error) => StoreError::Damaged(format!("{what}: {error}")),
        _ => StoreError::Backend { what: what.clone(), source: Box::new(error) },
    }
}

/// The same for the rows of one session: what cannot be read there is that session's damage alone.
pub(crate) fn broken_in(session: SessionId, what: &str) -> impl Fn(Error) -> StoreError {
    let (broken, what) = (broken(what), what.to_owned());
    move |error| {
        if is_unreadable(&error) {
            StoreError::Quarantined { session, why: format!("{what}: {error}") }
        } else {
            broken(error)
        }
    }
}

/// Whether SQLite gave a value that is not what we write.
fn is_unreadable(error: &Error) -> bool {
    matches!(
        error,
        Error::FromSqlConversionFailure(..)
            | Error::InvalidColumnType(..)
            | Error::IntegralValueOutOfRange(..)
            | Error::Utf8Error(..)
    )
}

/// A value of ours that is not what we write.
pub(crate) fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}
