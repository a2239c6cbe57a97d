//! Questions of one call to the person: written down, put, and their answers written down.
//!
//! The door asks before a call starts; what only shows while it runs is asked through [`Ask`], which the call is handed
//! and which writes into the same journal. Either way a yes reaches the law from here and from nowhere else.

use crate::approvals::{Answer, Approvals, Question};
use crate::door::Listener;
use boxagnts_capability::{Authority, Capability, Crossing, Effect, Layer, Permit, Rule, Subject, Unanswered, Verdict};
use boxagnts_record::approval::{self, Approval};
use boxagnts_record::{Body, Journal, StoreError};
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::{CallId, StreamEvent, ToolName};
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often a running call may stop to ask. One that asks on and on wears the person out until a yes slips through.
pub const MOST_QUESTIONS: u32 = 5;

/// How often the record is looked at for an answer from another process.
const LOOK: Duration = Duration::from_millis(100);

/// Asks the person about effects that only showed while a call ran.
pub trait Ask: Send + Sync {
    /// Puts one question. After a yes the permit allows the effects; without one nothing has changed. It waits as long
    /// as the person takes, and ends when the call is stopped.
    fn ask<'a>(&'a self, permit: &'a Permit, wish: Wish) -> BoxFuture<'a, Result<(), Unanswered>>;
}

/// What a running call asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    /// What it wants to do.
    pub effects: Vec<Effect>,
    /// What it has prepared and would do to files, as a text for the person. Such a question comes when the tool has
    /// ended, so that it does not count among those that interrupt it.
    pub changes: Option<String>,
}

/// What a question shows besides its effects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) changes: Option<String>,
    /// What would flow where, in words.
    pub(crate) flow: Option<String>,
}

impl Shown {
    /// What an answer binds to where a flow was shown; without one the same as before.
    pub(crate) fn bound_to(&self, print: &str) -> String {
        match &self.flow {
            Some(flow) => sha256_hex(format!("{print}\n{flow}").as_bytes()),
            None => print.to_owned(),
        }
    }
}

/// One call as whoever asks about it sees it.
pub(crate) struct Asking {
    pub(crate) authority: Authority,
    pub(crate) approvals: Arc<dyn Approvals>,
    pub(crate) listener: Arc<dyn Listener>,
    /// At the call's place.
    pub(crate) journal: Journal,
    pub(crate) call: CallId,
    pub(crate) tool: ToolName,
    pub(crate) subject: Subject,
    pub(crate) input: Value,
    /// The call's fingerprint.
    pub(crate) print: String,
    pub(crate) cancel: CancellationToken,
    pub(crate) account: Account,
}

/// What came of the questions.
#[derive(Default)]
pub(crate) struct Account {
    asked: AtomicU32,
    /// A person hears one question of a call at a time, although several of its requests may wait.
    turn: tokio::sync::Mutex<()>,
    nobody: AtomicBool,
    failed: Mutex<Option<StoreError>>,
}

impl Asking {
    /// Puts one question; `None` when it was interrupted. What was asked and answered is in the journal before this
    /// returns.
    pub(crate) async fn put(
        &self,
        effects: &[Effect],
        shown: Shown,
        print: &str,
    ) -> Result<Option<Answer>, StoreError> {
        let texts: Vec<String> = effects.iter().map(ToString::to_string).collect();
        let (effects, flow) = (texts.clone(), shown.flow.clone());
        let requested = Body::ApprovalRequested { effects, fingerprint: print.to_owned(), flow };
        let question = self.question(texts, shown, print);
        let batch = self.journal.batch(vec![requested]).ask(self.call, print, question.to_record());
        self.journal.write(batch).await?;
        let answer = match self.recorded(print).await? {
            // Answered while nobody ran the session.
            Some(answer) => Some(answer),
            None => self.hear_out(question, print).await?,
        };
        let word = word_of(answer).to_owned();
        let resolved = Body::ApprovalResolved { answer: word.clone(), fingerprint: print.to_owned() };
        let batch = self.journal.batch(vec![resolved]);
        let batch = match answer {
            None | Some(Answer::Nobody) => batch.withdraw(self.call, print),
            Some(_) => batch.use_answer(self.call, print),
        };
        self.journal.write(batch).await?;
        self.listener.hear(StreamEvent::ApprovalResolved { call: self.call, answer: word });
        Ok(answer)
    }

