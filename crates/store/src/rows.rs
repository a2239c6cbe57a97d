//! The rows beside the events of one session. What may follow on what is not decided here but in `record`.

use crate::database::{broken_in, unreadable};
use boxagnts_record::StoreError;
use boxagnts_record::account::{Account, Reservation};
use boxagnts_record::approval::Approval;
use boxagnts_record::effect::Effect;
use boxagnts_record::moves::Rows;
use boxagnts_record::name::Name;
use boxagnts_record::outbox::Letter;
use boxagnts_record::timer::Timer;
use boxagnts_types::{CallId, SessionId, Time};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// The rows of one session in the transaction that is under way.
pub(crate) struct SessionRows<'a> {
    connection: &'a Connection,
    session: SessionId,
    id: String,
}

impl<'a> SessionRows<'a> {
    pub(crate) fn new(connection: &'a Connection, session: SessionId) -> Self {
        Self { connection, session, id: session.to_string() }
    }

    /// The row that a query finds.
    fn one<T>(
        &self,
        sql: &str,
        values: &[&dyn ToSql],
        read: fn(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, StoreError> {
        let found =
            self.connection.prepare_cached(sql).and_then(|mut statement| statement.query_row(values, read).optional());
        found.map_err(broken_in(self.session, "reading what stands beside the events"))
    }

    /// The rows that a query for this session finds.
    pub(crate) fn all<T>(&self, sql: &str, read: fn(&Row<'_>) -> Result<T, Error>) -> Result<Vec<T>, StoreError> {
        let found = self.connection.prepare_cached(sql).and_then(|mut statement| {
            let rows = statement.query_map([&self.id], read)?;
            rows.collect()
        });
        found.map_err(broken_in(self.session, "reading what stands beside the events"))
    }

    fn put(&self, sql: &str, values: &[&dyn ToSql]) -> Result<(), StoreError> {
        let done = self.connection.prepare_cached(sql).and_then(|mut statement| statement.execute(values));
        done.map(drop).map_err(broken_in(self.session, "writing what stands beside the events"))
    }
}

impl Rows for SessionRows<'_> {
    fn effect(&self, call: CallId) -> Result<Option<Effect>, StoreError> {
        let sql = "SELECT call, class, state FROM effects WHERE session = ?1 AND call = ?2";
        self.one(sql, params![self.id, call.to_string()], effect)
    }

    fn put_effect(&mut self, effect: Effect) -> Result<(), StoreError> {
        let Effect { call, class, state } = effect;
        let sql = "INSERT OR REPLACE INTO effects (session, call, class, state) VALUES (?1, ?2, ?3, ?4)";
        self.put(sql, params![self.id, call.to_string(), class.to_string(), state.to_string()])
    }

    fn approval(&self, call: CallId, fingerprint: &str) -> Result<Option<Approval>, StoreError> {
        let sql = "SELECT call, fingerprint, question, state, answer, answered_by FROM approvals
                   WHERE session = ?1 AND call = ?2 AND fingerprint = ?3";
        self.one(sql, params![self.id, call.to_string(), fingerprint], approval)
    }

    fn put_approval(&mut self, approval: Approval) -> Result<(), StoreError> {
        let Approval { call, fingerprint, question, state, answer, answered_by } = approval;
        let sql = "INSERT OR REPLACE INTO approvals (session, call, fingerprint, question, state, answer, answered_by)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let (call, state) = (call.to_string(), state.to_string());
        self.put(sql, params![self.id, call, fingerprint, question, state, answer, answered_by])
    }

    fn timer(&self, name: &Name) -> Result<Option<Timer>, StoreError> {
        let sql = "SELECT timer, at, fired FROM timers WHERE session = ?1 AND timer = ?2";
        self.one(sql, params![self.id, name.as_str()], timer)
    }

    fn put_timer(&mut self, timer: Timer) -> Result<(), StoreError> {
        let Timer { name, at, fired } = timer;
        let sql = "INSERT OR REPLACE INTO timers (session, timer, at, fired) VALUES (?1, ?2, ?3, ?4)";
        self.put(sql, params![self.id, name.as_str(), at.map(Time::as_micros), fired.map(Time::as_micros)])
    }

    fn account(&self, name: &Name) -> Result<Option<Account>, StoreError> {
        let sql = "SELECT account, parent, limits, reserved, spent FROM accounts WHERE session = ?1 AND account = ?2";
        self.one(sql, params![self.id, name.as_str()], account)
    }

    fn put_account(&mut self, account: Account) -> Result<(), StoreError> {
        let Account { name, parent, limits, reserved, spent } = account;
        let sql = "INSERT OR REPLACE INTO accounts (session, account, parent, limits, reserved, spent)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let parent = parent.as_ref().map(Name::as_str);
        let (limits, reserved, spent) = (self.json(&limits)?, self.json(&reserved)?, self.json(&spent)?);
        self.put(sql, params![self.id, name.as_str(), parent, limits, reserved, spent])
    }

    fn reservation(&self, name: &Name) -> Result<Option<Reservation>, StoreError> {
        let sql = "SELECT reservation, account, amounts FROM reservations WHERE session = ?1 AND reservation = ?2";
        self.one(sql, params![self.id, name.as_str()], reservation)
    }

    fn put_reservation(&mut self, reservation: Reservation) -> Result<(), StoreError> {
        let Reservation { name, account, amounts } = reservation;
        let sql = "INSERT INTO reservations (session, reservation, account, amounts) VALUES (?1, ?2, ?3, ?4)";
        self.put(sql, params![self.id, name.as_str(), account.as_str(), self.json(&amounts)?])
    }

    fn drop_reservation(&mut self, name: &Name) -> Result<(), StoreError> {
        let sql = "DELETE FROM reservations WHERE session = ?1 AND reservation = ?2";
        self.put(sql, params![self.id, name.as_str()])
    }

    fn send(&mut self, letter: Letter) -> Result<(), StoreError> {
        let sql = "INSERT INTO letters (session, recipient, body) VALUES (?1, ?2, ?3)";
        self.put(sql, params![self.id, letter.to.as_str(), letter.body])
    }
}

impl SessionRows<'_> {
    fn json(&self, value: &impl Serialize) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|error| StoreError::Backend {
            what: format!("writing an account of session {}", self.session),
            source: Box::new(error),
        })
    }
}

