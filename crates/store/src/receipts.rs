//! The log of the journal in its tables. What a record is and how it is linked is decided in `record`; here rows are
//! read and written, inside a transaction that the caller ends.

use crate::database::{broken, unreadable};
use crate::standing::bound;
use boxagnts_record::log::Appended;
use boxagnts_record::{Chain, Checkpoint, Lease, LogEnd, LogRow, ReceiptDraft, SealKey, Stamp, StoreError};
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::{JournalId, WorkspaceId};
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};

/// Appends what a commit says.
pub(crate) fn append(
    connection: &Connection,
    stamp: &dyn Stamp,
    lease: &Lease,
    drafts: Vec<ReceiptDraft>,
) -> Result<(), StoreError> {
    if drafts.is_empty() {
        return Ok(());
    }
    let mut end = end(connection)?;
    let before = end.journal;
    let appended = end.append(drafts, lease, stamp)?;
    keep(connection, before, &end, &appended)
}

/// Signs what no checkpoint covers yet, and begins the log where that was not done.
pub(crate) fn seal(
    connection: &Connection,
    stamp: &dyn Stamp,
    workspace: WorkspaceId,
    key: &SealKey,
) -> Result<Option<Checkpoint>, StoreError> {
    let (mut end, mut appended) = (end(connection)?, Appended::default());
    let before = end.journal;
    let journal = end.begin(workspace, stamp, &mut appended)?;
    keep(connection, before, &end, &appended)?;
    let broken = broken("sealing the log");
    let open = uncovered(connection).map_err(&broken)?;
    let sealed = Checkpoint::seal(journal, workspace, &open, stamp.now(), key)?;
    if let Some(checkpoint) = &sealed {
        let (upto, json) = (checkpoint.to, checkpoint.to_canonical()?);
        let sql = "INSERT INTO checkpoints (upto, json) VALUES (?1, ?2)";
        let written = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params![upto, json]));
        written.map_err(broken)?;
    }
    Ok(sealed)
}

/// Makes the log of a copy one of its own.
pub(crate) fn adopt(connection: &Connection, stamp: &dyn Stamp, workspace: WorkspaceId) -> Result<(), StoreError> {
    let mut end = end(connection)?;
    let before = end.journal;
    let Some(row) = end.adopt(workspace, stamp)? else { return Ok(()) };
    keep(connection, before, &end, &Appended { rows: vec![row], lists: Vec::new() })
}

/// Whose log it is.
pub(crate) fn journal_id(connection: Option<&Connection>) -> Result<Option<JournalId>, StoreError> {
    connection.map_or(Ok(None), |connection| Ok(end(connection)?.journal))
}

/// Records with `after < seq`, oldest first, at most `limit`.
pub(crate) fn rows(connection: Option<&Connection>, after: u64, limit: usize) -> Result<Vec<LogRow>, StoreError> {
    let Some(connection) = connection else { return Ok(Vec::new()) };
    let sql = "SELECT seq, json, hash FROM receipts WHERE ?1 < seq ORDER BY seq LIMIT ?2";
    let found = connection.prepare_cached(sql).and_then(|mut statement| {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        statement.query_map(params![after, bound(limit)], row)?.collect()
    });
    found.map_err(broken("reading the log"))
}

fn row(row: &Row<'_>) -> Result<LogRow, Error> {
    // A hash of another length is none, which whoever checks it will find.
    let hash: [u8; 32] = row.get_ref(2)?.as_blob()?.try_into().unwrap_or_default();
    Ok(LogRow { seq: row.get(0)?, json: row.get(1)?, hash: Chain::from(hash) })
}

/// The list of a digest.
pub(crate) fn list(connection: Option<&Connection>, digest: &str) -> Result<Option<String>, StoreError> {
    let Some(connection) = connection else { return Ok(None) };
    let found = connection
        .prepare_cached("SELECT list FROM lists WHERE digest = ?1")
        .and_then(|mut statement| statement.query_row([digest], |row| row.get(0)).optional());
    found.map_err(broken("reading a list"))
}

/// The checkpoints that end behind a record, oldest first.
pub(crate) fn checkpoints(connection: Option<&Connection>, after: u64) -> Result<Vec<String>, StoreError> {
    let Some(connection) = connection else { return Ok(Vec::new()) };
    let found = connection.prepare_cached("SELECT json FROM checkpoints WHERE ?1 < upto ORDER BY upto").and_then(
        |mut statement| {
            let after = i64::try_from(after).unwrap_or(i64::MAX);
            statement.query_map([after], |row| row.get(0))?.collect()
        },
    );
    found.map_err(broken("reading checkpoints"))
}

fn end(connection: &Connection) -> Result<LogEnd, StoreError> {
    let sql = "SELECT journal, brought_from, coalesce(seq, 0), hash
               FROM (SELECT 1 AS one) LEFT JOIN journal_id USING (one)
               LEFT JOIN (SELECT seq, hash FROM receipts ORDER BY seq DESC LIMIT 1) ON TRUE";
    let read = |row: &Row<'_>| {
        let journal = row.get_ref(0)?.as_str_or_null()?.map(str::parse::<JournalId>).transpose();
        let hash: Option<[u8; 32]> = row.get(3)?;
        Ok(LogEnd {
            journal: journal.map_err(|error| unreadable(0, error))?,
            brought_from: row.get(1)?,
            seq: row.get(2)?,
            hash: hash.map(Chain::from).unwrap_or_default(),
        })
    };
    let found = connection.prepare_cached(sql).and_then(|mut statement| statement.query_row([], read));
    found.map_err(broken("reading the end of the log"))
}

fn keep(
    connection: &Connection,
    before: Option<JournalId>,
    end: &LogEnd,
    Appended { rows, lists }: &Appended,
) -> Result<(), StoreError> {
    let keep = || -> Result<(), Error> {
        if before != end.journal {
            let sql = "INSERT INTO journal_id (one, journal) VALUES (1, ?1)
                       ON CONFLICT (one) DO UPDATE SET journal = excluded.journal";
            connection.prepare_cached(sql)?.execute([end.journal.map(|journal| journal.to_string())])?;
        }
        for LogRow { seq, json, hash } in rows {
            let sql = "INSERT INTO receipts (seq, json, hash) VALUES (?1, ?2, ?3)";
            connection.prepare_cached(sql)?.execute(params![seq, json, hash.as_bytes()])?;
        }
        for list in lists {
            let sql = "INSERT OR IGNORE INTO lists (digest, list) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([&sha256_hex(list.as_bytes()), list])?;
        }
        Ok(())
    };
    keep().map_err(broken("writing a receipt"))
}

fn uncovered(connection: &Connection) -> Result<Vec<(u64, Chain)>, Error> {
    let sql =
        "SELECT seq, hash FROM receipts WHERE coalesce((SELECT max(upto) FROM checkpoints), 0) < seq ORDER BY seq";
    let read = |row: &Row<'_>| Ok((row.get(0)?, Chain::from(row.get::<_, [u8; 32]>(1)?)));
    connection.prepare_cached(sql)?.query_map([], read)?.collect()
}
