//! Version 1 of the event envelope is frozen: what was written once is read for ever.

use boxagnts_record::conformance::{block_on, one_of_each};
use boxagnts_record::{Body, Claim, Commit, Event, ManualStamp, MemoryStore, Store as _, StoreError};
use boxagnts_types::{PrincipalId, SessionId, WorkspaceId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use ulid::Ulid;

const GOLDEN: &str = include_str!("golden/events.jsonl");

fn events() -> Vec<Event> {
    let store = MemoryStore::new(Arc::new(ManualStamp::new()));
    let claim = Claim {
        session: SessionId::from_ulid(Ulid::from_parts(1, 1)),
        workspace: WorkspaceId::from_ulid(Ulid::from_parts(2, 1)),
        principal: PrincipalId::local(),
        holder: String::new(),
        time_to_live: Duration::from_secs(1),
    };
    let lease = block_on(store.claim(claim)).expect("a new session can be claimed");
    let batch = Commit::new(lease).events(one_of_each());
    block_on(store.commit(batch)).expect("the holder may write").events
}

#[test]
fn writing_gives_the_frozen_bytes() {
    let written: String = events().iter().map(|event| event.to_canonical().unwrap() + "\n").collect();
    for (line, (written, golden)) in written.lines().zip(GOLDEN.lines()).enumerate() {
        assert_eq!(written, golden, "line {}", line + 1);
    }
    assert_eq!(written.len(), GOLDEN.len());
}

#[test]
fn reading_the_frozen_bytes_gives_the_values() {
    let read: Vec<Event> = GOLDEN.lines().map(|line| Event::from_canonical(line).unwrap()).collect();
    assert_eq!(read, events());
}

#[test]
fn every_kind_of_event_is_frozen() {
    // A new kind does not compile here until it has a number, and the test fails until it has an example.
    let number = |body: &Body| match body {
        Body::SessionStarted { .. } => 0,
        Body::TurnStarted { .. } => 1,
        Body::Message { .. } => 2,
        Body::CallDecided { .. } => 3,
        Body::ApprovalRequested { .. } => 4,
        Body::ApprovalResolved { .. } => 5,
        Body::CallIntended { .. } => 6,
        Body::FileBefore { .. } => 7,
        Body::Effect { .. } => 8,
        Body::CallFinished { .. } => 9,
        Body::TurnFinished { .. } => 10,
    };
    let seen: BTreeSet<i32> = events().iter().map(|event| number(&event.body)).collect();
    assert_eq!(seen, (0..=10).collect());
}

#[test]
fn an_event_of_a_newer_program_is_told_apart_from_damage() {
    let newer = [
        GOLDEN.lines().next().unwrap().replace("\"v\":1", "\"v\":2"),
        r#"{"v":3,"type":"dream","body":{"depth":7}}"#.to_owned(),
    ];
    for text in newer {
        assert!(matches!(Event::from_canonical(&text), Err(StoreError::Newer { known: 1, .. })), "{text}");
    }
    let line = GOLDEN.lines().next().unwrap();
    for text in ["", "{", "null", "[]", r#"{"v":1}"#, &line[..line.len() - 1], &line.replace("\"v\":1", "\"v\":0")] {
        assert!(matches!(Event::from_canonical(text), Err(StoreError::Damaged(_))), "{text}");
    }
}
