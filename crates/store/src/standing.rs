//! How sessions stand, and what waits for somebody: read on the reading thread, changed by nobody here.

use crate::database::{broken, broken_in, unreadable};
use crate::rows::{self, SessionRows, parsed};
use crate::verify;
use boxagnts_record::name::Name;
use boxagnts_record::outbox::{Delivery, Letter};
use boxagnts_record::timer::Occurrence;
use boxagnts_record::{Snapshot, StoreError};
use boxagnts_types::{SessionId, Time};
use rusqlite::{Connection, Error, Row, params};

/// Where a session ends and what is not settled, all of one moment.
pub(crate) fn snapshot(connection: Option<&Connection>, session: SessionId) -> Result<Snapshot, StoreError> {
    let connection = connection.ok_or(StoreError::NoSession(session))?;
    // Ends with this function; nothing was changed, so nothing is lost.
    let moment = connection.unchecked_transaction().map_err(broken("reading a session"))?;
    snapshot_within(&moment, session)
}

/// The same inside a transaction.
pub(crate) fn snapshot_within(connection: &Connection, session: SessionId) -> Result<Snapshot, StoreError> {
    let head = verify::head(connection, session)?;
    let rows = SessionRows::new(connection, session);
    Ok(Snapshot {
        head,
        effects: rows.all(
            "SELECT call, class, state FROM effects WHERE session = ?1 AND state = 'intended' ORDER BY call",
            rows::effect,
        )?,
        approvals: rows.all(
            "SELECT call, fingerprint, question, state, answer, answered_by FROM approvals
             WHERE session = ?1 AND state IN ('asked', 'answered') ORDER BY call, fingerprint",
            rows::approval,
        )?,
        timers: rows.all(
            "SELECT timer, at, fired FROM timers WHERE session = ?1 AND at IS NOT NULL ORDER BY timer",
            rows::timer,
        )?,
        accounts: rows.all(
            "SELECT account, parent, limits, reserved, spent FROM accounts WHERE session = ?1 ORDER BY account",
            rows::account,
        )?,
        reservations: rows.all(
            "SELECT reservation, account, amounts FROM reservations WHERE session = ?1 ORDER BY reservation",
            rows::reservation,
        )?,
    })
}

/// Timers whose time has come, of sessions that can still be gone on with.
pub(crate) fn due(connection: Option<&Connection>, now: Time, limit: usize) -> Result<Vec<Occurrence>, StoreError> {
    let Some(connection) = connection else { return Ok(Vec::new()) };
    let sql = "SELECT session, timer, at FROM timers WHERE at <= ?1 AND at IS NOT NULL
               AND NOT EXISTS (SELECT * FROM sessions WHERE sessions.session = timers.session
                               AND (sealed OR damage IS NOT NULL))
               ORDER BY at, session, timer LIMIT ?2";
    let occurs = || -> Result<Vec<Occurrence>, Error> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![now.as_micros(), bound(limit)])?;
        let mut due = Vec::new();
        while let Some(row) = rows.next()? {
            // A row that cannot be read stops its own session, when that is claimed, and hides no other one here.
            due.extend(occurrence(row).ok());
        }
        Ok(due)
    };
    occurs().map_err(broken("reading timers"))
}

fn occurrence(row: &Row<'_>) -> Result<Occurrence, Error> {
    Ok(Occurrence { session: parsed(row, 0)?, timer: parsed(row, 1)?, at: Time::from_micros(row.get(2)?) })
}

/// Letters for somebody after a number.
pub(crate) fn letters(
    connection: Option<&Connection>,
    to: &Name,
    after: u64,
    limit: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let Some(connection) = connection else { return Ok(Vec::new()) };
    let sql = "SELECT number, session, body FROM letters WHERE recipient = ?1 AND ?2 < number ORDER BY number LIMIT ?3";
    let read = |row: &Row<'_>| -> Result<Delivery, Error> {
        let from = row.get_ref(1)?.as_str_or_null()?.map(str::parse).transpose();
        let from = from.map_err(|error| unreadable(1, error))?;
        Ok(Delivery { number: row.get(0)?, from, letter: Letter { to: to.clone(), body: row.get(2)? } })
    };
    let found = connection.prepare_cached(sql).and_then(|mut statement| {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![to.as_str(), after, bound(limit)], read)?;
        rows.collect()
    });
    found.map_err(broken("reading letters"))
}

/// A number that moves when another connection, of whichever process, has committed something.
/// Source: <https://www.sqlite.org/pragma.html#pragma_data_version>.
pub(crate) fn changes(connection: Option<&Connection>) -> Result<u64, StoreError> {
    let Some(connection) = connection else { return Ok(0) };
    let version = connection.prepare_cached("PRAGMA data_version").and_then(|mut statement| {
        let version: u64 = statement.query_row([], |row| row.get(0))?;
        Ok(version)
    });
    // Zero stands for a journal that nobody has made yet.
    version.map(|version| version.saturating_add(1)).map_err(broken("looking for changes"))
}

/// A limit as SQLite takes it.
pub(crate) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// How many events a session has by its own row, and whether it is there at all.
pub(crate) fn counted(connection: &Connection, session: SessionId) -> Result<Option<u64>, StoreError> {
    use rusqlite::OptionalExtension as _;
    let sql = "SELECT events FROM sessions WHERE session = ?1";
    let found = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([session.to_string()], |row| row.get(0)).optional());
    found.map_err(broken_in(session, "reading a session"))
}
