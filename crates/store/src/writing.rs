//! What changes rows. Each function runs inside a transaction that its caller ends.

use crate::database::broken;
use boxagnts_record::{Claim, Commit, Committed, Event, Hold, Lease, Listing, Stamp, StoreError};
use boxagnts_types::{SessionId, Time, WorkspaceId};
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};
use std::time::Duration;

/// Writes events, if the lease still holds.
pub(crate) fn commit(connection: &Connection, stamp: &dyn Stamp, batch: Commit) -> Result<Committed, StoreError> {
    let Commit { lease, events: drafts, durability: _ } = batch;
    let mut listing = held(connection, &lease)?;
    let mut events = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let event = Event::of(draft, &lease, listing.events + 1, stamp);
        let json = event.to_canonical()?;
        insert(connection, &event, &json).map_err(broken("writing an event"))?;
        listing.take(&event);
        events.push(event);
    }
    if !events.is_empty() {
        list(connection, lease.session, &listing).map_err(broken("writing a session"))?;
    }
    Ok(Committed { events })
}

fn insert(connection: &Connection, event: &Event, json: &str) -> Result<(), Error> {
    let sql = "INSERT INTO events (session, seq, json) VALUES (?1, ?2, ?3)";
    connection.prepare_cached(sql)?.execute(params![event.session.to_string(), event.seq, json]).map(drop)
}

fn list(connection: &Connection, session: SessionId, listing: &Listing) -> Result<(), Error> {
    let Listing { started, updated, turns, events, title } = listing;
    let (started, updated) = (started.map(|time| time.to_string()), updated.map(|time| time.to_string()));
    let sql = "UPDATE sessions SET started = ?2, updated = ?3, turns = ?4, events = ?5, title = ?6 WHERE session = ?1";
    let values = params![session.to_string(), started, updated, turns, events, title];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// What is known of a session, if the lease is the one that holds it.
fn held(connection: &Connection, lease: &Lease) -> Result<Listing, StoreError> {
    let sql = "SELECT started, updated, turns, events, title, fence FROM sessions
               LEFT JOIN leases ON leases.session = sessions.session AND holder IS NOT NULL WHERE sessions.session = ?1";
    let row = connection.prepare_cached(sql).and_then(|mut statement| {
        let read = |row: &Row<'_>| Ok((listing(row)?, row.get(5)?));
        statement.query_row([lease.session.to_string()], read).optional()
    });
    let row: Option<(Listing, Option<u64>)> = row.map_err(broken("reading a session"))?;
    match row {
        None => Err(StoreError::NoSession(lease.session)),
        Some((listing, Some(fence))) if fence == lease.fence => Ok(listing),
        Some(_) => Err(StoreError::StaleFence(lease.session)),
    }
}

/// The first five columns of a query, in the order of [`Listing`].
pub(crate) fn listing(row: &Row<'_>) -> Result<Listing, Error> {
    let (started, updated) = (time(row, 0)?, time(row, 1)?);
    Ok(Listing { started, updated, turns: row.get(2)?, events: row.get(3)?, title: row.get(4)? })
}

fn time(row: &Row<'_>, column: usize) -> Result<Option<Time>, Error> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    text.parse().map(|timestamp| Some(Time::from_timestamp(timestamp))).map_err(|error| unreadable(column, error))
}

/// A value of ours that is not what we write.
pub(crate) fn unreadable(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

/// Takes the lease of a session that nobody holds.
pub(crate) fn claim(connection: &Connection, stamp: &dyn Stamp, claim: Claim) -> Result<Lease, StoreError> {
    let known = known(connection, claim.session).map_err(broken("reading a session"))?;
    let now = stamp.monotonic();
    if let Some(Known { hold: Some(hold), .. }) = &known
        && hold.is_live(now)
    {
        return Err(StoreError::Held { session: claim.session, holder: hold.holder.clone() });
    }
    let (workspace, fence) = match &known {
        Some(known) => (known.workspace, known.fence + 1),
        None => (claim.workspace, 1),
    };
    let take = || -> Result<(), Error> {
        let session = claim.session.to_string();
        if known.is_none() {
            let sql = "INSERT INTO sessions (session, workspace) VALUES (?1, ?2)";
            connection.prepare_cached(sql)?.execute([&session, &workspace.to_string()])?;
        }
        let Hold { holder, expires, time_to_live } = Hold::of(&claim, now);
        let sql = "INSERT INTO leases (session, fence, holder, expires, time_to_live) VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT (session) DO UPDATE SET fence = excluded.fence, holder = excluded.holder,
                   expires = excluded.expires, time_to_live = excluded.time_to_live";
        let values = params![session, fence, holder, micros(expires), micros(time_to_live)];
        connection.prepare_cached(sql)?.execute(values).map(drop)
    };
    take().map_err(broken("writing a lease"))?;
    Ok(Lease { session: claim.session, workspace, principal: claim.principal, fence })
}

struct Known {
    workspace: WorkspaceId,
    fence: u64,
    hold: Option<Hold>,
}

fn known(connection: &Connection, session: SessionId) -> Result<Option<Known>, Error> {
    let sql = "SELECT holder, expires, time_to_live, workspace, coalesce(fence, 0) FROM sessions
               LEFT JOIN leases ON leases.session = sessions.session WHERE sessions.session = ?1";
    let read = |row: &Row<'_>| {
        let workspace: String = row.get(3)?;
        let workspace = workspace.parse().map_err(|error| unreadable(3, error))?;
        Ok(Known { workspace, fence: row.get(4)?, hold: hold(row, 0)? })
    };
    connection.prepare_cached(sql)?.query_row([session.to_string()], read).optional()
}

/// Three columns of a query, in the order of [`Hold`].
pub(crate) fn hold(row: &Row<'_>, first: usize) -> Result<Option<Hold>, Error> {
    let Some(holder) = row.get(first)? else { return Ok(None) };
    let duration = |column| row.get(column).map(|micros: Option<u64>| Duration::from_micros(micros.unwrap_or(0)));
    Ok(Some(Hold { holder, expires: duration(first + 1)?, time_to_live: duration(first + 2)? }))
}

/// Keeps the lease alive.
pub(crate) fn renew(connection: &Connection, stamp: &dyn Stamp, lease: &Lease) -> Result<(), StoreError> {
    held(connection, lease)?;
    let sql = "UPDATE leases SET expires = ?2 + time_to_live WHERE session = ?1";
    let values = params![lease.session.to_string(), micros(stamp.monotonic())];
    let renewed = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
    renewed.map(drop).map_err(broken("renewing a lease"))
}

/// Gives the lease back, if it is still the one that holds.
pub(crate) fn release(connection: &Connection, lease: &Lease) -> Result<(), StoreError> {
    match held(connection, lease) {
        Err(StoreError::StaleFence(_) | StoreError::NoSession(_)) => return Ok(()),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    let sql = "UPDATE leases SET holder = NULL, expires = NULL, time_to_live = NULL WHERE session = ?1";
    let released =
        connection.prepare_cached(sql).and_then(|mut statement| statement.execute([lease.session.to_string()]));
    released.map(drop).map_err(broken("releasing a lease"))
}

/// A quarter of the range, so that a sum of two stays inside; it is longer than any machine runs.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).map_or(i64::MAX / 4, |micros| micros.min(i64::MAX / 4))
}
