//! Group commit: whatever waits while one transaction is written goes into the next one together, so that many
//! writers share one sync. A change that fails takes none of its neighbours along.

use crate::database::{self, LOG, broken};
use crate::sqlite::Ground;
use crate::worker::{Reply, Tasks};
use boxagnts_record::{Durability, Stamp, StoreError};
use rusqlite::{Connection, Error, ErrorCode};
use std::sync::Arc;
use std::time::Duration;

/// The most changes of one transaction, so that the first of them does not wait without end.
const LARGEST_GROUP: usize = 64;

/// How many groups are written between two looks at the length of the log.
const GROUPS_PER_LOOK: u32 = 16;

/// A log of this length is folded into the database between two groups. Whoever opens the database after a crash reads
/// the log once, at about a millisecond for each mebibyte.
const LONGEST_LOG: u64 = 4 << 20;

/// A log of this length is folded when the store is closed; a shorter one is not worth the syncs.
const LONG_LOG: u64 = 1 << 20;

/// How a transaction ended, for all that were in it.
type Fate = Result<(), StoreError>;

/// Makes a change, or hears why it cannot be made.
type Apply = dyn FnOnce(Result<Desk<'_>, &StoreError>) -> Applied + Send;

/// One change that waits for its transaction.
pub(crate) struct Change {
    durability: Durability,
    apply: Box<Apply>,
}

/// What a change is made with.
pub(crate) struct Desk<'a> {
    pub(crate) connection: &'a Connection,
    pub(crate) stamp: &'a dyn Stamp,
}

/// A change that is made or refused, and not yet told to whoever asked.
struct Applied {
    succeeded: bool,
    tell: Box<dyn FnOnce(&Fate)>,
}

impl Change {
    /// A change whose answer is sent when its transaction has ended.
    pub(crate) fn new<T: Send + 'static>(
        durability: Durability,
        reply: Reply<T>,
        work: impl FnOnce(&Desk<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Self {
        let apply = move |desk: Result<Desk<'_>, &StoreError>| {
            let result = desk.map_err(twin).and_then(|desk| work(&desk));
            let succeeded = result.is_ok();
            let tell = move |fate: &Fate| {
                let answer = match fate {
                    Err(error) if result.is_ok() => Err(twin(error)),
                    _ => result,
                };
                // Whoever asked may have gone away; the change counts all the same.
                let _ = reply.send(answer);
            };
            Applied { succeeded, tell: Box::new(tell) }
        };
        Self { durability, apply: Box::new(apply) }
    }
}

/// The life of the writing thread.
pub(crate) fn run(ground: Arc<Ground>, mut changes: Tasks<Change>) {
    let mut writer = Writer::new(ground);
    while let Some(first) = changes.blocking_recv() {
        let mut group = vec![first];
        while group.len() < LARGEST_GROUP
            && let Ok(change) = changes.try_recv()
        {
            group.push(change);
        }
        writer.settle(group);
    }
    writer.close();
}

struct Writer {
    ground: Arc<Ground>,
    connection: Option<Connection>,
    /// What SQLite was last told.
    durability: Durability,
    /// The disk has refused to keep something. What it holds since then is unknown, and asking again would not tell:
    /// a second sync can succeed without having written what the first one lost.
    failed: bool,
    groups: u32,
}

impl Writer {
    fn new(ground: Arc<Ground>) -> Self {
        Self { ground, connection: None, durability: Durability::Crash, failed: false, groups: 0 }
    }

    fn settle(&mut self, group: Vec<Change>) {
        let mut applied = Vec::with_capacity(group.len());
        let fate = self.write(group, &mut applied);
        for Applied { tell, .. } in applied {
            tell(&fate);
        }
        self.fold();
    }

