//! What a program that ended in the middle left open, and how it is settled before its session goes on.
//!
//! A call without a result is settled by what a repetition would do. One that only reads is run again. One that may have
//! changed something is never run again: it is *unknown*, and the person and the model are told to look. One whose
//! question still stands is asked about again, under the same fingerprint, so that an answer that came meanwhile counts.
//! One that was never begun has changed nothing. Then the turn gets its end.

use boxagnts_record::effect::{Effect, EffectClass};
use boxagnts_record::{Body, Durability, Event, Fact, Journal, Scope, Snapshot, StoreError};
use boxagnts_tools::{Door, Listener};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{AgentName, CallId, CallRequest, Content, Label, Outcome, StreamEvent, Usage};
use std::collections::{HashMap, HashSet};
use tokio_util::sync::CancellationToken;

/// The calls that have no result and the turn that has no end, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LeftOpen {
    calls: Vec<Call>,
    turn: Option<Turn>,
}

#[derive(Debug, Clone, PartialEq)]
struct Call {
    request: CallRequest,
    scope: Scope,
    /// Its intent stands in the journal.
    intended: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Turn {
    scope: Scope,
    steps: u32,
}

/// What settling needs of the session.
pub struct Settling<'a> {
    /// The way to the tools, for what is run again.
    pub door: &'a Door,
    /// The session's pen.
    pub journal: &'a Journal,
    /// How the session stood when it was taken over.
    pub snapshot: &'a Snapshot,
    /// Who asks.
    pub chain: &'a [AgentName],
    /// The label of all that the session's conversation has read.
    pub context: &'a Label,
    /// Who hears what became of it.
    pub listener: &'a dyn Listener,
    /// Set when the person wants it to stop; what is not settled then stays open.
    pub cancel: &'a CancellationToken,
}

impl LeftOpen {
    /// What these events leave open.
    pub fn in_events(events: &[Event]) -> Self {
        let mut intended = HashSet::new();
        let mut tools: HashMap<CallId, (String, Scope)> = HashMap::new();
        let mut left = Self::default();
        for event in events {
            match &event.body {
                Body::TurnStarted { .. } => left.turn = Some(Turn { scope: scope_of(event), steps: 0 }),
                Body::TurnFinished { .. } => left.turn = None,
                Body::Message { calls, .. } => {
                    if let Some(turn) = &mut left.turn {
                        turn.steps += 1;
                    }
                    let open = |request: &CallRequest| Call {
                        request: request.clone(),
                        scope: scope_of(event),
                        intended: false,
                    };
                    left.calls.extend(calls.iter().map(open));
                }
                Body::CallDecided { tool, .. } => {
                    if let Some(call) = event.call {
                        tools.insert(call, (tool.clone(), scope_of(event)));
                    }
                }
                Body::CallIntended { .. } => intended.extend(event.call),
                Body::CallFinished { .. } => {
                    left.calls.retain(|call| Some(call.request.id) != event.call);
                    if let Some(call) = event.call {
                        intended.remove(&call);
                        tools.remove(&call);
                    }
                }
                _ => {}
            }
        }
        for call in &mut left.calls {
            call.intended = intended.contains(&call.request.id);
            tools.remove(&call.request.id);
        }
        // A call by hand is in no message. If it was lost on its way, only its decision names it.
        let by_hand = tools.into_iter().map(|(id, (tool, scope))| Call {
            request: CallRequest { id, model_id: String::new(), tool, input: String::new() },
            scope,
            intended: intended.contains(&id),
        });
        left.calls.extend(by_hand);
        left
    }

    /// Whether everything has its end.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.turn.is_none()
    }

    /// Gives each of them its end. Whatever is settled when this fails or is cancelled, is settled.
    pub async fn settle(self, with: &Settling<'_>) -> Result<(), StoreError> {
        // What is lost comes first: no question and no reading may keep it from being told.
        let (again, lost): (Vec<Call>, Vec<Call>) = self.calls.into_iter().partition(|call| call.is_run_again(with));
        for call in lost {
            call.give_up(with).await?;
        }
        for call in again {
            if with.cancel.is_cancelled() {
                return Ok(());
            }
            let journal = with.journal.at(call.scope);
            with.door.call(call.request, &journal, with.chain, with.context, with.cancel).await?;
        }
        let Some(Turn { scope, steps }) = self.turn else { return Ok(()) };
        let error = Some("the program ended before the turn did".to_owned());
        let (reason, text, usage) = (StopReason::Interrupted, String::new(), Usage::default());
        let finished = Body::TurnFinished { reason, text, usage, steps, error };
        with.journal.at(scope).append(vec![finished], Durability::Power).await.map(drop)
    }
}

impl Call {
    fn effect<'a>(&self, with: &'a Settling<'_>) -> Option<&'a Effect> {
        with.snapshot.effects.iter().find(|effect| effect.call == self.request.id)
    }

    fn is_run_again(&self, with: &Settling<'_>) -> bool {
        if self.request.input.is_empty() {
            return false;
        }
        let is_asked = || with.snapshot.approvals.iter().any(|approval| approval.call == self.request.id);
        self.effect(with).map_or_else(|| !self.intended && is_asked(), |effect| effect.class == EffectClass::Reads)
    }

    /// Ends it without running it.
    async fn give_up(self, with: &Settling<'_>) -> Result<(), StoreError> {
        let effect = self.effect(with).copied();
        let changes = effect.map_or(self.intended, |effect| effect.class == EffectClass::Changes);
        let (outcome, text) = if changes { (Outcome::Unknown, UNKNOWN) } else { (Outcome::Cancelled, NOT_DONE) };
        let (tool, content) = (self.request.tool.clone(), vec![Content::text(text)]);
        let finished = Body::CallFinished {
            tool: tool.clone(),
            outcome,
            content: content.clone(),
            truncated: false,
            micros: 0,
            label: Some(Label::PUBLIC),
        };
        let journal = with.journal.at(self.scope).at_call(self.request.id);
        let mut batch = journal.batch(vec![finished]).durability(Durability::Power);
        if effect.is_some() {
            batch = batch.unknown(self.request.id);
        }
        if changes {
            batch = batch.receipts([journal.receipt(Fact::Lost { tool: self.request.tool.clone() }, None)]);
        }
        for approval in with.snapshot.approvals.iter().filter(|approval| approval.call == self.request.id) {
            batch = batch.withdraw(approval.call, approval.fingerprint.clone());
        }
        journal.write(batch).await?;
        let (call, label) = (self.request.id, Label::PUBLIC);
        with.listener.hear(StreamEvent::CallFinished { call, tool, outcome, content, micros: 0, label });
        Ok(())
    }
}

/// What the model and the person read of a call that may have changed something.
pub(crate) const UNKNOWN: &str = "unknown: the program ended while this call ran. What it was to change may be \
                                  changed wholly, partly or not at all; look before doing it again.";

/// What they read of one that was not begun.
pub(crate) const NOT_DONE: &str = "not done: the program ended before this call had a result. It has changed nothing.";

fn scope_of(event: &Event) -> Scope {
    let Event { run, parent_run, agent, turn, step, .. } = event.clone();
    Scope { run, parent_run, agent, turn, step, call: None }
}
