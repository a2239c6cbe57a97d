//! Where questions lie until somebody answers: the first valid answer of any face counts.

use boxagnts_tools::{Answer, Approvals, Question};
use boxagnts_types::CallId;
use boxagnts_types::scrub::{NothingSecret, Scrub};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// The open questions of one session.
pub struct Desk {
    present: bool,
    scrub: Arc<dyn Scrub>,
    open: Mutex<HashMap<CallId, Waiting>>,
}

struct Waiting {
    question: Question,
    answer: oneshot::Sender<Answer>,
}

impl Desk {
    /// A desk; when nobody is `present`, each question is answered so at once.
    pub fn new(present: bool) -> Self {
        Self { present, scrub: Arc::new(NothingSecret), open: Mutex::default() }
    }

    /// The same desk, whose questions show no secret. What they bind to stays what it was.
    #[must_use]
    pub fn scrubbed(self, scrub: Arc<dyn Scrub>) -> Self {
        Self { scrub, ..self }
    }

    /// The open questions, in no order.
    pub fn questions(&self) -> Vec<Question> {
        self.open().values().map(|waiting| waiting.question.clone()).collect()
    }

    /// Answers the question of a call. False when it is not open (any more): an answer counts once.
    pub fn answer(&self, call: CallId, answer: Answer) -> bool {
        let waiting = self.open().remove(&call);
        waiting.is_some_and(|waiting| waiting.answer.send(answer).is_ok())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<CallId, Waiting>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a question off the desk when whoever asked does not wait any more.
struct Withdraw<'a>(&'a Desk, CallId);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.0.open().remove(&self.1);
    }
}

impl Approvals for Desk {
    fn ask(&self, mut question: Question) -> BoxFuture<'_, Answer> {
        if !self.present {
            return Box::pin(std::future::ready(Answer::Nobody));
        }
        self.scrub.value(&mut question.input);
        self.scrub.texts(question.effects.iter_mut().chain(&mut question.changes).chain(&mut question.flow));
        let call = question.call;
        let (answer, answered) = oneshot::channel();
        self.open().insert(call, Waiting { question, answer });
        let withdraw = Withdraw(self, call);
        Box::pin(async move {
            let _withdraw = withdraw;
            answered.await.unwrap_or(Answer::Nobody)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_egress::Vault;
    use boxagnts_types::Secret;
    use serde_json::json;

    /// What a person would see of a question with the value in each of its parts.
    fn shown(desk: &Desk) -> String {
        let text = || "a canary-4711 stands here".to_owned();
        let asked = desk.ask(Question {
            call: format!("{:026}", 0).parse().unwrap(),
            tool: "write".parse().unwrap(),
            input: json!({ "content": text() }),
            effects: vec![text()],
            changes: Some(text()),
            flow: Some(text()),
            fingerprint: "print".to_owned(),
        });
        let shown = format!("{:?}", desk.questions());
        drop(asked);
        shown
    }

    #[test]
    fn a_question_shows_no_secret_in_any_of_its_parts() {
        let vault = Vault::new([], &[Secret::new("canary-4711".to_owned())]);
        let covered = shown(&Desk::new(true).scrubbed(vault.scrubber()));
        assert!(covered.contains("stands here") && !covered.contains("canary"), "{covered}");
        assert_eq!(shown(&Desk::new(true)).matches("canary").count(), 4, "the control: without a scrubber it would");
    }
}
