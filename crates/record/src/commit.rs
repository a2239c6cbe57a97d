//! What one commit carries.

use crate::account::AccountMove;
use crate::approval::ApprovalMove;
use crate::effect::{EffectClass, EffectMove};
use crate::event::{Body, Event};
use crate::moves::Move;
use crate::name::Name;
use crate::outbox::Letter;
use crate::receipt::ReceiptDraft;
use crate::timer::TimerMove;
use boxagnts_types::{AgentName, CallId, EventId, PrincipalId, RunId, SessionId, Time, WorkspaceId};

/// How safe a commit is when it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// It survives the end of this process.
    Crash,
    /// It survives the loss of power.
    Power,
}

/// The right to write to one session until it is released or taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The session that is held.
    pub session: SessionId,
    /// The folder it works in.
    pub workspace: WorkspaceId,
    /// Who acts.
    pub principal: PrincipalId,
    /// Grows with each claim; a commit with an older one changes nothing.
    pub fence: u64,
}

/// An event before the store gave it a number, an id and a time.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The run, where one is under way.
    pub run: Option<RunId>,
    /// The run that delegated to this one.
    pub parent_run: Option<RunId>,
    /// The agent profile of the run.
    pub agent: Option<AgentName>,
    /// Counted from 1.
    pub turn: Option<u32>,
    /// Counted from 1 inside the turn.
    pub step: Option<u32>,
    /// The call that it belongs to.
    pub call: Option<CallId>,
    /// The event that brought this one about.
    pub cause: Option<EventId>,
    /// What happened.
    pub body: Body,
}

/// Everything that becomes true together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The right to write.
    pub lease: Lease,
    /// In order.
    pub events: Vec<Draft>,
    /// What changes beside them, in order: a later move sees what an earlier one did.
    pub moves: Vec<Move>,
    /// What the log of the journal says about it, in order.
    pub receipts: Vec<ReceiptDraft>,
    /// How safe it must be before it counts.
    pub durability: Durability,
}

impl Commit {
    /// Nothing yet, at crash durability.
    pub fn new(lease: Lease) -> Self {
        Self { lease, events: Vec::new(), moves: Vec::new(), receipts: Vec::new(), durability: Durability::Crash }
    }

    /// With these events after those it has.
    #[must_use]
    pub fn events(mut self, events: impl IntoIterator<Item = Draft>) -> Self {
        self.events.extend(events);
        self
    }

    /// With these receipts after those it has.
    #[must_use]
    pub fn receipts(mut self, receipts: impl IntoIterator<Item = ReceiptDraft>) -> Self {
        self.receipts.extend(receipts);
        self
    }

    /// At least this safe.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = self.durability.max(durability);
        self
    }

    /// With one more move. It makes the commit as safe as the move has to be.
    #[must_use]
    pub fn with(mut self, step: Move) -> Self {
        self.durability = self.durability.max(step.durability());
        self.moves.push(step);
        self
    }

    /// A call is about to start.
    #[must_use]
    pub fn intend(self, call: CallId, class: EffectClass) -> Self {
        self.with(Move::Effect(EffectMove::Intend { call, class }))
    }

    /// A call has its result.
    #[must_use]
    pub fn done(self, call: CallId) -> Self {
        self.with(Move::Effect(EffectMove::Done(call)))
    }

    /// A call was lost, and what it did is unknown.
    #[must_use]
    pub fn unknown(self, call: CallId) -> Self {
        self.with(Move::Effect(EffectMove::Unknown(call)))
    }

    /// A person is asked. `question` is what a face shows.
    #[must_use]
    pub fn ask(self, call: CallId, fingerprint: impl Into<String>, question: impl Into<String>) -> Self {
        let (fingerprint, question) = (fingerprint.into(), question.into());
        self.with(Move::Approval(ApprovalMove::Ask { call, fingerprint, question }))
    }

    /// The answer to a question is used up.
    #[must_use]
    pub fn use_answer(self, call: CallId, fingerprint: impl Into<String>) -> Self {
        self.with(Move::Approval(ApprovalMove::Use { call, fingerprint: fingerprint.into() }))
    }

    /// Nobody waits for an answer any more.
    #[must_use]
    pub fn withdraw(self, call: CallId, fingerprint: impl Into<String>) -> Self {
        self.with(Move::Approval(ApprovalMove::Withdraw { call, fingerprint: fingerprint.into() }))
    }

    /// A timer is set, or set anew.
    #[must_use]
    pub fn set_timer(self, timer: Name, at: Time) -> Self {
        self.with(Move::Timer(TimerMove::Set { timer, at }))
    }

    /// A timer is taken back.
    #[must_use]
    pub fn cancel_timer(self, timer: Name) -> Self {
        self.with(Move::Timer(TimerMove::Cancel(timer)))
    }

    /// The occurrence of a timer is used up.
    #[must_use]
    pub fn fire(self, timer: Name, at: Time) -> Self {
        self.with(Move::Timer(TimerMove::Fire { timer, at }))
    }

    /// A budget changes.
    #[must_use]
    pub fn account(self, step: AccountMove) -> Self {
        self.with(Move::Account(step))
    }

    /// Somebody is told something.
    #[must_use]
    pub fn send(self, to: Name, body: impl Into<String>) -> Self {
        self.with(Move::Send(Letter { to, body: body.into() }))
    }
}

/// What became true.
#[derive(Debug, Clone, PartialEq)]
pub struct Committed {
    /// The events as they stand in the journal now.
    pub events: Vec<Event>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn a_commit_is_as_safe_as_its_most_careful_part() {
        let lease = Lease {
            session: SessionId::from_ulid(Ulid::nil()),
            workspace: WorkspaceId::from_ulid(Ulid::nil()),
            principal: PrincipalId::local(),
            fence: 1,
        };
        let call = CallId::from_ulid(Ulid::nil());
        let new = || Commit::new(lease.clone());
        assert_eq!(new().durability, Durability::Crash);
        assert_eq!(new().intend(call, EffectClass::Reads).done(call).durability, Durability::Crash);
        for careful in [
            new().intend(call, EffectClass::Changes),
            new().unknown(call),
            new().ask(call, "f", "?"),
            new().use_answer(call, "f"),
            new().durability(Durability::Power).durability(Durability::Crash).done(call),
        ] {
            assert_eq!(careful.durability, Durability::Power, "{:?}", careful.moves);
        }
    }
}
