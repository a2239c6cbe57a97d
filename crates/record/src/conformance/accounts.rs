//! Budgets.

use super::{Fresh, LIFE, Stage, block_on, name, session};
use crate::account::{Account, AccountError, AccountMove, Amounts, DEEPEST, Limits, Unit};
use crate::commit::{Commit, Lease};
use crate::store::StoreError;
use std::thread;

fn tokens(tokens: u64) -> Amounts {
    Amounts { tokens, ..Amounts::default() }
}

fn open(account: &str, parent: Option<&str>, tokens: Option<u64>) -> AccountMove {
    let limits = Limits { tokens, ..Limits::default() };
    AccountMove::Open { account: name(account), parent: parent.map(name), limits }
}

fn reserve(reservation: &str, account: &str, amounts: Amounts) -> AccountMove {
    AccountMove::Reserve { reservation: name(reservation), account: name(account), amounts }
}

fn settle(reservation: &str, spent: Amounts) -> AccountMove {
    AccountMove::Settle { reservation: name(reservation), spent }
}

fn try_all(stage: &Stage, lease: &Lease, steps: impl IntoIterator<Item = AccountMove>) -> Result<(), AccountError> {
    match stage.try_write(steps.into_iter().fold(Commit::new(lease.clone()), Commit::account)) {
        Ok(_) => Ok(()),
        Err(StoreError::Account(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

fn account(stage: &Stage, lease: &Lease, name: &str) -> Account {
    let found = stage.snapshot(lease).accounts.into_iter().find(|account| account.name.as_str() == name);
    found.expect("it was opened")
}

/// Neither its own account nor any above it; the refusal names both account and unit, and changes none of them.
pub fn a_reservation_never_exceeds_the_account_or_an_ancestor(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let each = |steps: Vec<AccountMove>| try_all(&stage, &lease, steps);
    let tree = [open("root", None, Some(100)), open("a", Some("root"), Some(80)), open("b", Some("root"), None)];
    each(tree.into()).expect("all are new");
    assert_eq!(each(vec![open("a", None, None)]), Err(AccountError::Exists(name("a"))));
    assert_eq!(each(vec![open("c", Some("d"), None)]), Err(AccountError::Absent(name("d"))));
    each(vec![reserve("r1", "a", tokens(70))]).expect("it fits");

    let exceeded = |account: &str, limit, left, asked| {
        Err(AccountError::Exceeded { account: name(account), unit: Unit::Tokens, limit, left, asked })
    };
    assert_eq!(each(vec![reserve("r2", "a", tokens(11))]), exceeded("a", 80, 10, 11));
    assert_eq!(each(vec![reserve("r2", "b", tokens(31))]), exceeded("root", 100, 30, 31));
    assert_eq!(each(vec![reserve("r2", "b", tokens(u64::MAX))]), exceeded("root", 100, 30, u64::MAX));
    assert_eq!(each(vec![reserve("r2", "none", tokens(1))]), Err(AccountError::Absent(name("none"))));
    assert_eq!(each(vec![reserve("r1", "b", tokens(1))]), Err(AccountError::Reserved(name("r1"))));
    assert_eq!(account(&stage, &lease, "b").reserved, Amounts::default());
    each(vec![reserve("r2", "b", tokens(30)), reserve("r3", "b", Amounts { turns: u64::MAX, ..tokens(0) })])
        .expect("what has no limit is free");
    assert_eq!(account(&stage, &lease, "root").left(Unit::Tokens), Some(0));

    each(vec![AccountMove::Release(name("r1"))]).expect("it is open");
    assert_eq!(each(vec![AccountMove::Release(name("r1"))]), Err(AccountError::NotReserved(name("r1"))));
    assert_eq!(each(vec![reserve("r1", "a", tokens(71))]), exceeded("root", 100, 70, 71));
    each(vec![reserve("r1", "a", tokens(70))]).expect("what was given back is there again");

    let deep = (1..=DEEPEST).map(|depth| {
        let parent = if depth == 1 { "root".to_owned() } else { format!("deep{}", depth - 1) };
        open(&format!("deep{depth}"), Some(&parent), None)
    });
    assert_eq!(try_all(&stage, &lease, deep), Err(AccountError::Deep(name(&format!("deep{DEEPEST}")))));
}

/// Reality is written down as it was; an account that is overdrawn gives nothing more until its limit is raised.
pub fn what_was_really_spent_counts_even_beyond_a_limit(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let each = |steps: Vec<AccountMove>| try_all(&stage, &lease, steps);
    each(vec![open("root", None, Some(100)), open("a", Some("root"), None)]).expect("both are new");
    each(vec![reserve("r", "a", tokens(60)), settle("r", tokens(130))]).expect("it fits");
    assert_eq!(each(vec![settle("r", tokens(1))]), Err(AccountError::NotReserved(name("r"))));
    let root = account(&stage, &lease, "root");
    assert_eq!((root.spent, root.reserved, root.left(Unit::Tokens)), (tokens(130), tokens(0), Some(0)));
    assert_eq!(account(&stage, &lease, "a").spent, tokens(130));
    assert!(matches!(each(vec![reserve("r", "a", tokens(1))]), Err(AccountError::Exceeded { .. })));
    each(vec![reserve("free", "a", tokens(0))]).expect("nothing costs nothing");

    let limits = Limits { tokens: Some(150), ..Limits::default() };
    each(vec![AccountMove::Limit { account: name("root"), limits }, reserve("r", "a", tokens(20))])
        .expect("there is more now");
    assert_eq!(each(vec![AccountMove::Limit { account: name("x"), limits }]), Err(AccountError::Absent(name("x"))));
}

/// Many at once take no more than there is.
pub fn concurrent_reservations_never_exceed_the_account(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let tree = [open("root", None, Some(10)), open("a", Some("root"), None), open("b", Some("root"), None)];
    try_all(&stage, &lease, tree).expect("all are new");
    let granted: usize = thread::scope(|scope| {
        let (stage, lease) = (&stage, &lease);
        let takers: Vec<_> = ["a", "b"]
            .map(|account| {
                scope.spawn(move || {
                    let take = |number: &usize| {
                        try_all(stage, lease, [reserve(&format!("{account}{number}"), account, tokens(1))]).is_ok()
                    };
                    (0..10).filter(take).count()
                })
            })
            .into();
        takers.into_iter().map(|taker| taker.join().expect("no taker panics")).sum()
    });
    assert_eq!(granted, 10);
    assert_eq!(stage.snapshot(&lease).reservations.len(), 10);
    assert_eq!(account(&stage, &lease, "root").reserved, tokens(10));
}

/// The holder is gone; what it had set aside is named, and whoever goes on settles it.
pub fn what_was_reserved_and_not_settled_is_seen_by_whoever_goes_on(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let first = stage.held(1);
    try_all(&stage, &first, [open("root", None, Some(10)), reserve("step-7", "root", tokens(4))]).expect("it fits");
    stage.stamp.advance(LIFE * 2);
    let second = stage.claim(session(1), "another").expect("the first holder is gone");
    let left = stage.snapshot(&second).reservations;
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].name.as_str(), left[0].account.as_str(), left[0].amounts), ("step-7", "root", tokens(4)));
    let late = Commit::new(first).account(settle("step-7", tokens(1)));
    assert!(matches!(block_on(stage.store.commit(late)), Err(StoreError::StaleFence(_))));
    try_all(&stage, &second, [settle("step-7", tokens(4))]).expect("it is open");
    assert_eq!(stage.snapshot(&second).reservations, []);
}
