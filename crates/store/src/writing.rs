//! What changes rows. Each function runs inside a transaction that its caller ends.

use crate::database::{broken, broken_in, unreadable};
use crate::receipts;
use crate::rows::{SessionRows, parsed};
use crate::standing::snapshot_within;
use crate::verify;
use boxagnts_record::approval::Answer;
use boxagnts_record::moves;
use boxagnts_record::outbox::Letter;
use boxagnts_record::{Chain, Claim, Commit, Committed, Event, Hold, Lease, Listing, Name, Stamp, StoreError};
use boxagnts_types::{SessionId, Time, WorkspaceId};
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};
use std::time::Duration;

/// Writes events and what changes beside them, if the lease still holds.
pub(crate) fn commit(connection: &Connection, stamp: &dyn Stamp, batch: Commit) -> Result<Committed, StoreError> {
    let Commit { lease, events: drafts, moves, receipts, durability: _ } = batch;
    let (mut listing, mut chain) = held(connection, &lease)?;
    // First, because what is refused must take no identifier from the stamp: the same events get the same digests.
    moves::apply(&mut SessionRows::new(connection, lease.session), moves)?;
    let mut events = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let event = Event::of(draft, &lease, listing.events + 1, stamp);
        let json = event.to_canonical()?;
        chain = chain.after(&json);
        insert(connection, &event, &json, chain).map_err(broken("writing an event"))?;
        listing.take(&event);
        events.push(event);
    }
    if !events.is_empty() {
        list(connection, lease.session, &listing).map_err(broken("writing a session"))?;
    }
    receipts::append(connection, stamp, &lease, receipts)?;
    Ok(Committed { events })
}

/// Takes an answer to a question from somebody who need not hold the session.
pub(crate) fn answer(connection: &Connection, answer: Answer) -> Result<(), StoreError> {
    let session = answer.session;
    open_session(connection, session)?.ok_or(StoreError::NoSession(session))?;
    moves::answer(&mut SessionRows::new(connection, session), answer)
}

/// Keeps a letter that no commit wrote.
pub(crate) fn post(connection: &Connection, letter: &Letter) -> Result<u64, StoreError> {
    moves::bounded(&letter.body)?;
    let sql = "INSERT INTO letters (recipient, body) VALUES (?1, ?2) RETURNING number";
    let number = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([letter.to.as_str(), letter.body.as_str()], |row| row.get(0)));
    number.map_err(broken("writing a letter"))
}

/// Forgets letters that have arrived.
pub(crate) fn acknowledge(connection: &Connection, to: &Name, through: u64) -> Result<(), StoreError> {
    let through = i64::try_from(through).unwrap_or(i64::MAX);
    let sql = "DELETE FROM letters WHERE recipient = ?1 AND number <= ?2";
    let done =
        connection.prepare_cached(sql).and_then(|mut statement| statement.execute(params![to.as_str(), through]));
    done.map(drop).map_err(broken("acknowledging letters"))
}

/// Writes down what was found to be wrong with a session, so that lists name it and nobody claims it.
pub(crate) fn quarantine(connection: &Connection, session: SessionId, why: &str) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET damage = ?2 WHERE session = ?1 AND damage IS NULL";
    let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute([&session.to_string(), why]));
    done.map(drop).map_err(broken("writing a session"))
}

