//! What was said before a session began: one that came with a copy of a journal is gone on with in a new session, whose
//! first event names where the old one ended.

use crate::house::LONGEST_LIST;
use boxagnts_record::event::Origin;
use boxagnts_record::{Body, Chain, Event, Store, StoreError};
use boxagnts_types::SessionId;

/// Each part of a trail is an adoption by a person; more of them in a row were written by somebody else.
const LONGEST_TRAIL: usize = 64;

/// Where a session ends now.
pub(crate) async fn end_of(store: &dyn Store, session: SessionId) -> Result<Origin, StoreError> {
    let head = store.snapshot(session).await?.head;
    Ok(Origin { session, seq: head.seq, chain: head.chain.to_string() })
}

/// The events of a session, after those of the sessions that it goes on from. Each of these is as it was when it was
/// gone on with, or it is an error.
pub(crate) async fn history(store: &dyn Store, session: SessionId) -> Result<Vec<Event>, StoreError> {
    let mut parts = vec![store.read(session, 0, LONGEST_LIST).await?];
    while let Some(origin) = parts.last().and_then(|part| origin(part)) {
        let damaged = |why: &str| StoreError::Quarantined { session: origin.session, why: why.to_owned() };
        if LONGEST_TRAIL <= parts.len() {
            return Err(damaged("too many sessions go on from each other"));
        }
        let mut earlier = store.read(origin.session, 0, LONGEST_LIST).await?;
        earlier.retain(|event| event.seq <= origin.seq);
        if chain(&earlier)?.to_string() != origin.chain {
            return Err(damaged("it is not what it was when another session went on from it"));
        }
        parts.push(earlier);
    }
    Ok(parts.into_iter().rev().flatten().collect())
}

fn origin(events: &[Event]) -> Option<Origin> {
    match &events.first()?.body {
        Body::SessionStarted { origin, .. } => origin.clone(),
        _ => None,
    }
}

fn chain(events: &[Event]) -> Result<Chain, StoreError> {
    events.iter().try_fold(Chain::default(), |chain, event| Ok(chain.after(&event.to_canonical()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_record::{Claim, Durability, Journal, ManualStamp, MemoryStore};
    use boxagnts_types::{PrincipalId, WorkspaceId};
    use futures::executor::block_on;
    use std::sync::Arc;
    use std::time::Duration;
    use ulid::Ulid;

    fn id(number: u64) -> SessionId {
        SessionId::from_ulid(Ulid::from_parts(number, 1))
    }

    fn store() -> Arc<dyn Store> {
        Arc::new(MemoryStore::new(Arc::new(ManualStamp::new())))
    }

    /// A session that begins where another one ended, with so many events of its own.
    fn begin(store: &Arc<dyn Store>, number: u64, origin: Option<Origin>, more: usize) -> Journal {
        let claim = Claim {
            session: id(number),
            workspace: WorkspaceId::from_ulid(Ulid::from_parts(1, 1)),
            principal: PrincipalId::local(),
            holder: "a test".to_owned(),
            time_to_live: Duration::from_hours(1),
        };
        let journal = Journal::new(Arc::clone(store), block_on(store.claim(claim)).unwrap());
        let mut bodies = vec![Body::SessionStarted { folder: String::new(), version: String::new(), origin }];
        bodies.extend((0..more).map(|_| Body::CallIntended { fingerprint: "f".to_owned() }));
        block_on(journal.append(bodies, Durability::Crash)).unwrap();
        journal
    }

    fn trail(store: &Arc<dyn Store>, number: u64) -> Result<Vec<(SessionId, u64)>, StoreError> {
        let events = block_on(history(&**store, id(number)))?;
        Ok(events.iter().map(|event| (event.session, event.seq)).collect())
    }

    #[test]
    fn what_was_said_before_comes_first_and_nothing_that_came_after_it() {
        let store = store();
        let first = begin(&store, 1, None, 1);
        let end = block_on(end_of(&*store, id(1))).unwrap();
        block_on(first.append(vec![Body::CallIntended { fingerprint: "late".to_owned() }], Durability::Crash)).unwrap();
        begin(&store, 2, Some(end), 0);
        let end = block_on(end_of(&*store, id(2))).unwrap();
        begin(&store, 3, Some(end), 1);
        assert_eq!(trail(&store, 3).unwrap(), [(id(1), 1), (id(1), 2), (id(2), 1), (id(3), 1), (id(3), 2)]);
    }

    #[test]
    fn an_earlier_session_that_is_not_what_it_was_is_refused() {
        let store = store();
        begin(&store, 1, None, 1);
        let end = block_on(end_of(&*store, id(1))).unwrap();
        let origins = [
            Origin { seq: 1, ..end.clone() },
            Origin { chain: Chain::default().to_string(), ..end.clone() },
            Origin { chain: String::new(), ..end },
        ];
        for (number, origin) in (2..).zip(origins) {
            begin(&store, number, Some(origin), 0);
            let refused = trail(&store, number);
            assert!(matches!(refused, Err(StoreError::Quarantined { session, .. }) if session == id(1)), "{refused:?}");
        }
        begin(&store, 9, Some(Origin { session: id(8), seq: 1, chain: String::new() }), 0);
        assert!(matches!(trail(&store, 9), Err(StoreError::NoSession(session)) if session == id(8)));
    }

    #[test]
    fn a_trail_without_an_end_ends() {
        let store = store();
        begin(&store, 1, None, 0);
        for number in 2..100 {
            let end = block_on(end_of(&*store, id(number - 1))).unwrap();
            begin(&store, number, Some(end), 0);
        }
        assert_eq!(trail(&store, 64).unwrap().len(), 64);
        assert!(matches!(trail(&store, 99), Err(StoreError::Quarantined { .. })));
    }
}
