//! Carries out the calls of a turn, several at once: runs or skips each through the door.

use crate::machine::Input;
use crate::turn::{Run, with_causes};
use boxagnts_model::ToolOffer;
use boxagnts_record::{Journal, StoreError};
use boxagnts_tools::Answered;
use boxagnts_types::{CallRequest, Label, StreamEvent, ToolAnswer};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What the calls of a turn have in common.
pub(crate) struct Hands<'a> {
    run: &'a Run,
    tools: Arc<[ToolOffer]>,
    /// Set when the person wants the turn to end.
    cancel: &'a CancellationToken,
    /// Set when something could not be written down: then nothing more may happen.
    unwritable: CancellationToken,
    /// Set with either; what a running call hears.
    halt: CancellationToken,
}

/// The calls that are under way.
pub(crate) struct UnderWay<'a> {
    hands: &'a Hands<'a>,
    calls: FuturesUnordered<BoxFuture<'a, Vec<Input>>>,
}

impl<'a> Hands<'a> {
    pub(crate) fn new(run: &'a Run, tools: Arc<[ToolOffer]>, cancel: &'a CancellationToken) -> Self {
        Self { run, tools, cancel, unwritable: CancellationToken::new(), halt: cancel.child_token() }
    }

    async fn call(&self, request: CallRequest, journal: Journal, context: Label) -> Vec<Input> {
        if self.cancel.is_cancelled() {
            return self.skip(request, journal, "the person interrupted the turn".to_owned()).await;
        }
        if self.is_withheld(&request) {
            return self.skip(request, journal, "this agent is not offered that tool".to_owned()).await;
        }
        if self.unwritable.is_cancelled() {
            return Vec::new();
        }
        let answered = self.run.door.call(request, &journal, &self.run.chain, &context, &self.halt).await;
        self.inputs(answered)
    }

    async fn skip(&self, request: CallRequest, journal: Journal, why: String) -> Vec<Input> {
        if self.unwritable.is_cancelled() {
            return Vec::new();
        }
        let answered = self.run.door.skip(&request, &journal, &why).await;
        self.inputs(answered)
    }

    /// Whether the tool exists and this agent's access leaves it out. The model was not told of it, and it is not let
    /// in because it guessed the name.
    fn is_withheld(&self, request: &CallRequest) -> bool {
        let exists = self.run.door.registry().get(&request.tool).is_some();
        exists && !self.tools.iter().any(|tool| tool.name.as_str() == request.tool)
    }

    fn inputs(&self, answered: Result<Answered, StoreError>) -> Vec<Input> {
        let answer = match answered {
            Ok(Answered { answer, broken, unanswered }) => {
                self.tell_if_withheld(&answer);
                Input::CallAnswered { answer, broken, unanswered }
            }
            Err(error) => return vec![Input::RecordFailed(with_causes(&error))],
        };
        // The machine hears of the interruption first, so that nothing more is started after this call.
        if self.cancel.is_cancelled() { vec![Input::Cancelled, answer] } else { vec![answer] }
    }

    /// The person is told what the model will not read.
    fn tell_if_withheld(&self, answer: &ToolAnswer) {
        let max_label = self.run.max_label;
        if max_label < answer.label.privacy() {
            let (call, label) = (answer.call, answer.label.clone());
            self.run.listener.hear(StreamEvent::ContentWithheld { call, label, max_label });
        }
    }
}

impl<'a> UnderWay<'a> {
    pub(crate) fn none(hands: &'a Hands<'a>) -> Self {
        Self { hands, calls: FuturesUnordered::new() }
    }

    /// Begins to run a call.
    pub(crate) fn call(&mut self, request: CallRequest, journal: Journal, context: Label) {
        self.calls.push(Box::pin(self.hands.call(request, journal, context)));
    }

    /// Begins to answer a call that is not run.
    pub(crate) fn skip(&mut self, request: CallRequest, journal: Journal, why: String) {
        self.calls.push(Box::pin(self.hands.skip(request, journal, why)));
    }

    /// What the next call to end has brought; none when no call is under way.
    pub(crate) async fn next(&mut self) -> Option<Vec<Input>> {
        self.calls.next().await
    }

    /// Stops what runs; the answers still follow.
    pub(crate) fn stop(&self) {
        self.hands.halt.cancel();
    }

    /// The journal cannot be written: begins nothing more, stops what runs and waits until it has ended.
    pub(crate) async fn halt(&mut self) -> Vec<Input> {
        self.hands.unwritable.cancel();
        self.hands.halt.cancel();
        let mut heard = Vec::new();
        while let Some(inputs) = self.next().await {
            heard.extend(inputs);
        }
        heard
    }
}
