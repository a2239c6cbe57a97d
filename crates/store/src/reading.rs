//! What reads rows, on a connection and a thread of its own, so that no question waits for a sync.
//!
//! `None` for a connection is a database that nobody has made yet: it holds nothing.

use crate::database::{self, broken, broken_in, unreadable};
use crate::sqlite::Ground;
use crate::standing::{bound, counted};
use crate::verify::{self, Stored, Walk};
use crate::worker::{Reply, Tasks};
use crate::writing::{hold, listing};
use boxagnts_record::{Event, Hold, Listing, SessionSummary, Stamp, StoreError};
use boxagnts_types::{SessionId, Time};
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};

/// One question that waits for the reading thread.
pub(crate) struct Question(Box<Answer>);

/// Looks for the answer and sends it, or the reason why nobody can look.
type Answer = dyn FnOnce(Result<Option<&Connection>, StoreError>) + Send;

impl Question {
    /// A question whose answer is sent to whoever asked.
    pub(crate) fn new<T: Send + 'static>(
        reply: Reply<T>,
        work: impl FnOnce(Option<&Connection>) -> Result<T, StoreError> + Send + 'static,
    ) -> Self {
        Self(Box::new(move |connection| {
            // Whoever asked may have gone away.
            let _ = reply.send(connection.and_then(work));
        }))
    }
}

/// The life of the reading thread.
pub(crate) fn run(ground: &Ground, mut questions: Tasks<Question>) {
    let mut connection = None;
    while let Some(Question(answer)) = questions.blocking_recv() {
        if connection.is_none() {
            match open(ground) {
                Ok(found) => connection = found,
                Err(error) => {
                    answer(Err(error));
                    continue;
                }
            }
        }
        answer(Ok(connection.as_ref()));
    }
}

fn open(ground: &Ground) -> Result<Option<Connection>, StoreError> {
    let Some(connection) = ground.spare().map_or_else(|| database::find(&ground.folder), |spare| Ok(Some(spare)))?
    else {
        return Ok(None);
    };
    connection.pragma_update(None, "query_only", true).map_err(broken("opening the journal"))?;
    Ok(Some(connection))
}

/// Events of a session with `after < seq`, oldest first, at most `limit`. What was changed since it was written is
/// noticed on the way.
pub(crate) fn read(
    connection: Option<&Connection>,
    session: SessionId,
    after: u64,
    limit: usize,
) -> Result<Vec<Event>, StoreError> {
    let connection = connection.ok_or(StoreError::NoSession(session))?;
    // Ends with this function; nothing was changed, so nothing is lost.
    let moment = connection.unchecked_transaction().map_err(broken("reading events"))?;
    let count = counted(&moment, session)?.ok_or(StoreError::NoSession(session))?;
    if limit == 0 || (after != 0 && count <= after) {
        return Ok(Vec::new());
    }
    let rows = rows(&moment, session, after, limit).map_err(broken_in(session, "reading events"))?;
    let mut walk = Walk::from_start(session);
    let mut events = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.seq == after {
            walk = Walk::behind(session, row);
            continue;
        }
        walk.step(row)?;
        events.push(verify::understood(session, row)?);
    }
    if events.len() < limit {
        walk.end(count)?;
    }
    Ok(events)
}

/// The event before the first one, whose chain they go on from, and those that were asked for.
fn rows(connection: &Connection, session: SessionId, after: u64, limit: usize) -> Result<Vec<Stored>, Error> {
    let sql = "SELECT seq, json, chain FROM events WHERE session = ?1 AND ?2 <= seq ORDER BY seq LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let limit = if after == 0 { limit } else { limit.saturating_add(1) };
    statement.query_map(params![session.to_string(), after, bound(limit)], verify::stored)?.collect()
}

/// When a session with events was last written to.
fn updated(connection: &Connection, session: SessionId) -> Result<Option<String>, Error> {
    let sql = "SELECT updated FROM sessions WHERE session = ?1 AND updated IS NOT NULL";
    connection.prepare_cached(sql)?.query_row([session.to_string()], |row| row.get(0)).optional()
}

/// The sessions written to last come first, at most `limit`, those after `before` in that order.
pub(crate) fn sessions(
    connection: Option<&Connection>,
    stamp: &dyn Stamp,
    before: Option<SessionId>,
    limit: usize,
) -> Result<Vec<SessionSummary>, StoreError> {
    let connection = match (connection, before) {
        (Some(connection), _) => connection,
        (None, Some(session)) => return Err(StoreError::NoSession(session)),
        (None, None) => return Ok(Vec::new()),
    };
    // A tilde sorts after every time, which is a text of digits and letters.
    let end = match before {
        None => ("~".to_owned(), String::new()),
        Some(session) => {
            let place = updated(connection, session).map_err(broken("reading a session"))?;
            (place.ok_or(StoreError::NoSession(session))?, session.to_string())
        }
    };
    page(connection, stamp, end, limit).map_err(broken("listing sessions"))
}

fn page(
    connection: &Connection,
    stamp: &dyn Stamp,
    (updated, session): (String, String),
    limit: usize,
) -> Result<Vec<SessionSummary>, Error> {
    let sql = "SELECT started, updated, turns, events, title, holder, expires, time_to_live, sessions.session, damage
               FROM sessions LEFT JOIN leases ON leases.session = sessions.session
               WHERE updated IS NOT NULL AND (updated, sessions.session) < (?1, ?2)
               ORDER BY updated DESC, sessions.session DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let now = stamp.monotonic();
    // Who was killed left a lease behind that anybody may take, so it is nobody's.
    let holds = |hold: &Hold| hold.is_live(now) && !stamp.has_ended(&hold.holder);
    let read = |row: &Row<'_>| {
        let session: String = row.get(8)?;
        let session = session.parse().map_err(|error| unreadable(8, error))?;
        let holder = hold(row, 5).ok().flatten().filter(holds).map(|hold| hold.holder);
        let listing = listing(row);
        let unreadable = listing.as_ref().err().map(|error| format!("its row cannot be read: {error}"));
        // The mark itself may be what is damaged.
        let damage = row.get(9).unwrap_or_else(|error| Some(error.to_string())).or(unreadable);
        let summary = listing.unwrap_or_else(|_| damaged()).summary(session, holder);
        Ok(summary.map(|summary| SessionSummary { damage, ..summary }))
    };
    let rows = statement.query_map(params![updated, session, bound(limit)], read)?;
    rows.filter_map(Result::transpose).collect()
}

/// Stands for a session whose own row cannot be read, so that it does not hide the others.
fn damaged() -> Listing {
    let never = Some(Time::from_micros(0));
    Listing { started: never, updated: never, title: "(damaged)".to_owned(), ..Listing::default() }
}
