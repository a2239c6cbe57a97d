//! The events of a session that runs here, numbered, so that a reader who was away goes on where it was: without a gap
//! and without hearing anything twice.
//!
//! Only the turn under way is kept; turns that have ended stand in the journal. The pieces of a message's text are kept
//! one by one while it arrives and as one piece afterwards, which says by its offset where it belongs.

use boxagnts_runtime::StreamEvent;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The events of one session while it runs here.
pub(crate) struct Feed {
    /// Names this feed: a number of another one means nothing here.
    epoch: String,
    state: Mutex<State>,
    /// The number of the newest event; `None` when the session was given back.
    newest: watch::Sender<Option<u64>>,
}

#[derive(Default)]
struct State {
    kept: VecDeque<Kept>,
    last: u64,
    /// Events up to here are kept no more.
    floor: u64,
    turn: Option<Turn>,
}

#[derive(Clone)]
struct Kept {
    number: u64,
    event: Arc<StreamEvent>,
}

/// Where the turn under way began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    /// What stands in the journal before it ends with this event.
    pub(crate) seq: u64,
    /// Its events follow this number.
    pub(crate) number: u64,
}

/// What a reader gets.
pub(crate) enum Next {
    /// The events after its place, in order, each with its number.
    Events(Vec<(u64, Arc<StreamEvent>)>),
    /// What comes next is kept no more; the journal has it.
    Gone,
}

/// Events that a reader gets at once.
const AT_ONCE: usize = 256;

impl Feed {
    pub(crate) fn new(epoch: String) -> Self {
        Self { epoch, state: Mutex::default(), newest: watch::Sender::new(Some(0)) }
    }

    pub(crate) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// A turn is about to begin; the journal ends with `seq`. What was kept stands there.
    pub(crate) fn begin(&self, seq: u64) {
        let mut state = self.state();
        state.kept.clear();
        state.floor = state.last;
        state.turn = Some(Turn { seq, number: state.last });
    }

    /// Takes an event in.
    pub(crate) fn push(&self, event: StreamEvent) {
        let mut state = self.state();
        state.last += 1;
        let (number, ends) = (state.last, matches!(event, StreamEvent::TurnFinished { .. }));
        if place(&event).is_none() {
            state.join();
        }
        state.kept.push_back(Kept { number, event: Arc::new(event) });
        if ends {
            state.turn = None;
        }
        drop(state);
        self.newest.send_if_modified(|newest| newest.as_mut().map(|newest| *newest = number).is_some());
    }

    /// The turn is over, whether or not its end was heard.
    pub(crate) fn end(&self) {
        self.state().turn = None;
    }

    /// The session was given back; nothing comes after.
    pub(crate) fn close(&self) {
        self.newest.send_replace(None);
    }

    /// The turn under way, and the number of the newest event.
    pub(crate) fn standing(&self) -> (Option<Turn>, u64) {
        let state = self.state();
        (state.turn, state.last)
    }

    /// Tells when there is more, and when there will be no more.
    pub(crate) fn newest(&self) -> watch::Receiver<Option<u64>> {
        self.newest.subscribe()
    }

