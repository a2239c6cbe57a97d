//! What a list of sessions says.

use super::{Fresh, Stage, block_on, note, prompt, session};
use crate::commit::Draft;
use crate::stamp::Stamp as _;
use crate::store::{SessionSummary, StoreError};
use boxagnts_types::{RunId, SessionId};
use std::time::Duration;
use ulid::Ulid;

const MINUTE: Duration = Duration::from_mins(1);

/// The order is that of the newest event; of two at one moment the younger session comes first.
pub fn the_session_written_last_is_listed_first(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let leases = [1, 2, 3].map(|number| stage.held(number));
    let began = stage.stamp.now();
    for lease in &leases {
        stage.commit(lease, vec![note("at one moment")]);
    }
    assert_eq!(ids(&stage.list(None, 9)), [session(3), session(2), session(1)]);

    stage.stamp.advance(MINUTE);
    stage.commit(&leases[1], vec![note("later")]);
    let listed = stage.list(None, 9);
    assert_eq!(ids(&listed), [session(2), session(3), session(1)]);
    assert_eq!((listed[0].started, listed[0].updated), (began, stage.stamp.now()));
    assert_eq!((listed[1].started, listed[1].updated), (began, began));
    assert_eq!(listed[0].events, 2);
}

/// Page after page, each session once.
pub fn lists_go_on_after_a_session(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    for number in 1..=7 {
        let lease = stage.held(number);
        stage.commit(&lease, vec![note("x")]);
        // Pairs share a moment, so that a page also ends between two of one time.
        if number % 2 == 0 {
            stage.stamp.advance(MINUTE);
        }
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = ids(&stage.list(before, 3));
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 3);
        before = Some(*last);
        seen.extend(page);
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1].map(session));
    assert!(matches!(block_on(stage.store.sessions(Some(session(99)), 3)), Err(StoreError::NoSession(_))));
    assert_eq!(stage.list(None, 0), []);
    assert_eq!(stage.list(None, usize::MAX).len(), 7);
}

/// A claim alone is nothing to show, and nothing to lose.
pub fn a_session_without_events_is_not_listed(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    assert_eq!(stage.list(None, 9), []);
    let lease = stage.held(1);
    assert_eq!(stage.list(None, 9), []);
    assert_eq!(stage.read(&lease), []);
    stage.commit(&lease, vec![note("x")]);
    assert_eq!(stage.list(None, 9).len(), 1);
}

/// One line, bounded, made visible; later prompts do not change it.
pub fn the_title_is_the_beginning_of_the_first_prompt(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    stage.commit(&lease, vec![note("before"), prompt("Repair\n  the \u{202e}roof, 屋根 <b>")]);
    stage.commit(&lease, vec![prompt("and the cellar")]);
    assert_eq!(stage.list(None, 9)[0].title, "Repair the \\u{202e}roof, 屋根 <b>");

    stage.commit(&stage.held(2), vec![prompt(&"long ".repeat(1000))]);
    let title = stage.list(None, 1).remove(0).title;
    assert!(title.chars().count() <= 80 && title.starts_with("long long") && title.ends_with('…'), "{title}");
}

/// What a delegate does is a part of its manager's turn.
pub fn only_turns_of_the_person_count(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let parent_run = Some(RunId::from_ulid(Ulid::from_parts(1, 1)));
    stage.commit(&lease, vec![Draft { parent_run, ..prompt("do a part of it") }]);
    stage.commit(&lease, vec![prompt("do it"), prompt("do it again")]);
    let listed = stage.list(None, 9).remove(0);
    assert_eq!((listed.turns, listed.events, listed.title.as_str()), (2, 3, "do it"));
}

fn ids(listed: &[SessionSummary]) -> Vec<SessionId> {
    listed.iter().map(|summary| summary.session).collect()
}
