//! A pen for one session: the lease and the place in the conversation, so that writers only say what happened.

use crate::commit::{Commit, Draft, Durability, Lease};
use crate::event::{Body, Event};
use crate::receipt::{Fact, ReceiptDraft};
use crate::store::{Store, StoreError};
use boxagnts_types::{AgentName, CallId, RunId};
use std::sync::Arc;

/// Where in the conversation an event belongs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The run.
    pub run: Option<RunId>,
    /// The run that delegated to it.
    pub parent_run: Option<RunId>,
    /// The agent profile.
    pub agent: Option<AgentName>,
    /// Counted from 1.
    pub turn: Option<u32>,
    /// Counted from 1 inside the turn.
    pub step: Option<u32>,
    /// The call.
    pub call: Option<CallId>,
}

/// Writes to one session at one place of the conversation.
#[derive(Clone)]
pub struct Journal {
    store: Arc<dyn Store>,
    lease: Lease,
    scope: Scope,
}

impl Journal {
    /// A pen at the start of the session.
    pub fn new(store: Arc<dyn Store>, lease: Lease) -> Self {
        Self { store, lease, scope: Scope::default() }
    }

    /// The same pen at another place.
    #[must_use]
    pub fn at(&self, scope: Scope) -> Self {
        Self { store: Arc::clone(&self.store), lease: self.lease.clone(), scope }
    }

    /// The same pen at a call of the present place.
    #[must_use]
    pub fn at_call(&self, call: CallId) -> Self {
        self.at(Scope { call: Some(call), ..self.scope.clone() })
    }

    /// Where it writes.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The lease it writes under.
    pub fn lease(&self) -> &Lease {
        &self.lease
    }

    /// The store behind it.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Writes events together.
    pub async fn append(&self, bodies: Vec<Body>, durability: Durability) -> Result<Vec<Event>, StoreError> {
        self.write(self.batch(bodies).durability(durability)).await
    }

    /// A commit of events at this place, to which moves can be added before it is [written](Self::write).
    pub fn batch(&self, bodies: Vec<Body>) -> Commit {
        Commit::new(self.lease.clone()).events(bodies.into_iter().map(|body| self.draft(body)))
    }

    /// A receipt of this place; `list` is what its fact names by a digest.
    pub fn receipt(&self, fact: Fact, list: Option<String>) -> ReceiptDraft {
        let Scope { run, agent, call, .. } = self.scope.clone();
        ReceiptDraft { run, agent, call, fact, list }
    }

    /// Makes a commit true.
    pub async fn write(&self, batch: Commit) -> Result<Vec<Event>, StoreError> {
        Ok(self.store.commit(batch).await?.events)
    }

    fn draft(&self, body: Body) -> Draft {
        let Scope { run, parent_run, agent, turn, step, call } = self.scope.clone();
        Draft { run, parent_run, agent, turn, step, call, cause: None, body }
    }
}
