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