fn insert(connection: &Connection, event: &Event, json: &str, chain: Chain) -> Result<(), Error> {
    let sql = "INSERT INTO events (session, seq, json, chain) VALUES (?1, ?2, ?3, ?4)";
    let values = params![event.session.to_string(), event.seq, json, chain.as_bytes()];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

fn list(connection: &Connection, session: SessionId, listing: &Listing) -> Result<(), Error> {
    let Listing { started, updated, turns, events, title } = listing;
    let (started, updated) = (started.map(|time| time.to_string()), updated.map(|time| time.to_string()));
    let sql = "UPDATE sessions SET started = ?2, updated = ?3, turns = ?4, events = ?5, title = ?6 WHERE session = ?1";
    let values = params![session.to_string(), started, updated, turns, events, title];
    connection.prepare_cached(sql)?.execute(values).map(drop)
}

/// What is known of a session and its chain so far, if the lease is the one that holds it.
fn held(connection: &Connection, lease: &Lease) -> Result<(Listing, Chain), StoreError> {
    let session = lease.session;
    let sql = "SELECT started, updated, turns, sessions.events, title, fence, chain, damage FROM sessions
               LEFT JOIN leases ON leases.session = sessions.session AND holder IS NOT NULL
               LEFT JOIN events ON events.session = sessions.session AND seq = sessions.events
               WHERE sessions.session = ?1";
    let row = connection.prepare_cached(sql).and_then(|mut statement| {
        let chain = |row: &Row<'_>| row.get(6).map(|chain: Option<[u8; 32]>| chain.map(Chain::from));
        let read = |row: &Row<'_>| {
            let damage: Option<String> = row.get(7)?;
            Ok((row.get::<_, Option<u64>>(5)?, damage, listing(row)?, chain(row)?))
        };
        statement.query_row([session.to_string()], read).optional()
    });
    match row.map_err(broken_in(session, "reading a session"))? {
        None => Err(StoreError::NoSession(session)),
        Some((fence, ..)) if fence != Some(lease.fence) => Err(StoreError::StaleFence(session)),
        Some((_, Some(why), ..)) => Err(StoreError::Quarantined { session, why }),
        Some((.., listing, _)) if listing.events == 0 => Ok((listing, Chain::default())),
        Some((.., listing, Some(chain))) => Ok((listing, chain)),
        // A program of format 1 wrote the last event in the meantime, or its row is gone.
        Some((.., listing, None)) => {
            let chain = verify::whole(connection, session, listing.events)?;
            Ok((listing, chain))
        }
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

/// Takes the lease of a session that nobody holds. What stands in it is looked at before.
pub(crate) fn claim(connection: &Connection, stamp: &dyn Stamp, claim: Claim) -> Result<Lease, StoreError> {
    let session = claim.session;
    let known = open_session(connection, session)?;
    let now = stamp.monotonic();
    if let Some(Known { hold: Some(hold), .. }) = &known
        && hold.is_live(now)
        && !stamp.has_ended(&hold.holder)
    {
        return Err(StoreError::Held { session, holder: hold.holder.clone() });
    }
    let (workspace, fence) = match &known {
        Some(known) => (known.workspace, known.fence + 1),
        None => (claim.workspace, 1),
    };
    if let Some(known) = &known {
        verify::whole(connection, session, known.listing.events)?;
        snapshot_within(connection, session)?;
    }
    let take = || -> Result<(), Error> {
        let session = session.to_string();
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
    Ok(Lease { session, workspace, principal: claim.principal, fence })
}

struct Known {
    workspace: WorkspaceId,
    fence: u64,
    hold: Option<Hold>,
    listing: Listing,
}

/// What is known of a session that can be written to.
fn open_session(connection: &Connection, session: SessionId) -> Result<Option<Known>, StoreError> {
    let sql = "SELECT started, updated, turns, events, title, holder, expires, time_to_live, workspace,
                      coalesce(fence, 0), damage, sealed
               FROM sessions LEFT JOIN leases ON leases.session = sessions.session WHERE sessions.session = ?1";
    let read = |row: &Row<'_>| {
        let known = || {
            let (listing, hold) = (listing(row)?, hold(row, 5)?);
            Ok(Known { workspace: parsed(row, 8)?, fence: row.get(9)?, hold, listing })
        };
        // The mark comes first: whatever else is wrong with the row, it was found before.
        let damage: Option<String> = row.get(10)?;
        Ok((damage, row.get(11)?, known()))
    };
    let row = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([session.to_string()], read).optional());
    let broken = broken_in(session, "reading a session");
    let row: Option<(Option<String>, bool, Result<Known, Error>)> = row.map_err(&broken)?;
    match row {
        None => Ok(None),
        Some((Some(why), ..)) => Err(StoreError::Quarantined { session, why }),
        Some((None, true, _)) => Err(StoreError::Sealed(session)),
        Some((None, false, known)) => known.map(Some).map_err(broken),
    }
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
