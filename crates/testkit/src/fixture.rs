//! A door, a journal and a run over tools in process: the stage for a test of one session.

use crate::{FailingStore, FakeTool, Recorder, ScriptedApprovals, ScriptedModel};
use boxagnts_agent::{Limits, Run, prompt};
use boxagnts_capability::{Authority, Mode, Rulebook};
use boxagnts_model::Model;
use boxagnts_record::store::Claim;
use boxagnts_record::{Event, Journal, ManualStamp, MemoryStore, Store};
use boxagnts_tools::registry::Access;
use boxagnts_tools::{Door, Listener, Registry};
use boxagnts_types::{AgentName, MintId, PrincipalId, Privacy, RunId, SessionId, WorkspaceId};
use std::sync::Arc;
use std::time::Duration;

/// What a stage is built from.
pub struct Fixture {
    tools: Vec<Arc<FakeTool>>,
    rules: Rulebook,
    approvals: Arc<ScriptedApprovals>,
    good_commits: usize,
}

/// A session that is ready to go, and everything around it that can be looked at.
pub struct Stage {
    /// The way to the tools.
    pub door: Arc<Door>,
    /// The live rules.
    pub authority: Authority,
    /// The person.
    pub approvals: Arc<ScriptedApprovals>,
    /// Everything that was told.
    pub recorder: Arc<Recorder>,
    /// The session's pen.
    pub journal: Journal,
    /// Where it writes.
    pub store: Arc<FailingStore>,
    /// Time and ids.
    pub stamp: Arc<ManualStamp>,
}

impl Default for Fixture {
    fn default() -> Self {
        Self::new()
    }
}

impl Fixture {
    /// No tools, the built-in defaults, nobody to ask, a journal that works.
    pub fn new() -> Self {
        Self {
            tools: Vec::new(),
            rules: Rulebook::defaults(Mode::Ask),
            approvals: ScriptedApprovals::nobody(),
            good_commits: usize::MAX,
        }
    }

    /// With this tool.
    #[must_use]
    pub fn tool(mut self, tool: &Arc<FakeTool>) -> Self {
        self.tools.push(Arc::clone(tool));
        self
    }

    /// Under these rules.
    #[must_use]
    pub fn rules(mut self, rules: Rulebook) -> Self {
        self.rules = rules;
        self
    }

    /// With this person.
    #[must_use]
    pub fn approvals(mut self, approvals: Arc<ScriptedApprovals>) -> Self {
        self.approvals = approvals;
        self
    }

    /// With a journal that takes this many commits and then no more.
    #[must_use]
    pub fn journal_fails_after(mut self, commits: usize) -> Self {
        self.good_commits = commits;
        self
    }

    /// Puts it together.
    pub async fn build(self) -> Stage {
        let stamp = Arc::new(ManualStamp::new());
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new(Arc::clone(&stamp) as _));
        let claim = Claim {
            session: SessionId::mint(&*stamp),
            workspace: WorkspaceId::mint(&*stamp),
            principal: PrincipalId::local(),
            holder: "a test".to_owned(),
            time_to_live: Duration::from_hours(1),
        };
        let lease = memory.claim(claim).await.unwrap_or_else(|error| panic!("a new session is free: {error}"));
        let store = FailingStore::after(self.good_commits, memory);
        let mut registry = Registry::new();
        for tool in self.tools {
            registry.add(tool).unwrap_or_else(|error| panic!("{error}"));
        }
        let (recorder, authority) = (Recorder::new(), Authority::new(self.rules));
        let listener = Arc::clone(&recorder) as Arc<dyn Listener>;
        let door = Door::new(registry, authority.clone(), Arc::clone(&self.approvals) as _, listener);
        Stage {
            door: Arc::new(door),
            authority,
            approvals: self.approvals,
            recorder,
            journal: Journal::new(Arc::clone(&store) as Arc<dyn Store>, lease),
            store,
            stamp,
        }
    }
}

impl Stage {
    /// A run of this model, with the usual limits.
    pub fn run(&self, model: &Arc<ScriptedModel>) -> Run {
        self.run_of(Arc::clone(model) as Arc<dyn Model>)
    }

    /// A run of any model.
    pub fn run_of(&self, model: Arc<dyn Model>) -> Run {
        Run {
            id: RunId::mint(&*self.stamp),
            parent: None,
            chain: vec![AgentName::main()],
            system: prompt::SYSTEM.into(),
            access: Access::Full,
            mode: self.authority.book().mode().to_string(),
            limits: Limits::default(),
            budget: None,
            model,
            max_label: Privacy::Private,
            door: Arc::clone(&self.door),
            journal: self.journal.clone(),
            listener: Arc::clone(&self.recorder) as Arc<dyn Listener>,
            mint: Arc::clone(&self.stamp) as Arc<dyn MintId>,
        }
    }

    /// Everything that is in the journal.
    pub async fn events(&self) -> Vec<Event> {
        let session = self.journal.lease().session;
        let read = self.store.read(session, 0, usize::MAX).await;
        read.unwrap_or_else(|error| panic!("what was written can be read: {error}"))
    }
}
