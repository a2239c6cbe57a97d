//! How much a person is asked in one turn.
//!
//! Whoever answers question after question stops reading them, and a model could wait for that moment. So a turn may ask
//! only so often, and what was refused in a turn is not asked about again in it.

use boxagnts_capability::Unanswered;
use boxagnts_record::Journal;
use boxagnts_types::RunId;
use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often a person is asked at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionLimits {
    /// By one call while it runs.
    pub of_call: u32,
    /// By the calls of one turn, all together.
    pub of_turn: u32,
}

impl Default for QuestionLimits {
    fn default() -> Self {
        Self { of_call: 5, of_turn: 50 }
    }
}

/// The account of the present turn.
#[derive(Default)]
pub(crate) struct Patience {
    limits: QuestionLimits,
    page: Mutex<Page>,
}

#[derive(Default)]
struct Page {
    turn: Option<(Option<RunId>, Option<u32>)>,
    asked: u32,
    /// What the refused questions bound to.
    refused: HashSet<String>,
}

impl Patience {
    pub(crate) fn new(limits: QuestionLimits) -> Self {
        Self { limits, page: Mutex::default() }
    }

    /// Whether a call that has asked so often may ask once more.
    pub(crate) fn lasts_for_call(&self, asked: u32) -> bool {
        asked < self.limits.of_call
    }

    /// Counts one more question; an error when the person is not to be asked it.
    pub(crate) fn spend(&self, journal: &Journal) -> Result<(), Unanswered> {
        let mut page = self.page(journal);
        if self.limits.of_turn <= page.asked {
            return Err(Unanswered::TooManyOfTurn);
        }
        page.asked += 1;
        Ok(())
    }

    /// Whether the person said no to a question that binds to the same.
    pub(crate) fn was_refused(&self, journal: &Journal, print: &str) -> bool {
        self.page(journal).refused.contains(print)
    }

    /// The person said no to this question.
    pub(crate) fn refused(&self, journal: &Journal, print: String) {
        self.page(journal).refused.insert(print);
    }

    /// The page of the turn that the journal stands in: another turn begins a new one.
    fn page(&self, journal: &Journal) -> MutexGuard<'_, Page> {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Some((journal.scope().run, journal.scope().turn));
        if page.turn != turn {
            *page = Page { turn, ..Page::default() };
        }
        page
    }
}
