//! The laws of a [`Store`], each a function that panics where a backend breaks it.
//!
//! A backend runs all of them with [`conformance_tests!`](crate::conformance_tests) and adds tests for what is its
//! own: files, damage, several processes. The laws see only the port and a clock that they move themselves.

#![allow(clippy::missing_panics_doc, reason = "a broken law panics; the suite has no other answer")]

mod accounts;
mod approvals;
mod batches;
mod blobs;
mod commits;
mod effects;
mod examples;
mod leases;
mod letters;
mod lists;
mod receipts;
mod timers;
mod wait;
mod walks;

pub use accounts::*;
pub use approvals::*;
pub use batches::*;
pub use blobs::*;
pub use commits::*;
pub use effects::*;
pub use examples::*;
pub use leases::*;
pub use letters::*;
pub use lists::*;
pub use receipts::*;
pub use timers::*;
pub use wait::block_on;
pub use walks::*;

use crate::commit::{Commit, Committed, Draft, Lease};
use crate::event::{Body, Event};
use crate::name::Name;
use crate::snapshot::Snapshot;
use crate::stamp::{ManualStamp, Stamp};
use crate::store::{Claim, SessionSummary, Store, StoreError};
use boxagnts_types::{CallId, Content, PrincipalId, SessionId, WorkspaceId};
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
            a_refused_part_refuses_the_whole_commit
            a_stale_fence_moves_nothing
            later_moves_see_what_earlier_ones_did
            a_snapshot_is_one_moment
            the_same_events_have_the_same_chain
            changes_are_seen_from_outside
            a_call_is_intended_and_settled_once
            a_call_that_may_change_something_is_never_intended_again
            a_question_is_answered_once_by_whoever_is_first
            an_answer_is_used_once_or_not_at_all
            an_answer_needs_no_lease_and_a_question_survives_its_asker
            an_occurrence_fires_once
            due_timers_come_in_order_up_to_a_limit
            an_occurrence_that_fired_never_comes_again
            a_reservation_never_exceeds_the_account_or_an_ancestor
            what_was_really_spent_counts_even_beyond_a_limit
            concurrent_reservations_never_exceed_the_account
            what_was_reserved_and_not_settled_is_seen_by_whoever_goes_on
            letters_are_taken_in_order_until_they_are_acknowledged
            many_writers_leave_letters_in_one_order
            texts_are_kept_as_they_are_up_to_a_bound
            random_moves_agree_with_a_plain_model
            blobs_are_kept_by_their_digest
            equal_blobs_are_one
            a_digest_that_is_none_is_no_blob
            receipts_of_all_sessions_stand_in_one_chain
            a_commit_that_fails_adds_no_receipt
            many_writers_leave_one_chain
            the_same_receipts_have_the_same_hashes
            a_list_is_kept_by_its_digest
            a_checkpoint_covers_what_none_did
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
        self.try_write(Commit::new(lease.clone()).events(events))
    }

    fn try_write(&self, batch: Commit) -> Result<Committed, StoreError> {
        block_on(self.store.commit(batch))
    }

    fn write(&self, batch: Commit) {
        self.try_write(batch).expect("the holder may do it");
    }

    fn snapshot(&self, lease: &Lease) -> Snapshot {
        block_on(self.store.snapshot(lease.session)).expect("the session exists")
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

fn call(number: u64) -> CallId {
    CallId::from_ulid(Ulid::from_parts(number, 9))
}

fn name(text: &str) -> Name {
    text.parse().expect("the laws write good names")
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
        max_label: None,
    })
}

fn is_stale(result: &Result<Committed, StoreError>) -> bool {
    matches!(result, Err(StoreError::StaleFence(_)))
}
