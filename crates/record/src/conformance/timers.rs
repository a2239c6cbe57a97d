//! Points in time.

use super::{Fresh, Stage, block_on, name, session};
use crate::commit::Commit;
use crate::store::StoreError;
use crate::timer::{Occurrence, TimerError};
use boxagnts_types::Time;

fn at(micros: i64) -> Time {
    Time::from_micros(1_700_000_000_000_000 + micros)
}

fn why<T: std::fmt::Debug>(result: Result<T, StoreError>) -> TimerError {
    match result {
        Err(StoreError::Timer(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn due(stage: &Stage, now: Time, limit: usize) -> Vec<Occurrence> {
    block_on(stage.store.due(now, limit)).expect("timers can be listed")
}

/// Looking uses nothing up; firing does, and only what is set to exactly that time.
pub fn an_occurrence_fires_once(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    let timer = || name("wake");
    assert_eq!(why(stage.try_write(batch().fire(timer(), at(1)))), TimerError::NotSet { timer: timer(), at: at(1) });
    stage.write(batch().set_timer(timer(), at(1)).set_timer(timer(), at(2)).set_timer(name("other"), at(3)));
    let occurrence = Occurrence { session: session(1), timer: timer(), at: at(2) };
    for _ in 0..2 {
        assert_eq!(due(&stage, at(2), 9), std::slice::from_ref(&occurrence));
    }
    assert_eq!(why(stage.try_write(batch().fire(timer(), at(1)))), TimerError::NotSet { timer: timer(), at: at(1) });
    stage.write(batch().fire(timer(), at(2)));
    assert_eq!(due(&stage, at(2), 9), []);
    assert_eq!(why(stage.try_write(batch().fire(timer(), at(2)))), TimerError::NotSet { timer: timer(), at: at(2) });

    stage.write(batch().cancel_timer(name("other")).cancel_timer(name("never-set")));
    assert_eq!(due(&stage, at(9), 9), []);
    assert_eq!(stage.snapshot(&lease).timers, []);
}

/// The oldest first, over all sessions.
pub fn due_timers_come_in_order_up_to_a_limit(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    for number in 1..=3_u64 {
        let micros = i64::try_from(number).expect("it is small");
        let batch = Commit::new(stage.held(number)).set_timer(name("b"), at(10 - micros)).set_timer(name("a"), at(5));
        stage.write(batch.set_timer(name("far"), at(1_000_000)));
    }
    let seen = due(&stage, at(9), 99);
    let seen: Vec<_> = seen.iter().map(|due| (due.at, due.session, due.timer.as_str())).collect();
    let one = |micros, number, timer| (at(micros), session(number), timer);
    let order = [one(5, 1, "a"), one(5, 2, "a"), one(5, 3, "a"), one(7, 3, "b"), one(8, 2, "b"), one(9, 1, "b")];
    assert_eq!(seen, order);
    assert_eq!(due(&stage, at(9), 4).len(), 4);
    assert_eq!(due(&stage, at(9), 0), []);
    assert_eq!(due(&stage, at(4), 99), []);
    assert_eq!(due(&stage, Time::from_micros(i64::MAX), usize::MAX).len(), 9);
}

/// Also when the clock was set back: what fired is never set again, and a cancelled timer remembers.
pub fn an_occurrence_that_fired_never_comes_again(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    let timer = || name("daily");
    stage.write(batch().set_timer(timer(), at(5)).fire(timer(), at(5)));
    stage.write(batch().cancel_timer(timer()));
    for earlier in [at(5), at(4), Time::from_micros(0)] {
        let refused = why(stage.try_write(batch().set_timer(timer(), earlier)));
        assert_eq!(refused, TimerError::Past { timer: timer(), fired: at(5) });
    }
    stage.write(batch().set_timer(timer(), at(6)));
    assert_eq!(due(&stage, at(6), 9).len(), 1);
}
