//! Carries out what the machine decides, over the ports: asks the model, runs calls, writes the journal, tells.
//!
//! Whatever happens, the session stays valid: each requested call has one result, and a turn that could begin has an
//! end in the journal. Only when the journal itself cannot be written does that fail, and then nothing more is done.

use crate::budget::{Budget, Spending, exhausted};
use crate::conversation::Conversation;
use crate::hands::{Hands, UnderWay};
use crate::limits::Limits;
use crate::machine::{Action, Input, Machine};
use crate::report::TurnReport;
use boxagnts_model::{Failure, Model, Piece, Request, ToolOffer};
use boxagnts_record::{Body, Durability, Journal, Scope, StoreError};
use boxagnts_tools::registry::Access;
use boxagnts_tools::{Door, Listener};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{AgentName, CallId, CallRequest, Content, MintId, Privacy, RunId, StreamEvent, Usage};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One agent's life in a session: all that stays the same from turn to turn.
#[derive(Clone)]
pub struct Run {
    /// The run's id.
    pub id: RunId,
    /// The run that delegated to it, if one did.
    pub parent: Option<RunId>,
    /// Who called whom, this agent last.
    pub chain: Vec<AgentName>,
    /// How the agent works; [`crate::prompt::SYSTEM`] unless its profile says otherwise.
    pub system: Arc<str>,
    /// Which tools it is offered.
    pub access: Access,
    /// The permission mode, as the journal names it.
    pub mode: String,
    /// What one turn may use up.
    pub limits: Limits,
    /// Who is asked.
    pub model: Arc<dyn Model>,
    /// What the model may be sent at most.
    pub max_label: Privacy,
    /// What the session may use up; without one nothing is counted.
    pub budget: Option<Budget>,
    /// The way to the tools.
    pub door: Arc<Door>,
    /// The session's pen, at no particular place.
    pub journal: Journal,
    /// Who hears what happens; the door tells the same one.
    pub listener: Arc<dyn Listener>,
    /// Makes the ids of calls.
    pub mint: Arc<dyn MintId>,
}

impl Run {
    /// One turn: takes what the person said and works until there is an answer or a reason to stop.
    ///
    /// After `cancel` it ends within a second: the model's stream is dropped, running calls are stopped by the door, the
    /// others are answered without being run.
    pub async fn turn(
        &self,
        conversation: &mut Conversation,
        prompt: Vec<Content>,
        cancel: &CancellationToken,
    ) -> TurnReport {
        let number = conversation.turns().saturating_add(1);
        conversation.limit_to(self.max_label);
        let (tools, order) = (self.tools(), |calls: &[CallRequest]| self.door.order(calls));
        let machine = Machine::new(conversation, self.limits.clone(), &order);
        let hands = Hands::new(self, Arc::clone(&tools), cancel);
        let calls = UnderWay::none(&hands);
        let spending = Spending::new(self.budget.clone(), self.id, number);
        let time = Clock::Runs;
        Turn { run: self, cancel, number, tools, machine, reply: None, calls, spending, barred: None, time }
            .go(prompt)
            .await
    }

    fn tools(&self) -> Arc<[ToolOffer]> {
        let offer = |tool: &Arc<dyn boxagnts_tools::Tool>| ToolOffer {
            name: tool.name().clone(),
            description: tool.description().to_owned(),
            input_schema: tool.input_schema().clone(),
        };
        self.door.registry().offers(self.access).into_iter().map(offer).collect()
    }
}

struct Turn<'a> {
    run: &'a Run,
    cancel: &'a CancellationToken,
    number: u32,
    tools: Arc<[ToolOffer]>,
    machine: Machine<'a>,
    /// The reply that is arriving. Dropping it ends the request.
    reply: Option<BoxStream<'a, Result<Piece, Failure>>>,
    calls: UnderWay<'a>,
    spending: Spending,
    /// Why the model is not asked, if a limit was reached before the turn began.
    barred: Option<String>,
    time: Clock,
}

/// Whether the end of the session's time was told already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clock {
    Runs,
    Told,
}

