//! The laws of a [`Store`], each a function that panics where a backend breaks it.
//!
//! A backend runs all of them with [`conformance_tests!`](crate::conformance_tests) and adds tests for what is its
//! own: files, damage, several processes. The laws see only the port and a clock that they move themselves.

#![allow(clippy::missing_panics_doc, reason = "a broken law panics; the suite has no other answer")]

mod blobs;
mod commits;
mod examples;
mod leases;
mod lists;
mod wait;

pub use blobs::*;
pub use commits::*;
pub use examples::*;
pub use leases::*;
pub use lists::*;
pub use wait::block_on;

use crate::commit::{Commit, Committed, Draft, Durability, Lease};
use crate::event::{Body, Event};
use crate::stamp::{ManualStamp, Stamp};
use crate::store::{Claim, SessionSummary, Store, StoreError};
use boxagnts_types::{Content, PrincipalId, SessionId, WorkspaceId};
use std::sync::Arc;
use std::time::Duration;
use ulid::Ulid;

/// Makes a fresh, empty store that takes time and identifiers from the stamp.
pub type Fresh<'a> = &'a dyn Fn(Arc<dyn Stamp>) -> Arc<dyn Store>;

/// One test for each law. The argument names a `fn(law: fn(Fresh))` that calls the law with a factory of stores and
/// keeps what they live in until the law returns.
#[macro_export]
macro_rules! conformance_tests {
    ($run:path) => {
        $crate::conformance_tests! { $run:
            a_stale_fence_changes_nothing
            an_invented_fence_changes_nothing
            a_session_that_nobody_claimed_takes_nothing
            one_live_lease_and_the_second_claim_names_the_holder
            an_expired_lease_is_taken_over_and_the_old_holder_writes_nothing
            an_expired_lease_that_nobody_took_still_writes
            a_renewed_lease_lives_on
            a_released_lease_is_free_and_a_stale_one_frees_nothing
            setting_the_calendar_neither_ends_nor_revives_a_lease
            an_old_session_keeps_its_workspace
            a_holder_is_one_line_that_deceives_nobody
            sequence_numbers_have_no_gaps
            concurrent_commits_leave_no_gaps
            a_reader_never_sees_a_part_of_a_commit
            what_is_committed_reads_back_equal
            the_same_events_have_the_same_bytes
            an_empty_commit_changes_nothing
            read_gives_what_follows_up_to_a_limit
            the_session_written_last_is_listed_first
            lists_go_on_after_a_session
            a_session_without_events_is_not_listed
            the_title_is_the_beginning_of_the_first_prompt
            only_turns_of_the_person_count
            blobs_are_kept_by_their_digest
            equal_blobs_are_one
            a_digest_that_is_none_is_no_blob
        }
    };
    ($run:path: $($law:ident)*) => {
        $(
            #[test]
            fn $law() {
                $run($crate::conformance::$law);
            }
        )*
    };
}

/// For how long the laws claim a session.
const LIFE: Duration = Duration::from_secs(30);

/// A fresh store with its clock, spoken to in whole sentences.
struct Stage {
    stamp: Arc<ManualStamp>,
    store: Arc<dyn Store>,
}

impl Stage {
    fn new(fresh: Fresh<'_>) -> Self {
        let stamp = Arc::new(ManualStamp::new());
        let store = fresh(Arc::clone(&stamp) as Arc<dyn Stamp>);
        Self { stamp, store }
    }

    fn claim(&self, session: SessionId, holder: &str) -> Result<Lease, StoreError> {
        let claim = Claim {
            session,
            workspace: workspace(1),
            principal: PrincipalId::local(),
            holder: holder.to_owned(),
            time_to_live: LIFE,
        };
        block_on(self.store.claim(claim))
    }

    fn held(&self, number: u64) -> Lease {
        self.claim(session(number), "a law").expect("a new session can be claimed")
    }

    fn try_commit(&self, lease: &Lease, events: Vec<Draft>) -> Result<Committed, StoreError> {
        block_on(self.store.commit(Commit { lease: lease.clone(), events, durability: Durability::Crash }))
    }

    fn commit(&self, lease: &Lease, events: Vec<Draft>) -> Vec<Event> {
        self.try_commit(lease, events).expect("the holder may write").events
    }

    fn read(&self, lease: &Lease) -> Vec<Event> {
        block_on(self.store.read(lease.session, 0, usize::MAX)).expect("the session exists")
    }

    fn list(&self, before: Option<SessionId>, limit: usize) -> Vec<SessionSummary> {
        block_on(self.store.sessions(before, limit)).expect("sessions can be listed")
    }
}

fn session(number: u64) -> SessionId {
    SessionId::from_ulid(Ulid::from_parts(number, 7))
}

fn workspace(number: u64) -> WorkspaceId {
    WorkspaceId::from_ulid(Ulid::from_parts(number, 8))
}

fn draft(body: Body) -> Draft {
    Draft { run: None, parent_run: None, agent: None, turn: None, step: None, call: None, cause: None, body }
}

fn note(text: &str) -> Draft {
    draft(Body::CallIntended { fingerprint: text.to_owned() })
}

fn prompt(text: &str) -> Draft {
    draft(Body::TurnStarted {
        prompt: vec![Content::text(text)],
        model: "demo/tour".to_owned(),
        mode: "ask".to_owned(),
        tools: vec!["read".to_owned()],
    })
}

fn is_stale(result: &Result<Committed, StoreError>) -> bool {
    matches!(result, Err(StoreError::StaleFence(_)))
}