    /// Every change of the group is in `applied` afterwards, whatever happened.
    fn write(&mut self, group: Vec<Change>, applied: &mut Vec<Applied>) -> Fate {
        let durability = group.iter().map(|change| change.durability).max().unwrap_or(Durability::Crash);
        if let Err(error) = self.begin(durability) {
            applied.extend(group.into_iter().map(|change| (change.apply)(Err(&error))));
            return Err(error);
        }
        let Some(connection) = &self.connection else { return Ok(()) };
        let alone = group.len() == 1;
        let mut fate = Ok(());
        for change in group {
            if let Err(error) = &fate {
                applied.push((change.apply)(Err(error)));
                continue;
            }
            fate = apply(connection, &*self.ground.stamp, change, alone, applied);
        }
        let keep = fate.is_ok() && applied.iter().any(|change| change.succeeded);
        let ended = end(connection, keep);
        self.failed |= matches!(&ended, Err(error) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure));
        fate.and(ended.map_err(broken("writing the journal")))
    }

    fn begin(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.failed {
            let source = "the disk failed to keep an earlier change; start again once it is sound".into();
            return Err(StoreError::Backend { what: "writing the journal".to_owned(), source });
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.ground.spare() {
                Some(connection) => connection,
                None => database::find_or_make(&self.ground.folder)?,
            },
        };
        self.ground.admit(&connection)?;
        let connection = self.connection.insert(connection);
        start(connection, self.durability, durability).map_err(broken("writing the journal"))?;
        self.durability = durability;
        Ok(())
    }

    /// Folds the log into the database while nobody waits for it. The write after that begins the log anew.
    fn fold(&mut self) {
        self.groups += 1;
        if self.groups < GROUPS_PER_LOOK {
            return;
        }
        self.groups = 0;
        if let Some(connection) = &self.connection
            && LONGEST_LOG <= self.ground.folder.length(LOG)
        {
            // Readers may stand in the way; then a part is folded, and the rest another time.
            let folded = connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)");
            self.failed |=
                matches!(folded, Err(error) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure));
        }
    }

    fn close(self) {
        if let Some(connection) = &self.connection
            && !self.failed
            && LONG_LOG <= self.ground.folder.length(LOG)
        {
            // Another process may be using the log; whoever closes last folds it then.
            let _ = connection
                .busy_timeout(Duration::ZERO)
                .and_then(|()| connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)"));
        }
    }
}

fn start(connection: &Connection, told: Durability, durability: Durability) -> Result<(), Error> {
    if told != durability {
        let level = match durability {
            Durability::Crash => "NORMAL",
            Durability::Power => "FULL",
        };
        connection.pragma_update(None, "synchronous", level)?;
    }
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)
}

/// Makes one change. An error means that the whole transaction is lost.
fn apply(connection: &Connection, stamp: &dyn Stamp, change: Change, alone: bool, applied: &mut Vec<Applied>) -> Fate {
    let lost = broken("writing the journal");
    // The transaction's end takes back what a single change that failed has written; of several, a savepoint does.
    if !alone && let Err(error) = point(connection, "SAVEPOINT change").map_err(&lost) {
        applied.push((change.apply)(Err(&error)));
        return Err(error);
    }
    let done = (change.apply)(Ok(Desk { connection, stamp }));
    let succeeded = done.succeeded;
    applied.push(done);
    if alone {
        return Ok(());
    }
    let back = if succeeded { Ok(()) } else { point(connection, "ROLLBACK TO change") };
    back.and_then(|()| point(connection, "RELEASE change")).map_err(lost)
}

fn point(connection: &Connection, sql: &str) -> Result<(), Error> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn end(connection: &Connection, keep: bool) -> Result<(), Error> {
    // Some failures, such as a full disk, have ended the transaction already.
    if !keep && connection.is_autocommit() {
        return Ok(());
    }
    let ended = if keep { point(connection, "COMMIT") } else { point(connection, "ROLLBACK") };
    if ended.is_err() && !connection.is_autocommit() {
        let _ = point(connection, "ROLLBACK");
    }
    ended
}

