//! Questions of one call to the person: written down, put, and their answers written down.
//!
//! The door asks before a call starts; what only shows while it runs is asked through [`Ask`], which the call is handed
//! and which writes into the same journal. Either way a yes reaches the law from here and from nowhere else.

use crate::approvals::{Answer, Approvals, Question};
use crate::door::Listener;
use crate::patience::Patience;
use crate::receipts;
use boxagnts_capability::{Authority, Capability, Crossing, Effect, Layer, Permit, Rule, Subject, Unanswered, Verdict};
use boxagnts_record::approval::{self, Approval};
use boxagnts_record::{Body, Commit, Event, Journal, Name, Snapshot, StoreError};
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::{CallId, StreamEvent, Time, ToolName};
use futures::future::BoxFuture;
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a question stands when nobody says otherwise.
pub const STANDS_FOR: Duration = Duration::from_hours(24);

/// How often the record is looked at for an answer from another process.
const LOOK: Duration = Duration::from_millis(100);

/// Who answers where the session runs.
const TERMINAL: &str = "the terminal of the session";

/// An answer and who gave it.
struct Given {
    answer: Answer,
    by: Option<String>,
}

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
    /// What the effects alone do not show, such as the body of a request, as a text for the person.
    pub detail: Option<String>,
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
    /// How long a question stands.
    pub(crate) stands_for: Duration,
    pub(crate) patience: Arc<Patience>,
    pub(crate) account: Account,
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// With an answer.
    Answer(Answer),
    /// The turn was stopped.
    Interrupted,
    /// Its time was up.
    Expired,
}