/// A value that has a text form.
pub(crate) fn parsed<T>(row: &Row<'_>, column: usize) -> Result<T, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    row.get_ref(column)?.as_str()?.parse().map_err(|error| unreadable(column, error))
}

fn parsed_or_null<T>(row: &Row<'_>, column: usize) -> Result<Option<T>, Error>
where
    T: FromStr<Err: std::error::Error + Send + Sync + 'static>,
{
    let text = row.get_ref(column)?.as_str_or_null()?;
    text.map(str::parse).transpose().map_err(|error| unreadable(column, error))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, Error> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

fn micros(row: &Row<'_>, column: usize) -> Result<Option<Time>, Error> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Time::from_micros))
}

pub(crate) fn effect(row: &Row<'_>) -> Result<Effect, Error> {
    Ok(Effect { call: parsed(row, 0)?, class: parsed(row, 1)?, state: parsed(row, 2)? })
}

pub(crate) fn approval(row: &Row<'_>) -> Result<Approval, Error> {
    Ok(Approval {
        call: parsed(row, 0)?,
        fingerprint: row.get(1)?,
        question: row.get(2)?,
        state: parsed(row, 3)?,
        answer: row.get(4)?,
        answered_by: row.get(5)?,
    })
}

pub(crate) fn timer(row: &Row<'_>) -> Result<Timer, Error> {
    Ok(Timer { name: parsed(row, 0)?, at: micros(row, 1)?, fired: micros(row, 2)? })
}

pub(crate) fn account(row: &Row<'_>) -> Result<Account, Error> {
    Ok(Account {
        name: parsed(row, 0)?,
        parent: parsed_or_null(row, 1)?,
        limits: json(row, 2)?,
        reserved: json(row, 3)?,
        spent: json(row, 4)?,
    })
}

pub(crate) fn reservation(row: &Row<'_>) -> Result<Reservation, Error> {
    Ok(Reservation { name: parsed(row, 0)?, account: parsed(row, 1)?, amounts: json(row, 2)? })
}