/// The same error for one more asker. The cause is kept as its text.
fn twin(error: &StoreError) -> StoreError {
    match error {
        StoreError::Damaged(why) => StoreError::Damaged(why.clone()),
        StoreError::Stray(stray) => StoreError::Stray(stray.clone()),
        StoreError::Newer { found, known } => StoreError::Newer { found: *found, known: *known },
        StoreError::Backend { what, source } => {
            StoreError::Backend { what: what.clone(), source: source.to_string().into() }
        }
        other => StoreError::Backend { what: "writing the journal".to_owned(), source: other.to_string().into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    /// What SQLite does about the disk when a transaction ends: 1 leaves the log to the system, 2 syncs it.
    /// Source: <https://www.sqlite.org/pragma.html#pragma_synchronous>.
    fn level(connection: &Connection) -> u32 {
        connection.query_row("PRAGMA synchronous", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn power_is_synced_and_crash_is_not() {
        let around = tempfile::tempdir().unwrap();
        let connection = database::find_or_make(&Folder::new(&around.path().join("one"))).unwrap();
        assert_eq!(level(&connection), 1);
        let steps = [(Durability::Power, 2), (Durability::Power, 2), (Durability::Crash, 1), (Durability::Power, 2)];
        let mut told = Durability::Crash;
        for (durability, expected) in steps {
            start(&connection, told, durability).unwrap();
            assert_eq!(level(&connection), expected);
            end(&connection, true).unwrap();
            told = durability;
        }
    }

    #[test]
    fn a_group_is_as_durable_as_its_most_careful_change() {
        let around = tempfile::tempdir().unwrap();
        let ground = Ground::open(&around.path().join("one"), Arc::new(crate::SystemStamp::new()), None).unwrap();
        let mut writer = Writer::new(Arc::new(ground));
        for (group, expected) in [
            (vec![Durability::Crash, Durability::Power, Durability::Crash], 2),
            (vec![Durability::Crash, Durability::Crash], 1),
            (vec![Durability::Power], 2),
            (vec![Durability::Crash], 1),
        ] {
            let asked = group.into_iter().map(|durability| {
                let (reply, answer) = tokio::sync::oneshot::channel();
                (Change::new(durability, reply, |desk| Ok(level(desk.connection))), answer)
            });
            let (changes, answers): (Vec<_>, Vec<_>) = asked.unzip();
            writer.settle(changes);
            for mut answer in answers {
                assert_eq!(answer.try_recv().unwrap().unwrap(), expected);
            }
        }
    }

    /// X04: what a disk that failed holds is unknown, so nothing is written on top of it.
    #[test]
    fn a_writer_whose_disk_failed_writes_no_more() {
        let around = tempfile::tempdir().unwrap();
        let ground = Ground::open(&around.path().join("one"), Arc::new(crate::SystemStamp::new()), None).unwrap();
        let mut writer = Writer::new(Arc::new(ground));
        let mut ask = |failed| {
            writer.failed = failed;
            let (reply, mut answer) = tokio::sync::oneshot::channel();
            writer.settle(vec![Change::new(Durability::Crash, reply, |_| Ok(()))]);
            answer.try_recv().unwrap()
        };
        assert!(ask(false).is_ok());
        assert!(matches!(ask(true), Err(StoreError::Backend { .. })));
    }

    /// As a full disk does it, where no test can make one.
    #[test]
    fn a_database_that_cannot_grow_refuses_and_goes_on_when_it_can() {
        let around = tempfile::tempdir().unwrap();
        let ground = Ground::open(&around.path().join("one"), Arc::new(crate::SystemStamp::new()), None).unwrap();
        let mut writer = Writer::new(Arc::new(ground));
        let mut ask = |most: Option<u32>| {
            if let (Some(most), Some(connection)) = (most, &writer.connection) {
                connection.pragma_update(None, "max_page_count", most).unwrap();
            }
            let (reply, mut answer) = tokio::sync::oneshot::channel();
            writer.settle(vec![Change::new(Durability::Crash, reply, |desk| {
                let sql = "INSERT INTO letters (recipient, body) VALUES ('ada', randomblob(20000) || '')";
                desk.connection.execute(sql, []).map_err(broken("writing a letter"))
            })]);
            answer.try_recv().unwrap()
        };
        assert!(ask(None).is_ok());
        // The bound is held at what the file has already.
        let refusal = ask(Some(1)).unwrap_err();
        let cause = std::error::Error::source(&refusal).unwrap().to_string();
        assert!(cause.contains("full"), "{cause}");
        assert!(ask(Some(1000)).is_ok());
    }
}
