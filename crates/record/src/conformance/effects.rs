//! What became of calls.

use super::{Fresh, Stage, call};
use crate::commit::Commit;
use crate::effect::{Effect, EffectClass, EffectError, EffectState};
use crate::store::StoreError;

/// From intended to done or unknown, and no step further; what is settled is no longer open.
pub fn a_call_is_intended_and_settled_once(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    let refused = |batch| match stage.try_write(batch) {
        Err(StoreError::Effect(error)) => error,
        other => panic!("{other:?}"),
    };
    for settle in [Commit::done, Commit::unknown] {
        assert_eq!(refused(settle(batch(), call(1))), EffectError::Absent(call(1)));
    }
    stage.write(batch().intend(call(1), EffectClass::Changes).intend(call(2), EffectClass::Reads));
    let open = |number, class| Effect { call: call(number), class, state: EffectState::Intended };
    assert_eq!(stage.snapshot(&lease).effects, [open(1, EffectClass::Changes), open(2, EffectClass::Reads)]);

    stage.write(batch().done(call(2)));
    assert_eq!(stage.snapshot(&lease).effects, [open(1, EffectClass::Changes)]);
    stage.write(batch().unknown(call(1)));
    assert_eq!(stage.snapshot(&lease).effects, []);
    for (number, state) in [(1, EffectState::Unknown), (2, EffectState::Done)] {
        for (settle, wanted) in [
            (Commit::done as fn(_, _) -> _, EffectState::Done),
            (Commit::unknown, EffectState::Unknown),
            (|batch, call| Commit::intend(batch, call, EffectClass::Reads), EffectState::Intended),
        ] {
            let call = call(number);
            assert_eq!(refused(settle(batch(), call)), EffectError::Illegal { call, state, wanted });
        }
    }
}

/// Whoever goes on after a crash may run a call again that only reads, and no other one.
pub fn a_call_that_may_change_something_is_never_intended_again(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    stage.write(batch().intend(call(1), EffectClass::Changes).intend(call(2), EffectClass::Reads));
    stage.write(batch().intend(call(2), EffectClass::Reads));
    for (number, class) in [(1, EffectClass::Changes), (1, EffectClass::Reads), (2, EffectClass::Changes)] {
        let again = stage.try_write(batch().intend(call(number), class));
        assert!(matches!(again, Err(StoreError::Effect(EffectError::Illegal { .. }))), "{number} {class}");
    }
    stage.write(batch().done(call(2)));
    assert_eq!(stage.snapshot(&lease).effects.len(), 1);
}
