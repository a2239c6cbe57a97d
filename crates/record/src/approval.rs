//! Questions to the person: asked once by call and fingerprint, answered by whoever is first, used once or not at all.
//!
//! An answer may come from a process that does not hold the session ([`crate::Store::answer`]); the holder sees it in a
//! snapshot and uses it in the commit that writes down what came of it. A question that is closed is never asked again
//! under the same fingerprint, so a late answer to it can meet no other question. Where a question ends by itself after
//! a time, that is a [timer](crate::timer) whose occurrence withdraws it: what was withdrawn never comes back, whatever
//! the clock says.

use crate::effect::{BadWord, words};
use boxagnts_types::{CallId, SessionId};
use std::fmt;
use std::str::FromStr;

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApprovalState {
    /// Nobody has answered yet.
    Asked,
    /// The answer is there and was not used.
    Answered,
    /// The answer was used.
    Used,
    /// Nobody waits for an answer any more.
    Withdrawn,
}

words!(ApprovalState {
    "asked" = Self::Asked,
    "answered" = Self::Answered,
    "used" = Self::Used,
    "withdrawn" = Self::Withdrawn,
});

/// A question and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The call that it is about.
    pub call: CallId,
    /// What an answer binds to.
    pub fingerprint: String,
    /// What a face shows; the text belongs to whoever asks.
    pub question: String,
    /// How far it came.
    pub state: ApprovalState,
    /// The answer, in the words of whoever asked, such as `once` or `denied`.
    pub answer: Option<String>,
    /// Who answered, for people.
    pub answered_by: Option<String>,
}

/// What the holder of a session does with a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApprovalMove {
    /// Puts it. Putting an open one again, as after a restart, changes nothing.
    Ask {
        /// The call that it is about.
        call: CallId,
        /// What an answer binds to.
        fingerprint: String,
        /// What a face shows.
        question: String,
    },
    /// Uses the answer up, be it a yes or a no.
    Use {
        /// The call.
        call: CallId,
        /// What the answer binds to.
        fingerprint: String,
    },
    /// Ends it without using an answer.
    Withdraw {
        /// The call.
        call: CallId,
        /// What an answer would have bound to.
        fingerprint: String,
    },
}

/// An answer to a question, from anybody who may speak for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The session that asks.
    pub session: SessionId,
    /// The call that it is about.
    pub call: CallId,
    /// What it binds to.
    pub fingerprint: String,
    /// The answer, in the words of whoever asked.
    pub answer: String,
    /// Who answers, for people.
    pub by: String,
}

/// Why a step cannot follow on what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// No such question.
    #[error("call {0} has no question with this fingerprint")]
    Absent(CallId),
    /// Somebody was faster, or the question has ended.
    #[error("the question of call {call} is {state} already")]
    Closed {
        /// The call.
        call: CallId,
        /// How far the question came.
        state: ApprovalState,
    },
    /// There is no answer yet.
    #[error("the question of call {0} has no answer yet")]
    Unanswered(CallId),
}

impl Approval {
    /// Whether somebody waits for it: for an answer, or to use one.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ApprovalState::Asked | ApprovalState::Answered)
    }

    /// The same question with its first answer.
    pub fn answered(self, answer: String, by: String) -> Result<Self, ApprovalError> {
        match self.state {
            ApprovalState::Asked => {
                let (answer, answered_by) = (Some(answer), Some(by));
                Ok(Self { state: ApprovalState::Answered, answer, answered_by, ..self })
            }
            state => Err(ApprovalError::Closed { call: self.call, state }),
        }
    }
}

impl ApprovalMove {
    /// The call and the fingerprint that name the question.
    pub fn key(&self) -> (CallId, &str) {
        match self {
            Self::Ask { call, fingerprint, .. }
            | Self::Use { call, fingerprint }
            | Self::Withdraw { call, fingerprint } => (*call, fingerprint),
        }
    }

    /// The question after this step, where it may follow on the one before.
    pub fn after(self, before: Option<Approval>) -> Result<Approval, ApprovalError> {
        let (call, _) = self.key();
        let state = match (self, &before) {
            (Self::Ask { call, fingerprint, question }, None) => {
                let state = ApprovalState::Asked;
                return Ok(Approval { call, fingerprint, question, state, answer: None, answered_by: None });
            }
            (_, None) => return Err(ApprovalError::Absent(call)),
            (Self::Ask { .. }, Some(approval)) if approval.is_open() => approval.state,
            (Self::Use { .. }, Some(Approval { state: ApprovalState::Answered, .. })) => ApprovalState::Used,
            (Self::Use { .. }, Some(Approval { state: ApprovalState::Asked, .. })) => {
                return Err(ApprovalError::Unanswered(call));
            }
            (Self::Withdraw { .. }, Some(approval)) if approval.is_open() => ApprovalState::Withdrawn,
            (_, Some(Approval { state, .. })) => return Err(ApprovalError::Closed { call, state: *state }),
        };
        before.map(|approval| Approval { state, ..approval }).ok_or(ApprovalError::Absent(call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    /// X06: a question that has ended stays ended; no time is looked at that could be set back.
    #[test]
    fn a_question_that_has_ended_is_never_revived() {
        let call = CallId::from_ulid(Ulid::nil());
        let fingerprint = || "f".to_owned();
        let ask = || ApprovalMove::Ask { call, fingerprint: fingerprint(), question: String::new() };
        let asked = ask().after(None).unwrap();
        let answered = asked.clone().answered("once".to_owned(), "me".to_owned()).unwrap();
        let withdraw = || ApprovalMove::Withdraw { call, fingerprint: fingerprint() };
        let take = || ApprovalMove::Use { call, fingerprint: fingerprint() };
        for ended in [
            withdraw().after(Some(asked)).unwrap(),
            withdraw().after(Some(answered.clone())).unwrap(),
            take().after(Some(answered)).unwrap(),
        ] {
            let closed = ApprovalError::Closed { call, state: ended.state };
            for step in [ask(), take(), withdraw()] {
                assert_eq!(step.after(Some(ended.clone())), Err(closed.clone()));
            }
            assert_eq!(ended.answered("once".to_owned(), "me".to_owned()), Err(closed));
        }
    }
}
