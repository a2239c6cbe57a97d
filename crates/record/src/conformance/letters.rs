//! Letters between processes.

use super::{Fresh, Stage, block_on, call, name, session};
use crate::commit::Commit;
use crate::moves::LONGEST_TEXT;
use crate::outbox::{Delivery, Letter};
use crate::store::StoreError;
use std::thread;

fn letter(to: &str, body: &str) -> Letter {
    Letter { to: name(to), body: body.to_owned() }
}

fn waiting(stage: &Stage, to: &str, after: u64, limit: usize) -> Vec<Delivery> {
    block_on(stage.store.letters(name(to), after, limit)).expect("letters can be read")
}

fn bodies(letters: &[Delivery]) -> Vec<&str> {
    letters.iter().map(|delivery| delivery.letter.body.as_str()).collect()
}

/// Each sees their own, again and again until they say that they have them.
pub fn letters_are_taken_in_order_until_they_are_acknowledged(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    assert_eq!(waiting(&stage, "ada", 0, 9), []);
    stage
        .write(Commit::new(lease.clone()).send(name("ada"), "one").send(name("bob"), "other").send(name("ada"), "two"));
    let number = block_on(stage.store.post(letter("ada", "three"))).expect("anybody may post");
    for _ in 0..2 {
        assert_eq!(bodies(&waiting(&stage, "ada", 0, 9)), ["one", "two", "three"]);
    }
    let letters = waiting(&stage, "ada", 0, 9);
    assert!(letters.is_sorted_by(|a, b| a.number < b.number));
    assert_eq!((letters[0].from, letters[2].from, letters[2].number), (Some(session(1)), None, number));
    assert_eq!(bodies(&waiting(&stage, "ada", letters[0].number, 1)), ["two"]);
    assert_eq!(waiting(&stage, "ada", u64::MAX, usize::MAX), []);

    let acknowledge = |through| block_on(stage.store.acknowledge(name("ada"), through)).expect("it can be told");
    acknowledge(letters[1].number);
    assert_eq!(bodies(&waiting(&stage, "ada", 0, 9)), ["three"]);
    acknowledge(letters[0].number);
    acknowledge(u64::MAX);
    assert_eq!(waiting(&stage, "ada", 0, 9), []);
    assert_eq!(bodies(&waiting(&stage, "bob", 0, 9)), ["other"]);
    let next = block_on(stage.store.post(letter("ada", "four"))).expect("anybody may post");
    assert!(number < next, "a number is never used again");
}

/// The letters of one writer keep their order, and none is lost or doubled.
pub fn many_writers_leave_letters_in_one_order(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let leases = [1, 2, 3].map(|number| stage.held(number));
    thread::scope(|scope| {
        for lease in &leases {
            let stage = &stage;
            scope.spawn(move || {
                for round in 0..20 {
                    stage.write(Commit::new(lease.clone()).send(name("ada"), format!("{round:02}")));
                }
            });
        }
    });
    let letters = waiting(&stage, "ada", 0, usize::MAX);
    assert!(letters.is_sorted_by(|a, b| a.number < b.number));
    for lease in &leases {
        let of_one: Vec<_> = letters.iter().filter(|delivery| delivery.from == Some(lease.session)).collect();
        assert_eq!(of_one.len(), 20);
        assert!(of_one.is_sorted_by(|a, b| a.letter.body < b.letter.body));
    }
}

/// A text of any kind is kept as it is up to its bound, and refused beyond it.
pub fn texts_are_kept_as_they_are_up_to_a_bound(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let batch = || Commit::new(lease.clone());
    let texts = ["", "\0\u{1b}[2J'\"\u{10ffff}", &"x".repeat(LONGEST_TEXT)];
    for (number, text) in (0..).zip(texts) {
        stage.write(batch().ask(call(number), text, text).send(name("ada"), text));
    }
    let asked = stage.snapshot(&lease).approvals;
    assert!(
        asked.iter().map(|open| (open.fingerprint.as_str(), open.question.as_str())).eq(texts.map(|text| (text, text)))
    );
    assert!(bodies(&waiting(&stage, "ada", 0, 9)) == texts);

    let long = "x".repeat(LONGEST_TEXT + 1);
    let too_long = |result: Result<(), StoreError>| matches!(result, Err(StoreError::TooLong(_)));
    assert!(too_long(stage.try_write(batch().ask(call(9), "f", long.as_str())).map(drop)));
    assert!(too_long(stage.try_write(batch().ask(call(9), long.as_str(), "?")).map(drop)));
    assert!(too_long(stage.try_write(batch().send(name("ada"), long.as_str())).map(drop)));
    assert!(too_long(block_on(stage.store.post(letter("ada", &long))).map(drop)));
    assert_eq!(waiting(&stage, "ada", 0, 9).len(), 3);
}
