//! The law of guards: the list that `cargo xtask drill guards` takes out one by one says what stands in the code.
//!
//! Broken? A guard that was moved or changed is changed in `tests/guards/` as well, and taken out again with
//! `cargo xtask drill guards --only ID`; a threat that is held has a guard there.

use crate::threats::{ledger, tests};
use crate::tree;
use list::List;
use std::collections::BTreeSet;

#[path = "../../src/drill/guards/list.rs"]
mod list;

/// Threats that a guard of ours stops, and not the shape of a whole subject.
const FAMILIES: [char; 6] = ['A', 'B', 'C', 'D', 'E', 'I'];

#[test]
fn every_guard_stands_exactly_once_where_the_list_says() {
    let mut wrong = Vec::new();
    for guard in the_list().guards {
        let times = tree::read(&guard.file).matches(&guard.text).count();
        if times != 1 {
            wrong.push(format!("{}: it stands {times} times in {}", guard.id, guard.file));
        }
        if guard.without == guard.text {
            wrong.push(format!("{}: without it the code would be the same", guard.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_test_that_should_miss_a_guard_exists() {
    let tests: BTreeSet<String> = tests().into_iter().map(|test| test.name).chain(laws_of_a_store()).collect();
    let guards = the_list().guards;
    let named = guards.iter().flat_map(|guard| guard.tests.iter().map(move |test| (&guard.id, test)));
    let missing: Vec<String> = named
        .filter(|(_, test)| !tests.contains(*test))
        .map(|(id, test)| format!("{id}: no test is called {test}"))
        .collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_threat_that_is_held_has_a_guard_or_the_reason_why_it_has_none() {
    let (list, ledger) = (the_list(), ledger());
    let guarded: BTreeSet<&String> = list.guards.iter().flat_map(|guard| &guard.rows).collect();
    let mut wrong: Vec<String> = guarded
        .iter()
        .filter(|row| ledger.get(**row).is_none_or(|row| !row.is_held()))
        .map(|row| format!("{row}: the list has a guard, docs/threats.md has no row that is held"))
        .collect();
    for (id, row) in ledger.iter().filter(|(id, _)| id.starts_with(FAMILIES)) {
        match (row.is_held(), guarded.contains(id), list.construction.contains_key(id)) {
            (true, false, false) => wrong.push(format!("{id} is held, and nothing in the list stops it")),
            (_, true, true) => wrong.push(format!("{id} has a guard, and a reason why it has none")),
            (false, _, true) => wrong.push(format!("{id} is not held, and has a reason why it is")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The tests that each backend of the journal gets by one macro, which lists their names.
fn laws_of_a_store() -> Vec<String> {
    let text = tree::read("crates/record/src/conformance.rs");
    let list = text.split("conformance_tests! { $run:").nth(1).and_then(|rest| rest.split('}').next());
    list.expect("the macro lists the laws").split_whitespace().map(str::to_owned).collect()
}

fn the_list() -> List {
    list::read(&tree::root()).unwrap_or_else(|error| panic!("{error:#}"))
}
