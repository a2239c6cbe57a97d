//! What becomes true together.

use super::{Fresh, Stage, block_on, call, is_stale, name, note, one_of_each, session};
use crate::account::{AccountMove, Amounts, Limits};
use crate::commit::{Commit, Durability, Lease};
use crate::effect::EffectClass;
use crate::memory::MemoryStore;
use crate::outbox::Letter;
use crate::snapshot::{Head, Snapshot};
use crate::stamp::Stamp;
use crate::store::Store;
use boxagnts_types::Time;
use std::sync::Arc;
use std::thread;

/// Some time.
fn soon() -> Time {
    Time::from_micros(1_700_000_000_000_000)
}

/// One of each kind of part, all of which a new session takes.
fn everything(lease: &Lease) -> Commit {
    Commit::new(lease.clone())
        .events([note("together")])
        .intend(call(1), EffectClass::Changes)
        .ask(call(2), "f", "?")
        .set_timer(name("wake"), soon())
        .account(AccountMove::Open { account: name("root"), parent: None, limits: Limits::default() })
        .account(AccountMove::Reserve {
            reservation: name("r"),
            account: name("root"),
            amounts: Amounts { steps: 1, ..Amounts::default() },
        })
        .send(name("ada"), "hello")
}

fn letters(stage: &Stage) -> usize {
    block_on(stage.store.letters(name("ada"), 0, 99)).expect("letters can be read").len()
}

/// Whatever comes last and is refused takes everything before it along, of every kind.
pub fn a_refused_part_refuses_the_whole_commit(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let bad: [fn(Commit) -> Commit; 5] = [
        |batch| batch.done(call(9)),
        |batch| batch.use_answer(call(9), "f"),
        |batch| batch.fire(name("never-set"), soon()),
        |batch| batch.account(AccountMove::Release(name("never-made"))),
        |batch| batch.intend(call(1), EffectClass::Changes),
    ];
    for spoil in bad {
        stage.try_write(spoil(everything(&lease))).expect_err("one part is refused");
        assert_eq!(stage.read(&lease), []);
        assert_eq!(stage.snapshot(&lease), Snapshot::default());
        assert_eq!(letters(&stage), 0);
    }
    // The twin: without the bad part all of it is taken.
    stage.write(everything(&lease));
    let Snapshot { head, effects, approvals, timers, accounts, reservations } = stage.snapshot(&lease);
    let counts = [effects.len(), approvals.len(), timers.len(), accounts.len(), reservations.len(), letters(&stage)];
    assert_eq!((head.seq, counts), (1, [1; 6]));
}

/// Nothing of any kind.
pub fn a_stale_fence_moves_nothing(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    for fence in [lease.fence - 1, lease.fence + 1] {
        let forged = Lease { fence, ..lease.clone() };
        assert!(is_stale(&stage.try_write(everything(&forged))));
        let alone = Commit::new(forged).send(name("ada"), "alone");
        assert!(is_stale(&stage.try_write(alone)));
    }
    assert_eq!(stage.snapshot(&lease), Snapshot::default());
    assert_eq!(letters(&stage), 0);
}

/// A commit is a little program.
pub fn later_moves_see_what_earlier_ones_did(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let release = || AccountMove::Release(name("r"));
    let again = AccountMove::Reserve { reservation: name("r"), account: name("root"), amounts: Amounts::default() };
    let batch = everything(&lease).done(call(1)).withdraw(call(2), "f").fire(name("wake"), soon());
    stage.write(batch.account(release()).account(again).account(release()));
    let Snapshot { effects, approvals, timers, reservations, .. } = stage.snapshot(&lease);
    assert_eq!((effects, approvals, timers, reservations), (vec![], vec![], vec![], vec![]));
}

/// Events, calls and letters that are committed together are seen together.
pub fn a_snapshot_is_one_moment(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for number in 0..40 {
                let batch = Commit::new(lease.clone()).events([note("x")]).intend(call(number), EffectClass::Reads);
                stage.write(batch.set_timer(name(&format!("t{number}")), soon()));
            }
        });
        while !writer.is_finished() {
            let Snapshot { head, effects, timers, .. } = stage.snapshot(&lease);
            assert_eq!((head.seq, head.seq), (effects.len() as u64, timers.len() as u64));
        }
    });
    assert_eq!(stage.snapshot(&lease).head.seq, 40);
    assert!(block_on(stage.store.snapshot(session(9))).is_err());
}

/// The backend and the one in memory, given the same clock and identifiers, end in the same digest; another order
/// ends in another one.
pub fn the_same_events_have_the_same_chain(fresh: Fresh<'_>) {
    let in_memory = |stamp: Arc<dyn Stamp>| Arc::new(MemoryStore::new(stamp)) as Arc<dyn Store>;
    let heads = |fresh: Fresh<'_>, turned: bool| -> Vec<Head> {
        let stage = Stage::new(fresh);
        let lease = stage.held(1);
        let mut drafts = one_of_each();
        if turned {
            drafts.swap(1, 2);
        }
        let head = |draft| {
            let refused = Commit::new(lease.clone()).events([note("refused")]).done(call(9));
            stage.try_write(refused).expect_err("nobody intended it");
            stage.commit(&lease, vec![draft]);
            stage.snapshot(&lease).head
        };
        drafts.into_iter().map(head).collect()
    };
    let here = heads(fresh, false);
    assert_eq!(here, heads(&in_memory, false));
    assert!(here.iter().map(|head| head.seq).eq(1..=here.len() as u64));
    let turned = heads(fresh, true);
    assert_eq!(here[0], turned[0]);
    assert!(here[1..].iter().zip(&turned[1..]).all(|(one, other)| one.chain != other.chain));
}

/// A number that moves with each change, and does not while nobody changes anything.
pub fn changes_are_seen_from_outside(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let changes = || block_on(stage.store.changes()).expect("it can be asked");
    let mut before = changes();
    let mut moved = |what: &str| {
        let after = changes();
        assert_ne!(before, after, "{what}");
        before = after;
    };
    let lease = stage.held(1);
    moved("a claim");
    stage.commit(&lease, vec![note("x")]);
    moved("an event");
    stage.write(Commit::new(lease.clone()).durability(Durability::Power).ask(call(1), "f", "?"));
    moved("a question");
    block_on(stage.store.post(Letter { to: name("ada"), body: String::new() })).expect("anybody may post");
    moved("a letter");
    assert_eq!(stage.read(&lease).len(), 1);
    stage.snapshot(&lease);
    assert_eq!(changes(), before, "looking is no change");
}