    /// What comes after a number.
    pub(crate) fn after(&self, number: u64) -> Next {
        let state = self.state();
        if number < state.floor || state.last < number {
            return Next::Gone;
        }
        let from = state.kept.partition_point(|kept| kept.number <= number);
        let events = state.kept.iter().skip(from).take(AT_ONCE);
        Next::Events(events.map(|kept| (kept.number, Arc::clone(&kept.event))).collect())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Makes one piece of the pieces at the end that belong to one text. A message's reasoning and its text may come by
    /// turns, so each kind is joined for itself.
    fn join(&mut self) {
        let pieces = self.kept.iter().rev().take_while(|kept| place(&kept.event).is_some()).count();
        if pieces < 2 {
            return;
        }
        let tail = self.kept.split_off(self.kept.len() - pieces);
        let mut joined: Vec<Kept> = Vec::new();
        for kept in tail {
            let at = place(&kept.event);
            match joined.iter_mut().find(|earlier| place(&earlier.event) == at) {
                Some(earlier) => {
                    append(Arc::make_mut(&mut earlier.event), &kept.event);
                    earlier.number = kept.number;
                }
                None => joined.push(kept),
            }
        }
        joined.sort_by_key(|kept| kept.number);
        self.kept.extend(joined);
    }
}

/// Which text an event is a piece of.
fn place(event: &StreamEvent) -> Option<(bool, u32)> {
    match event {
        StreamEvent::TextDelta { message, .. } => Some((false, *message)),
        StreamEvent::ThinkingDelta { message, .. } => Some((true, *message)),
        _ => None,
    }
}

fn append(to: &mut StreamEvent, piece: &StreamEvent) {
    if let (
        StreamEvent::TextDelta { text, .. } | StreamEvent::ThinkingDelta { text, .. },
        StreamEvent::TextDelta { text: more, .. } | StreamEvent::ThinkingDelta { text: more, .. },
    ) = (to, piece)
    {
        text.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_runtime::{StopReason, Usage};

    fn said(offset: u64, text: &str) -> StreamEvent {
        StreamEvent::TextDelta { message: 1, offset, text: text.to_owned() }
    }

    fn thought(offset: u64, text: &str) -> StreamEvent {
        StreamEvent::ThinkingDelta { message: 1, offset, text: text.to_owned() }
    }

    fn usage() -> StreamEvent {
        StreamEvent::Usage { usage: Usage::default() }
    }

    fn over() -> StreamEvent {
        let (reason, usage) = (StopReason::Answered, Usage::default());
        StreamEvent::TurnFinished { turn: 1, reason, text: String::new(), usage, steps: 1, unanswered: 0 }
    }

    fn after(feed: &Feed, number: u64) -> Option<Vec<(u64, StreamEvent)>> {
        match feed.after(number) {
            Next::Events(events) => Some(events.into_iter().map(|(n, event)| (n, (*event).clone())).collect()),
            Next::Gone => None,
        }
    }

    /// What a reader has of the text when it places each piece by its offset.
    fn read(text: &mut String, events: &[(u64, StreamEvent)]) {
        for (_, event) in events {
            if let StreamEvent::TextDelta { offset, text: piece, .. } = event {
                text.truncate(usize::try_from(*offset).unwrap());
                text.push_str(piece);
            }
        }
    }

    #[test]
    fn a_reader_goes_on_where_it_was() {
        let feed = Feed::new("a".to_owned());
        feed.begin(7);
        feed.push(said(0, "Hel"));
        feed.push(said(3, "lo"));
        assert_eq!(after(&feed, 1), Some(vec![(2, said(3, "lo"))]));
        assert_eq!(after(&feed, 2), Some(vec![]));
        assert_eq!(feed.standing(), (Some(Turn { seq: 7, number: 0 }), 2));
    }

    #[test]
    fn a_message_that_is_complete_is_kept_as_one_piece_and_still_read_right_from_anywhere() {
        let feed = Feed::new("a".to_owned());
        feed.begin(0);
        let pieces = [thought(0, "hm"), said(0, "Hé"), thought(2, "…"), said(3, "l"), said(4, "lo")];
        pieces.iter().cloned().for_each(|piece| feed.push(piece));
        let early: Vec<String> = (0..=5)
            .map(|seen| {
                let mut text = String::new();
                read(&mut text, &after(&feed, 0).unwrap()[..seen]);
                text
            })
            .collect();
        feed.push(usage());
        assert_eq!(after(&feed, 0).unwrap().len(), 3, "two pieces and what came after");
        for (seen, mut text) in early.into_iter().enumerate() {
            read(&mut text, &after(&feed, seen as u64).unwrap());
            assert_eq!(text, "Héllo", "a reader who had {seen} of the pieces");
        }
    }

    #[test]
    fn what_is_in_the_journal_is_not_kept_and_a_number_from_elsewhere_means_nothing() {
        let feed = Feed::new("a".to_owned());
        feed.begin(0);
        feed.push(said(0, "one"));
        feed.push(over());
        assert_eq!(feed.standing(), (None, 2));
        assert!(after(&feed, 0).is_some(), "until the next turn it can still be had");
        feed.begin(9);
        assert_eq!((after(&feed, 1), after(&feed, 2), after(&feed, 3)), (None, Some(vec![]), None));
    }

    #[tokio::test]
    async fn a_reader_is_told_of_more_and_of_the_end() {
        let feed = Feed::new("a".to_owned());
        let mut newest = feed.newest();
        feed.push(usage());
        assert_eq!(*newest.borrow_and_update(), Some(1));
        feed.close();
        feed.push(usage());
        assert!(newest.changed().await.is_ok());
        assert_eq!(*newest.borrow_and_update(), None);
    }
}
