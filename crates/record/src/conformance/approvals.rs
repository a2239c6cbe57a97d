//! Questions and their answers.

use super::{Fresh, LIFE, Stage, block_on, call, session};
use crate::approval::{Answer, ApprovalError, ApprovalState};
use crate::commit::Commit;
use crate::store::{Store, StoreError};
use std::thread;

fn say(store: &dyn Store, fingerprint: &str, answer: &str, by: &str) -> Result<(), StoreError> {
    let (fingerprint, answer, by) = (fingerprint.to_owned(), answer.to_owned(), by.to_owned());
    block_on(store.answer(Answer { session: session(1), call: call(1), fingerprint, answer, by }))
}

fn why<T: std::fmt::Debug>(result: Result<T, StoreError>) -> ApprovalError {
    match result {
        Err(StoreError::Approval(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Of many who answer at once one is heard, and the others are told.
pub fn a_question_is_answered_once_by_whoever_is_first(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    assert_eq!(why(say(&*stage.store, "f", "once", "me")), ApprovalError::Absent(call(1)));
    stage.write(Commit::new(lease.clone()).ask(call(1), "f", "may it?"));
    assert_eq!(why(say(&*stage.store, "another", "once", "me")), ApprovalError::Absent(call(1)));

    let results: Vec<_> = thread::scope(|scope| {
        let store = &*stage.store;
        let faces: Vec<_> = (0..8)
            .map(|number| scope.spawn(move || say(store, "f", "once", &format!("face {number}")).map(|()| number)))
            .collect();
        faces.into_iter().map(|face| face.join().expect("no face panics")).collect()
    });
    let heard: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
    assert_eq!(heard.len(), 1);
    let approval = stage.snapshot(&lease).approvals.remove(0);
    assert_eq!(approval.answered_by, Some(format!("face {}", heard[0])));
    assert_eq!((approval.state, approval.answer.as_deref()), (ApprovalState::Answered, Some("once")));
    let closed = ApprovalError::Closed { call: call(1), state: ApprovalState::Answered };
    assert_eq!(why(say(&*stage.store, "f", "denied", "too late")), closed);
}

/// An answer is there once; a question that was withdrawn has none; neither is ever asked again.
pub fn an_answer_is_used_once_or_not_at_all(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    stage.write(batch().ask(call(1), "used", "?").ask(call(1), "withdrawn", "?"));
    let closed = |state| ApprovalError::Closed { call: call(1), state };

    assert_eq!(why(stage.try_write(batch().use_answer(call(1), "used"))), ApprovalError::Unanswered(call(1)));
    say(&*stage.store, "used", "once", "me").expect("nobody was faster");
    assert_eq!(why(stage.try_write(batch().use_answer(call(2), "used"))), ApprovalError::Absent(call(2)));
    stage.write(batch().use_answer(call(1), "used"));
    say(&*stage.store, "withdrawn", "once", "me").expect("nobody was faster");
    stage.write(batch().withdraw(call(1), "withdrawn"));

    for (fingerprint, state) in [("used", ApprovalState::Used), ("withdrawn", ApprovalState::Withdrawn)] {
        assert_eq!(why(stage.try_write(batch().use_answer(call(1), fingerprint))), closed(state));
        assert_eq!(why(stage.try_write(batch().withdraw(call(1), fingerprint))), closed(state));
        assert_eq!(why(stage.try_write(batch().ask(call(1), fingerprint, "again?"))), closed(state));
        assert_eq!(why(say(&*stage.store, fingerprint, "once", "me")), closed(state));
    }
    assert_eq!(stage.snapshot(&lease).approvals, []);
}

/// The asker is gone, its question is not; an answer comes while nobody holds the session; whoever goes on asks the
/// same again, which doubles nothing, and uses the answer.
pub fn an_answer_needs_no_lease_and_a_question_survives_its_asker(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let first = stage.held(1);
    stage.write(Commit::new(first.clone()).ask(call(1), "f", "may it?"));
    stage.stamp.advance(LIFE * 2);
    say(&*stage.store, "f", "on\u{1b}[2Jce", &"long ".repeat(100)).expect("nobody was faster");

    let second = stage.claim(session(1), "another").expect("the first holder is gone");
    stage.write(Commit::new(second.clone()).ask(call(1), "f", "may it still?"));
    let open = stage.snapshot(&second).approvals;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].question.as_str(), open[0].answer.as_deref()), ("may it?", Some("on\\u{1b}[2Jce")));
    assert!(open[0].answered_by.as_ref().is_some_and(|by| by.chars().count() <= 80));
    let late = stage.try_write(Commit::new(first).use_answer(call(1), "f"));
    assert!(matches!(late, Err(StoreError::StaleFence(_))));
    stage.write(Commit::new(second.clone()).use_answer(call(1), "f"));
    assert_eq!(stage.snapshot(&second).approvals, []);
    let absent =
        Answer { session: session(9), call: call(1), fingerprint: "f".into(), answer: "once".into(), by: "me".into() };
    assert!(matches!(block_on(stage.store.answer(absent)), Err(StoreError::NoSession(_))));
}