impl Turn<'_> {
    async fn go(mut self, prompt: Vec<Content>) -> TurnReport {
        let begun = self.begin(prompt).await;
        let mut actions = VecDeque::from(self.machine.on(begun));
        loop {
            let Some(action) = actions.pop_front() else {
                let heard = self.hear().await;
                self.take(heard, &mut actions).await;
                if !self.machine.is_asking() {
                    self.reply = None;
                }
                continue;
            };
            let inputs = match action {
                Action::Finish(report) => return self.finish(report).await,
                Action::Tell(event) => {
                    self.run.listener.hear(event);
                    Vec::new()
                }
                Action::Ask if self.cancel.is_cancelled() => vec![Input::Cancelled],
                Action::Ask => vec![self.ask().await],
                Action::Record { text, calls, usage } => self.record(text, calls, usage).await,
                Action::Call(request) => {
                    let context = self.machine.context();
                    self.calls.call(request, self.journal(Some(self.machine.step())), context);
                    Vec::new()
                }
                Action::Skip { request, why } => {
                    self.calls.skip(request, self.journal(Some(self.machine.step())), why);
                    Vec::new()
                }
            };
            self.take(inputs, &mut actions).await;
        }
    }

    /// Lets the machine hear what happened.
    async fn take(&mut self, inputs: Vec<Input>, actions: &mut VecDeque<Action>) {
        for input in inputs {
            if matches!(input, Input::RecordFailed(_)) {
                // What was still to be done stood on something that is not written. What is under way ends first; its
                // answers are heard, and nothing follows from them.
                for last in self.calls.halt().await {
                    if matches!(last, Input::CallAnswered { .. }) {
                        self.machine.on(last);
                    }
                }
                actions.clear();
            }
            actions.extend(self.machine.on(input));
        }
    }

    async fn begin(&mut self, prompt: Vec<Content>) -> Input {
        let started = Body::TurnStarted {
            prompt: prompt.clone(),
            model: self.run.model.name().to_owned(),
            mode: self.run.mode.clone(),
            tools: self.tools.iter().map(|tool| tool.name.to_string()).collect(),
            max_label: Some(self.run.max_label).filter(|most| *most < Privacy::Private),
        };
        if let Err(error) = self.write_begin(started).await {
            return Input::RecordFailed(with_causes(&error));
        }
        self.run.listener.hear(StreamEvent::TurnStarted {
            turn: self.number,
            run: self.run.id,
            prompt: prompt.clone(),
        });
        Input::UserMessage(prompt)
    }

    /// Writes the beginning down. When a limit keeps the turn from being counted, what the person said is written all the
    /// same, and the model is not asked.
    async fn write_begin(&mut self, started: Body) -> Result<(), StoreError> {
        let journal = self.journal(None);
        let snapshot = match self.run.budget {
            Some(_) => Some(journal.store().snapshot(journal.lease().session).await?),
            None => None,
        };
        let batch = self.spending.begin(journal.batch(vec![started.clone()]), snapshot.as_ref());
        let Err(error) = journal.write(batch).await else { return Ok(()) };
        self.barred = Some(exhausted(&error).ok_or(error)?);
        self.spending.not_begun();
        journal.append(vec![started], Durability::Crash).await.map(drop)
    }

    /// Sets aside what the next request will take; what keeps it from being made, if anything does.
    async fn set_aside(&mut self) -> Option<Input> {
        if let Some(why) = self.barred.take() {
            return Some(Input::LimitReached(why));
        }
        let journal = self.journal(None);
        let step = self.machine.step() + 1;
        let batch = self.spending.ask(journal.batch(Vec::new()), step, self.machine.messages())?;
        let error = journal.write(batch).await.err()?;
        self.spending.not_asked();
        Some(match exhausted(&error) {
            Some(why) => Input::LimitReached(why),
            None => Input::RecordFailed(with_causes(&error)),
        })
    }

    /// Asks the model, if the session can pay for it.
    async fn ask(&mut self) -> Input {
        if let Some(refused) = self.set_aside().await {
            return refused;
        }
        self.reply = Some(self.run.model.stream(self.request()));
        Input::Asked
    }

    fn request(&self) -> Request {
        Request {
            system: Arc::clone(&self.run.system),
            messages: self.machine.shown_to(self.run.model.name()),
            tools: Arc::clone(&self.tools),
        }
    }

    /// What happens next: a call under way ends, or with none the model says something.
    async fn hear(&mut self) -> Vec<Input> {
        let heard = tokio::select! {
            biased;
            heard = self.calls.next() => heard,
            () = self.spending.time_is_up(), if self.time == Clock::Runs => {
                self.time = Clock::Told;
                self.calls.stop();
                return vec![Input::LimitReached(self.spending.why_time_is_up())];
            }
        };
        match heard {
            Some(inputs) => inputs,
            None => vec![self.hear_model().await],
        }
    }

    async fn hear_model(&mut self) -> Input {
        // With nothing to do the machine is asking, and then there is a reply. Were it ever otherwise, the turn would
        // end here instead of waiting forever.
        let Some(reply) = &mut self.reply else { return Input::RecordFailed("the turn lost its way".to_owned()) };
        let piece = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Input::Cancelled,
            () = self.spending.time_is_up() => return Input::LimitReached(self.spending.why_time_is_up()),
            piece = reply.next() => piece,
        };
        match piece {
            None => Input::ModelFailed(Failure::Garbled("it broke off before its end".to_owned())),
            Some(Err(failure)) => Input::ModelFailed(failure),
            Some(Ok(Piece::Waiting { why, wait })) => Input::ModelWaits { why, wait },
            Some(Ok(Piece::Text(text))) => Input::ModelText(text),
            Some(Ok(Piece::Thinking(text))) => Input::ModelThinking(text),
            Some(Ok(Piece::Usage(usage))) => Input::ModelUsage(usage),
            Some(Ok(Piece::End(stop))) => Input::ModelEnded(stop),
            Some(Ok(Piece::Call { model_id, tool, input })) => {
                let id = CallId::mint(&*self.run.mint);
                Input::ModelCall(CallRequest { id, model_id, tool, input })
            }
        }
    }

    async fn record(&mut self, text: String, calls: Vec<CallRequest>, usage: Usage) -> Vec<Input> {
        let journal = self.journal(Some(self.machine.step()));
        let message = Body::Message { text, calls, usage, label: Some(self.machine.context()) };
        let batch = self.spending.answered(journal.batch(vec![message]), usage);
        match journal.write(batch).await {
            Ok(_) => Vec::new(),
            Err(error) => vec![Input::RecordFailed(with_causes(&error))],
        }
    }

    async fn finish(&mut self, mut report: TurnReport) -> TurnReport {
        if report.reason != StopReason::RecordFailed {
            let finished = Body::TurnFinished {
                reason: report.reason,
                text: report.text.clone(),
                usage: report.usage,
                steps: report.steps,
                error: report.error.clone(),
            };
            let journal = self.journal(None);
            let batch = self.spending.end(journal.batch(vec![finished]));
            if let Err(error) = journal.write(batch).await {
                report.reason = StopReason::RecordFailed;
                report.error = Some(with_causes(&error));
            }
        }
        if let (StopReason::ModelFailed | StopReason::RecordFailed, Some(message)) = (report.reason, &report.error) {
            self.run.listener.hear(StreamEvent::Error { message: message.clone() });
        }
        self.run.listener.hear(StreamEvent::TurnFinished {
            turn: self.number,
            reason: report.reason,
            text: report.text.clone(),
            usage: report.usage,
            steps: report.steps,
            unanswered: report.unanswered,
        });
        report
    }

    fn journal(&self, step: Option<u32>) -> Journal {
        self.run.journal.at(Scope {
            run: Some(self.run.id),
            parent_run: self.run.parent,
            agent: self.run.chain.last().cloned(),
            turn: Some(self.number),
            step,
            call: None,
        })
    }
}

/// An error and what brought it about, on one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// A turn may run on any thread.
#[cfg(test)]
mod tests {
    use super::*;

    fn sendable<T: Send>(_: T) {}

    #[expect(dead_code, reason = "that it compiles is the test")]
    fn a_turn_can_move_between_threads(run: &Run, conversation: &mut Conversation, cancel: &CancellationToken) {
        sendable(run.turn(conversation, Vec::new(), cancel));
    }
}