    /// Opens the question and waits for the first answer; `None` when it is interrupted.
    async fn hear_out(&self, question: Question, print: &str) -> Result<Option<Answer>, StoreError> {
        let (call, tool) = (self.call, self.tool.clone());
        let (effects, changes, flow) = (question.effects.clone(), question.changes.clone(), question.flow.clone());
        // The question is open before anybody hears of it, so that no answer can come too early.
        let asked = self.approvals.ask(question);
        self.listener.hear(StreamEvent::ApprovalRequested { call, tool, effects, changes, flow });
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Ok(None),
            answer = asked => self.first(answer, print).await.map(Some),
            answer = self.heard_elsewhere(print) => Ok(Some(answer)),
        }
    }

    fn question(&self, effects: Vec<String>, shown: Shown, print: &str) -> Question {
        Question {
            call: self.call,
            tool: self.tool.clone(),
            input: self.input.clone(),
            effects,
            changes: shown.changes,
            flow: shown.flow,
            fingerprint: print.to_owned(),
        }
    }

    /// Writes down what a face of this process heard. When somebody elsewhere was faster, that answer counts.
    async fn first(&self, answer: Answer, print: &str) -> Result<Answer, StoreError> {
        if answer == Answer::Nobody {
            return Ok(answer);
        }
        let recorded = approval::Answer {
            session: self.journal.lease().session,
            call: self.call,
            fingerprint: print.to_owned(),
            answer: answer.as_str().to_owned(),
            by: "the terminal of the session".to_owned(),
        };
        match self.journal.store().answer(recorded).await {
            Ok(()) => Ok(answer),
            Err(StoreError::Approval(_)) => Ok(self.recorded(print).await?.unwrap_or(Answer::No)),
            Err(error) => Err(error),
        }
    }

    /// The answer that stands in the record, if one does.
    async fn recorded(&self, print: &str) -> Result<Option<Answer>, StoreError> {
        let snapshot = self.journal.store().snapshot(self.journal.lease().session).await?;
        let is_it = |approval: &&Approval| approval.call == self.call && approval.fingerprint == print;
        let answer = snapshot.approvals.iter().find(is_it).and_then(|approval| approval.answer.as_deref());
        // A word that nobody of ours writes is no yes.
        Ok(answer.map(|word| word.parse().unwrap_or(Answer::No)))
    }

    /// Waits for an answer that another process gives. A record that cannot be read now is looked at again.
    async fn heard_elsewhere(&self, print: &str) -> Answer {
        let mut seen = None;
        loop {
            let now = self.journal.store().changes().await.ok();
            if (now.is_none() || now != seen)
                && let Ok(Some(answer)) = self.recorded(print).await
            {
                return answer;
            }
            seen = now;
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What an answer comes to. A yes for the session becomes a rule about exactly these effects, which rules asked
    /// about, and covers that flow.
    pub(crate) fn settle(
        &self,
        effects: &[Effect],
        crossing: Option<&Crossing>,
        answer: Option<Answer>,
    ) -> Result<(), Unanswered> {
        match answer {
            Some(Answer::Once) => {}
            Some(Answer::Session) => {
                if let Some(crossing) = crossing {
                    self.authority.allow_flow(crossing);
                }
                for effect in effects {
                    self.authority.add(Rule {
                        verdict: Verdict::Allow,
                        capability: Capability::exactly(effect),
                        layer: Layer::Answer,
                        subject: self.subject.clone(),
                    });
                }
            }
            Some(Answer::No) => return Err(Unanswered::PersonSaidNo),
            Some(Answer::Nobody) => {
                self.account.nobody.store(true, Ordering::Relaxed);
                return Err(Unanswered::NobodyThere);
            }
            None => return Err(Unanswered::Interrupted),
        }
        Ok(())
    }

    /// Whether a question became a no because nobody was there.
    pub(crate) fn met_nobody(&self) -> bool {
        self.account.nobody.load(Ordering::Relaxed)
    }

    /// The failure of the journal that a question of the running call met.
    pub(crate) fn failure(&self) -> Option<StoreError> {
        self.account.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn ask_within(&self, permit: &Permit, wish: Wish) -> Result<(), Unanswered> {
        let _turn = self.account.turn.lock().await;
        let number = self.account.asked.fetch_add(1, Ordering::Relaxed);
        if wish.changes.is_none() && MOST_QUESTIONS <= number {
            return Err(Unanswered::TooMany);
        }
        let Wish { effects, changes } = wish;
        let crossing = permit.crossing(&effects);
        let shown = Shown { changes, flow: crossing.as_ref().map(ToString::to_string) };
        let print = self.print_of(number, &effects, &shown);
        let answer = match self.put(&effects, shown, &print).await {
            Ok(answer) => answer,
            Err(error) => {
                *self.account.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(Unanswered::Interrupted);
            }
        };
        self.settle(&permit.asked_by_rules(&effects), crossing.as_ref(), answer)?;
        permit.accept(&effects);
        if let Some(crossing) = &crossing {
            permit.accept_flow(crossing);
        }
        Ok(())
    }

    /// An answer to a question of the running call binds to the call, to these effects and to what was shown. The number
    /// tells a question from an equal one before it, whose answer is used up.
    fn print_of(&self, number: u32, effects: &[Effect], shown: &Shown) -> String {
        let effects = effects.iter().map(|effect| format!("{effect}\n"));
        let parts: String = std::iter::once(format!("{} {number}\n", self.print)).chain(effects).collect();
        let changes = shown.changes.as_deref().unwrap_or_default();
        shown.bound_to(&sha256_hex(format!("{parts}\n{changes}").as_bytes()))
    }
}

impl Ask for Asking {
    fn ask<'a>(&'a self, permit: &'a Permit, wish: Wish) -> BoxFuture<'a, Result<(), Unanswered>> {
        Box::pin(self.ask_within(permit, wish))
    }
}

fn word_of(answer: Option<Answer>) -> &'static str {
    answer.map_or("interrupted", Answer::as_str)
}
