//! Whether the events of a session are still what was written. Each row carries the chain up to it, so that a changed
//! byte, a missing row and a row too many are noticed and named.

use crate::database::broken_in;
use crate::standing::counted;
use boxagnts_record::{Chain, Event, Head, StoreError};
use boxagnts_types::SessionId;
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};

/// A row of `events` as it stands.
pub(crate) struct Stored {
    pub(crate) seq: u64,
    pub(crate) json: String,
    /// `None` when a program of format 1 wrote it.
    pub(crate) chain: Option<Chain>,
}

/// The columns `seq`, `json`, `chain`.
pub(crate) fn stored(row: &Row<'_>) -> Result<Stored, Error> {
    let chain: Option<[u8; 32]> = row.get(2)?;
    Ok(Stored { seq: row.get(0)?, json: row.get(1)?, chain: chain.map(Chain::from) })
}

/// Walks along the rows of a session.
pub(crate) struct Walk {
    session: SessionId,
    seq: u64,
    /// `None` after a row without one.
    chain: Option<Chain>,
}

impl Walk {
    pub(crate) fn from_start(session: SessionId) -> Self {
        Self { session, seq: 0, chain: Some(Chain::default()) }
    }

    /// Begins behind a row that is not looked at.
    pub(crate) fn behind(session: SessionId, row: &Stored) -> Self {
        Self { session, seq: row.seq, chain: row.chain }
    }

    /// One row further: the number must be the next one, and the chain must hold.
    pub(crate) fn step(&mut self, row: &Stored) -> Result<(), StoreError> {
        let expected = self.seq.saturating_add(1);
        if row.seq != expected {
            return Err(self.damaged(format!("event {expected} is missing")));
        }
        if let (Some(before), Some(chain)) = (self.chain, row.chain)
            && before.after(&row.json) != chain
        {
            return Err(self.damaged(format!("event {expected} is not what was written")));
        }
        (self.seq, self.chain) = (expected, row.chain);
        Ok(())
    }

    /// The walk has come to the last row that there is.
    pub(crate) fn end(&self, events: u64) -> Result<(), StoreError> {
        match self.seq {
            seq if seq < events => Err(self.damaged(format!("event {} is missing", seq + 1))),
            seq if events < seq => Err(self.damaged(format!("event {} stands beyond the end", events + 1))),
            _ => Ok(()),
        }
    }

    fn damaged(&self, why: String) -> StoreError {
        StoreError::Quarantined { session: self.session, why }
    }
}

/// The event of a row that has its place.
pub(crate) fn understood(session: SessionId, Stored { seq, json, .. }: &Stored) -> Result<Event, StoreError> {
    let damaged = |why: &str| StoreError::Quarantined { session, why: format!("event {seq}: {why}") };
    let event = Event::from_canonical(json).map_err(|error| match error {
        StoreError::Damaged(why) => damaged(&why),
        other => other,
    })?;
    if (event.session, event.seq) == (session, *seq) { Ok(event) } else { Err(damaged("it stands in the wrong place")) }
}

/// Looks at every event of a session, inside a transaction that may write, and gives those their chain that a program
/// of format 1 wrote. Whoever claims a session goes on from here.
pub(crate) fn whole(connection: &Connection, session: SessionId, events: u64) -> Result<Chain, StoreError> {
    let mut walk = Walk::from_start(session);
    let mut chain = Chain::default();
    let mut without = Vec::new();
    each(connection, session, &mut |row| {
        walk.step(&row)?;
        chain = chain.after(&row.json);
        if row.chain.is_none() {
            understood(session, &row)?;
            without.push((row.seq, chain));
        }
        // Behind a row without a chain the next one is compared with what the walk worked out.
        walk.chain = Some(chain);
        Ok(())
    })?;
    walk.end(events)?;
    let sql = "UPDATE events SET chain = ?3 WHERE session = ?1 AND seq = ?2";
    for (seq, chain) in without {
        let values = params![session.to_string(), seq, chain.as_bytes()];
        let done = connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
        done.map_err(broken_in(session, "writing a chain"))?;
    }
    Ok(chain)
}

/// Where a session ends. Only the last row is looked at, unless a program of format 1 wrote it.
pub(crate) fn head(connection: &Connection, session: SessionId) -> Result<Head, StoreError> {
    let events = counted(connection, session)?.ok_or(StoreError::NoSession(session))?;
    if events == 0 {
        return Ok(Head::default());
    }
    let sql = "SELECT seq, '', chain FROM events WHERE session = ?1 AND seq = ?2";
    let last = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(params![session.to_string(), events], stored).optional());
    match last.map_err(broken_in(session, "reading events"))? {
        None => Err(StoreError::Quarantined { session, why: format!("event {events} is missing") }),
        Some(Stored { chain: Some(chain), .. }) => Ok(Head { seq: events, chain }),
        Some(_) => {
            let mut chain = Chain::default();
            each(connection, session, &mut |row| {
                chain = chain.after(&row.json);
                Ok(())
            })?;
            Ok(Head { seq: events, chain })
        }
    }
}

fn each(
    connection: &Connection,
    session: SessionId,
    look: &mut dyn FnMut(Stored) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let broken = broken_in(session, "reading events");
    let sql = "SELECT seq, json, chain FROM events WHERE session = ?1 ORDER BY seq";
    let mut statement = connection.prepare_cached(sql).map_err(&broken)?;
    let mut rows = statement.query([session.to_string()]).map_err(&broken)?;
    while let Some(row) = rows.next().map_err(&broken)? {
        look(stored(row).map_err(&broken)?)?;
    }
    Ok(())
}
