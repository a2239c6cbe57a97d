//! A person who answers as written down.

use boxagnts_tools::approvals::{Answer, Approvals, Question};
use futures::future::{self, BoxFuture, FutureExt as _};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives the written answers in order and remembers the questions.
pub struct ScriptedApprovals {
    answers: Mutex<VecDeque<Answer>>,
    questions: Mutex<Vec<Question>>,
    afterwards: Afterwards,
}

#[derive(Clone, Copy)]
enum Afterwards {
    Nobody,
    Silence,
}

impl ScriptedApprovals {
    /// These answers, and then nobody is there any more.
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Self::with(answers, Afterwards::Nobody)
    }

    /// These answers, and then a person who is there and says nothing.
    pub fn then_silence(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        Self::with(answers, Afterwards::Silence)
    }

    /// Nobody is there.
    pub fn nobody() -> Arc<Self> {
        Self::new([])
    }

    /// Further answers.
    pub fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).extend(answers);
    }

    /// What was asked, in order.
    pub fn questions(&self) -> Vec<Question> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with(answers: impl IntoIterator<Item = Answer>, afterwards: Afterwards) -> Arc<Self> {
        let answers = Mutex::new(answers.into_iter().collect());
        Arc::new(Self { answers, questions: Mutex::default(), afterwards })
    }
}

impl Approvals for ScriptedApprovals {
    fn ask(&self, question: Question) -> BoxFuture<'_, Answer> {
        self.questions.lock().unwrap_or_else(PoisonError::into_inner).push(question);
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match (answer, self.afterwards) {
            (Some(answer), _) => future::ready(answer).boxed(),
            (None, Afterwards::Nobody) => future::ready(Answer::Nobody).boxed(),
            (None, Afterwards::Silence) => future::pending().boxed(),
        }
    }
}