impl Heard {
    fn word(self) -> &'static str {
        match self {
            Self::Answer(answer) => answer.as_str(),
            Self::Interrupted => "interrupted",
            Self::Expired => "expired",
        }
    }
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
    /// Puts one question. What was asked and answered is in the journal before this returns.
    pub(crate) async fn put(&self, effects: &[Effect], shown: Shown, print: &str) -> Result<Heard, StoreError> {
        let texts: Vec<String> = effects.iter().map(ToString::to_string).collect();
        let question = self.question(texts.clone(), shown, print);
        let left = self.open(&question).await?;
        let (heard, by) = match self.recorded(print).await? {
            _ if left.is_zero() => (Heard::Expired, None),
            // Answered while nobody ran the session.
            Some(Given { answer, by }) => (Heard::Answer(answer), by),
            None => self.hear_out(question, print, left).await?,
        };
        let word = heard.word().to_owned();
        let resolved = Body::ApprovalResolved { answer: word.clone(), fingerprint: print.to_owned() };
        let receipt = receipts::of_answer(&self.journal, &word, by, texts, print);
        let batch = self.without_timer(self.journal.batch(vec![resolved]).receipts([receipt]), print);
        let batch = match heard {
            Heard::Answer(Answer::Nobody) | Heard::Interrupted | Heard::Expired => batch.withdraw(self.call, print),
            Heard::Answer(_) => batch.use_answer(self.call, print),
        };
        self.journal.write(batch).await?;
        self.listener.hear(StreamEvent::ApprovalResolved { call: self.call, answer: word });
        Ok(heard)
    }

    /// Writes a question down, and says how long it stands from now on. One that stood before goes on standing as long
    /// as it would have; another one of the same call is withdrawn, since what it was about has changed.
    async fn open(&self, question: &Question) -> Result<Duration, StoreError> {
        let (print, timer) = (question.fingerprint.as_str(), self.timer(&question.fingerprint));
        let before = self.journal.store().snapshot(self.journal.lease().session).await?;
        let (effects, flow) = (question.effects.clone(), question.flow.clone());
        let requested = Body::ApprovalRequested { effects, fingerprint: print.to_owned(), flow };
        let mut batch = self.journal.batch(vec![requested]).ask(self.call, print, question.to_record());
        for stale in self.others(&before, print) {
            batch = self.without_timer(batch.withdraw(self.call, stale), stale);
        }
        let written = self.journal.write(batch).await?;
        let Some(now) = written.first().map(|event: &Event| event.time) else { return Ok(self.stands_for) };
        let set = before.timers.iter().find(|set| Some(&set.name) == timer.as_ref()).and_then(|set| set.at);
        let until = match (set, timer) {
            (Some(until), _) => until,
            (None, None) => return Ok(self.stands_for),
            (None, Some(timer)) => {
                let until = later(now, self.stands_for);
                self.journal.write(self.journal.batch(Vec::new()).set_timer(timer, until)).await?;
                until
            }
        };
        Ok(Duration::from_micros(u64::try_from(until.as_micros() - now.as_micros()).unwrap_or(0)))
    }

    /// The fingerprints of open questions of this call that are not this one.
    fn others<'s>(&self, snapshot: &'s Snapshot, print: &str) -> Vec<&'s str> {
        let open = snapshot.approvals.iter().filter(|other| other.call == self.call && other.is_open());
        open.map(|other| other.fingerprint.as_str()).filter(|other| *other != print).collect()
    }

    /// Ends a question by itself: `question:CALL:` and the beginning of its fingerprint.
    fn timer(&self, print: &str) -> Option<Name> {
        format!("question:{}:{}", self.call, print.get(..16).unwrap_or(print)).parse().ok()
    }

    fn without_timer(&self, batch: Commit, print: &str) -> Commit {
        match self.timer(print) {
            Some(timer) => batch.cancel_timer(timer),
            None => batch,
        }
    }

    /// Opens the question and waits for the first answer, and says who gave it.
    async fn hear_out(
        &self,
        question: Question,
        print: &str,
        left: Duration,
    ) -> Result<(Heard, Option<String>), StoreError> {
        let (call, tool) = (self.call, self.tool.clone());
        let (effects, changes, flow) = (question.effects.clone(), question.changes.clone(), question.flow.clone());
        // The question is open before anybody hears of it, so that no answer can come too early.
        let asked = self.approvals.ask(question);
        self.listener.hear(StreamEvent::ApprovalRequested { call, tool, effects, changes, flow });
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Ok((Heard::Interrupted, None)),
            answer = asked => self.first(answer, print).await.map(|Given { answer, by }| (Heard::Answer(answer), by)),
            Given { answer, by } = self.heard_elsewhere(print) => Ok((Heard::Answer(answer), by)),
            () = tokio::time::sleep(left) => Ok((Heard::Expired, None)),
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
    async fn first(&self, answer: Answer, print: &str) -> Result<Given, StoreError> {
        if answer == Answer::Nobody {
            return Ok(Given { answer, by: None });
        }
        let by = Some(TERMINAL.to_owned());
        let recorded = approval::Answer {
            session: self.journal.lease().session,
            call: self.call,
            fingerprint: print.to_owned(),
            answer: answer.as_str().to_owned(),
            by: TERMINAL.to_owned(),
        };
        match self.journal.store().answer(recorded).await {
            Ok(()) => Ok(Given { answer, by }),
            Err(StoreError::Approval(_)) => {
                Ok(self.recorded(print).await?.unwrap_or(Given { answer: Answer::No, by: None }))
            }
            Err(error) => Err(error),
        }
    }

    /// The answer that stands in the record, if one does.
    async fn recorded(&self, print: &str) -> Result<Option<Given>, StoreError> {
        let snapshot = self.journal.store().snapshot(self.journal.lease().session).await?;
        let is_it = |approval: &&Approval| approval.call == self.call && approval.fingerprint == print;
        let given = snapshot.approvals.into_iter().find(|approval| is_it(&approval)).and_then(|approval| {
            // A word that nobody of ours writes is no yes.
            let answer = approval.answer?.parse().unwrap_or(Answer::No);
            Some(Given { answer, by: approval.answered_by })
        });
        Ok(given)
    }

    /// Waits for an answer that another process gives. A record that cannot be read now is looked at again.
    async fn heard_elsewhere(&self, print: &str) -> Given {
        let mut seen = None;
        loop {
            let now = self.journal.store().changes().await.ok();
            if (now.is_none() || now != seen)
                && let Ok(Some(given)) = self.recorded(print).await
            {
                return given;
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
        heard: Heard,
    ) -> Result<(), Unanswered> {
        match heard {
            Heard::Answer(Answer::Once) => {}
            Heard::Answer(Answer::Session) => {
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
            Heard::Answer(Answer::No) => return Err(Unanswered::PersonSaidNo),
            Heard::Answer(Answer::Nobody) => {
                self.account.nobody.store(true, Ordering::Relaxed);
                return Err(Unanswered::NobodyThere);
            }
            Heard::Expired => {
                self.account.nobody.store(true, Ordering::Relaxed);
                return Err(Unanswered::Expired);
            }
            Heard::Interrupted => return Err(Unanswered::Interrupted),
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
        if wish.changes.is_none() && !self.patience.lasts_for_call(number) {
            return Err(Unanswered::TooMany);
        }
        self.patience.spend(&self.journal)?;
        let Wish { effects, changes, detail } = wish;
        let changes = changes.or(detail);
        let crossing = permit.crossing(&effects);
        let shown = Shown { changes, flow: crossing.as_ref().map(ToString::to_string) };
        let print = self.print_of(number, &effects, &shown);
        let heard = match self.put(&effects, shown, &print).await {
            Ok(heard) => heard,
            Err(error) => {
                *self.account.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                return Err(Unanswered::Interrupted);
            }
        };
        self.settle(&permit.asked_by_rules(&effects), crossing.as_ref(), heard)?;
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

/// A point in time so much later, held at the end of the calendar.
fn later(time: Time, by: Duration) -> Time {
    Time::from_micros(time.as_micros().saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_binds_to_the_flow_that_was_shown() {
        let print = |flow: Option<&str>| {
            Shown { changes: None, flow: flow.map(str::to_owned) }.bound_to("the call and its changes")
        };
        let prints = [print(None), print(Some("to https://a.test")), print(Some("to https://b.test"))];
        assert_eq!(prints.iter().collect::<std::collections::BTreeSet<_>>().len(), prints.len(), "{prints:?}");
        assert_eq!(print(Some("to https://a.test")), prints[1]);
    }
}
