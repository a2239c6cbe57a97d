//! Who may write.

use super::{Fresh, LIFE, Stage, block_on, is_stale, note, session, workspace};
use crate::commit::Lease;
use crate::stamp::ManualStamp;
use crate::store::{Claim, StoreError};
use boxagnts_types::PrincipalId;

/// The fence of a lease that was given back writes nothing, before and after somebody else claims.
pub fn a_stale_fence_changes_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let old = stage.held(1);
    let written = stage.commit(&old, vec![note("first")]);
    let listed = stage.list(None, 9);
    block_on(stage.store.release(old.clone())).expect("a lease can be given back");

    assert!(is_stale(&stage.try_commit(&old, vec![note("released")])));
    let new = stage.claim(old.session, "another").expect("it was given back");
    assert!(old.fence < new.fence);
    assert!(is_stale(&stage.try_commit(&old, vec![note("taken"), note("over")])));

    assert_eq!(stage.read(&old), written);
    block_on(stage.store.release(new)).expect("a lease can be given back");
    assert_eq!(stage.list(None, 9)[0].events, listed[0].events);
}

/// A fence that no claim gave out writes nothing.
pub fn an_invented_fence_changes_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    for fence in [0, lease.fence + 1, u64::MAX] {
        let forged = Lease { fence, ..lease.clone() };
        assert!(is_stale(&stage.try_commit(&forged, vec![note("forged")])), "{fence}");
        assert!(matches!(block_on(stage.store.renew(forged)), Err(StoreError::StaleFence(_))), "{fence}");
    }
    assert_eq!(stage.read(&lease), []);
}

/// A session must be claimed before it is written to.
pub fn a_session_that_nobody_claimed_takes_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = Lease { session: session(2), ..stage.held(1) };
    assert!(matches!(stage.try_commit(&lease, vec![note("x")]), Err(StoreError::NoSession(_))));
    assert!(matches!(block_on(stage.store.read(session(2), 0, 9)), Err(StoreError::NoSession(_))));
}

/// While a lease lives nobody else gets one, and whoever asks is told who has it. Other sessions are free.
pub fn one_live_lease_and_the_second_claim_names_the_holder(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.claim(session(1), "boxagnts run, process 4711").expect("the session is new");
    let refusal = stage.claim(session(1), "another").expect_err("it is held");
    assert!(matches!(&refusal, StoreError::Held { session, .. } if *session == lease.session));
    assert!(refusal.to_string().contains("boxagnts run, process 4711"), "{refusal}");
    stage.commit(&lease, vec![note("the refused claim took nothing away")]);
    assert_eq!(stage.list(None, 9)[0].holder.as_deref(), Some("boxagnts run, process 4711"));
    stage.claim(session(2), "another").expect("another session is free");
}

/// Whoever did not renew loses the session to the next claim, and writes nothing from then on.
pub fn an_expired_lease_is_taken_over_and_the_old_holder_writes_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let old = stage.held(1);
    let before = stage.commit(&old, vec![note("old")]);
    stage.stamp.advance(LIFE);
    assert_eq!(stage.list(None, 9)[0].holder, None);
    let new = stage.claim(old.session, "another").expect("the lease has expired");

    assert!(is_stale(&stage.try_commit(&old, vec![note("late")])));
    assert!(matches!(block_on(stage.store.renew(old.clone())), Err(StoreError::StaleFence(_))));
    assert_eq!(stage.read(&old), before);
    let after = stage.commit(&new, vec![note("new")]);
    assert_eq!(after[0].seq, 2);
}

/// Being late is not being replaced: the fence decides, so a slow holder does not lose work for nothing.
pub fn an_expired_lease_that_nobody_took_still_writes(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    stage.stamp.advance(LIFE * 2);
    stage.commit(&lease, vec![note("late")]);
    block_on(stage.store.renew(lease)).expect("nobody took it");
    assert!(matches!(stage.claim(session(1), "another"), Err(StoreError::Held { .. })));
}

/// A renewal counts from the moment it is made.
pub fn a_renewed_lease_lives_on(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    for _ in 0..5 {
        stage.stamp.advance(LIFE / 2);
        block_on(stage.store.renew(lease.clone())).expect("it is held");
    }
    stage.stamp.advance(LIFE * 3 / 4);
    assert!(matches!(stage.claim(session(1), "another"), Err(StoreError::Held { .. })));
    stage.stamp.advance(LIFE / 4);
    stage.claim(session(1), "another").expect("it has expired");
}

/// Giving back makes room at once; giving back what is somebody else's by now does nothing.
pub fn a_released_lease_is_free_and_a_stale_one_frees_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let old = stage.held(1);
    block_on(stage.store.release(old.clone())).expect("a lease can be given back");
    let new = stage.claim(session(1), "the second").expect("it is free");
    block_on(stage.store.release(old)).expect("a stale lease is ignored");
    assert!(
        matches!(stage.claim(session(1), "a third"), Err(StoreError::Held { holder, .. }) if holder == "the second")
    );
    stage.commit(&new, vec![note("still held")]);
}

/// A person who sets the clock ends no lease and revives none.
pub fn setting_the_calendar_neither_ends_nor_revives_a_lease(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let hour = 3_600_000_000;
    stage.held(1);
    for calendar in [ManualStamp::BEGIN + 10 * 365 * 24 * hour, ManualStamp::BEGIN - hour] {
        stage.stamp.set_calendar(calendar);
        assert!(matches!(stage.claim(session(1), "another"), Err(StoreError::Held { .. })));
    }
    stage.stamp.advance(LIFE);
    stage.stamp.set_calendar(ManualStamp::BEGIN - hour);
    stage.claim(session(1), "another").expect("it has expired, whatever the calendar says");
}

/// A session stays with the folder that it was made in.
pub fn an_old_session_keeps_its_workspace(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let first = stage.held(1);
    block_on(stage.store.release(first)).expect("a lease can be given back");
    let claim = Claim {
        session: session(1),
        workspace: workspace(2),
        principal: PrincipalId::local(),
        holder: "another".to_owned(),
        time_to_live: LIFE,
    };
    let lease = block_on(stage.store.claim(claim)).expect("it is free");
    assert_eq!(lease.workspace, workspace(1));
    assert_eq!(stage.commit(&lease, vec![note("x")])[0].workspace, workspace(1));
}

/// The holder's name comes from another process and is shown to a person.
pub fn a_holder_is_one_line_that_deceives_nobody(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    stage.claim(session(1), "a\n\u{1b}[2Jb").expect("the session is new");
    let refusal = stage.claim(session(1), "another").expect_err("it is held");
    assert!(refusal.to_string().ends_with("in use by a \\u{1b}[2Jb"), "{refusal}");
}
