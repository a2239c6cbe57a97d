//! One conversation: what a face holds in its hand.

use crate::before::Keeper;
use crate::brought::BroughtTools;
use crate::casting::{self, Casting, Chosen};
use crate::config::{Resume, SessionOptions};
use crate::desk::Desk;
use crate::error::StartError;
use crate::grants::watch::Watching;
use crate::hall::{Hall, Subscription};
use crate::house::Runtime;
use crate::labels::FileBook;
use crate::law;
use crate::scratch::Scratch;
use crate::toolbox;
use crate::trail;
use crate::witness::Eyes;
use boxagnts_agent::{Conversation, LeftOpen, Settling, TurnReport, conversation_from};
use boxagnts_capability::{Authority, Mode};
use boxagnts_record::event::Origin;
use boxagnts_record::store::Claim;
use boxagnts_record::{Body, Durability, Journal, Lease, Scope, Snapshot, Store, StoreError};
use boxagnts_store::SystemStamp;
use boxagnts_tools::{Answer, Answered, Door, Listener as _, Question, Registry};
use boxagnts_types::{AgentName, CallId, CallRequest, Content, Label, PrincipalId, RunId, SessionId, StreamEvent};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A holder that is gone keeps a session for this long, unless it can be seen that its process has ended.
const LEASE: Duration = Duration::from_secs(30);

/// A lease is renewed well before it ends, even when the machine is busy.
const RENEWAL: Duration = Duration::from_secs(10);

/// Single calls by hand are sessions too; more of them in a row than this hide the conversation before them.
const LOOKED_AT: usize = 1000;

/// One conversation, held by this process.
pub struct Session {
    id: SessionId,
    origin: Option<SessionId>,
    folder: String,
    door: Arc<Door>,
    casting: Casting,
    conversation: tokio::sync::Mutex<Conversation>,
    /// What the process before left open; settled before the session goes on.
    left: Mutex<Option<Left>>,
    journal: Journal,
    keeper: Arc<Keeper>,
    labels: Arc<FileBook>,
    desk: Arc<Desk>,
    hall: Arc<Hall>,
    cancel: Mutex<CancellationToken>,
    stamp: Arc<SystemStamp>,
    renewal: JoinHandle<()>,
    brought: Arc<BroughtTools>,
    /// Removed with the session.
    _scratch: Scratch,
    /// Follows the person's grants while the session is there.
    _watching: Watching,
}

/// What a process that ended in the middle left behind.
struct Left {
    open: LeftOpen,
    snapshot: Snapshot,
}

/// A session that this process holds now.
struct Begun {
    journal: Journal,
    conversation: Conversation,
    left: Option<Left>,
    /// The sealed session that it goes on from.
    origin: Option<SessionId>,
}

impl Begun {
    fn new(journal: Journal) -> Self {
        Self { journal, conversation: Conversation::new(), left: None, origin: None }
    }
}

impl Session {
    pub(crate) async fn start(house: &Runtime, options: SessionOptions) -> Result<Self, StartError> {
        // The model comes first: a name that nobody knows must not leave an empty session behind.
        let chosen = options.model.as_deref().map(|name| Chosen::find(house, name, options.max_micro_dollars));
        let chosen = chosen.transpose()?;
        // So do the tools and the law: where nothing is allowed, nothing is begun.
        let brought = house.look_at_tools().await?;
        let book = law::rulebook(house, &options)?;
        let Begun { journal, conversation, left, origin } = match options.resume {
            None => Begun::new(begin(house, None).await?),
            Some(resume) => go_on(house, resume).await?,
        };
        let budget = casting::budget(&options);
        let snapshot = house.store.snapshot(journal.lease().session).await?;
        journal.write(budget.open(journal.batch(Vec::new()), &snapshot)).await?;
        let (lease, id) = (journal.lease().clone(), journal.lease().session);
        let folder = house.root.path().display().to_string();

        let scrub = || house.vault.scrubber();
        let hall = Arc::new(Hall::new().scrubbed(scrub()));
        let desk = Arc::new(Desk::new(options.present).scrubbed(scrub()));
        let keeper = Arc::new(Keeper::new(journal.clone()));
        let mut registry = Registry::new();
        let scratch = Scratch::new(house, id)?;
        let labels = Arc::new(FileBook::open(house.flow.places(&house.trust_state()?), journal.clone()).await?);
        let scratch_root = Arc::new(scratch.root()?);
        let (before, known) = (Arc::clone(&keeper) as _, Arc::clone(&labels) as _);
        let world = Arc::new(toolbox::world(house, Arc::clone(&scratch_root), before, known)?);
        for tool in house.toolbox.tools(&brought, &house.sandbox, &world, &AgentName::main()) {
            registry.add(tool)?;
        }
        let (authority, access) = (Authority::new(book), house.law.access(&options));
        let watching = Watching::begin(&house.grants, id, &authority)?;
        let door = Door::new(registry, authority.clone(), Arc::clone(&desk) as _, Arc::clone(&hall) as _);
        let eyes = Arc::new(Eyes::new(toolbox::folders(house, scratch_root)?));
        let door = Arc::new(
            door.with_access(access)
                .with_witness(eyes)
                .scrubbed(scrub())
                .with_questions_standing_for(house.questions_stand_for)
                .with_question_limits(house.question_limits),
        );
        let casting = Casting::new(house, &options, authority, &door, &journal, Arc::clone(&hall) as _);
        if let Some(chosen) = chosen {
            casting.give(house, chosen);
        }
        Ok(Self {
            id,
            origin,
            folder,
            door,
            casting,
            conversation: tokio::sync::Mutex::new(conversation),
            left: Mutex::new(left),
            renewal: tokio::spawn(renew(Arc::clone(&house.store), lease)),
            journal,
            keeper,
            labels,
            desk,
            hall,
            cancel: Mutex::default(),
            stamp: Arc::clone(&house.stamp),
            brought,
            _scratch: scratch,
            _watching: watching,
        })
    }

    /// Which session it is.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// The session that this one was just begun to go on from: one that came with a copy of the journal.
    pub fn origin(&self) -> Option<SessionId> {
        self.origin
    }

    /// The tools of the workspace that cannot be used, each with the reason. Safe to show.
    pub fn left_out(&self) -> &[String] {
        &self.brought.left_out
    }

    /// `PROVIDER/MODEL` of who answers; empty in a session of single calls.
    pub fn model(&self) -> String {
        self.casting.model()
    }

    /// How asks are treated.
    pub fn mode(&self) -> Mode {
        self.casting.mode()
    }

    /// Another model or another mode, from the next turn on.
    pub fn change(&self, house: &Runtime, model: Option<&str>, mode: Option<Mode>) -> Result<(), StartError> {
        self.casting.change(house, model, mode)
    }

    /// Hears everything from now on.
    pub fn subscribe(&self) -> Subscription {
        self.hall.subscribe()
    }

    /// Tells everybody who listens that the session is here.
    pub fn announce(&self) {
        let offers = self.door.registry().offers(self.door.access());
        self.hall.hear(StreamEvent::SessionStarted {
            session: self.id,
            workspace: self.folder.clone(),
            model: self.casting.model(),
            mode: self.casting.mode().to_string(),
            tools: offers.iter().map(|tool| tool.name().to_string()).collect(),
        });
    }

    /// Takes a user message and works until there is an answer or a reason to stop.
    pub async fn submit(&self, text: &str) -> Result<TurnReport, StartError> {
        self.submit_content(vec![Content::text(text)]).await
    }

    /// The same with more than text: pictures, for models that see.
    pub async fn submit_content(&self, prompt: Vec<Content>) -> Result<TurnReport, StartError> {
        let Some(run) = self.casting.run() else { return Err(StartError::NoModel) };
        self.keeper.turn_page();
        self.labels.read_on().await?;
        let cancel = self.current_cancel();
        let mut conversation = self.conversation.lock().await;
        if let Some(left) = self.take_left() {
            conversation.limit_to(run.max_label);
            self.settle(left, &conversation.context(), &cancel).await?;
            *conversation = conversation_from(&trail::history(&**self.journal.store(), self.id).await?);
        }
        let report = run.turn(&mut conversation, prompt, &cancel).await;
        self.fresh_cancel();
        Ok(report)
    }

    /// Calls one tool by hand, under the same law as a model's call.
    pub async fn call(&self, tool: &str, input: &str) -> Result<Answered, StoreError> {
        self.keeper.turn_page();
        let agent = AgentName::main();
        let scope = Scope { run: Some(RunId::mint(&*self.stamp)), agent: Some(agent.clone()), ..Scope::default() };
        let request = CallRequest {
            id: CallId::mint(&*self.stamp),
            model_id: String::new(),
            tool: tool.to_owned(),
            input: input.to_owned(),
        };
        let cancel = self.current_cancel();
        let answered = self.door.call(request, &self.journal.at(scope), &[agent], &Label::PUBLIC, &cancel).await;
        self.fresh_cancel();
        answered
    }

    /// Gives what the process before left open its end: reads are run again, lost changes are told.
    async fn settle(&self, left: Left, context: &Label, cancel: &CancellationToken) -> Result<(), StoreError> {
        let chain = [AgentName::main()];
        let with = Settling {
            door: &self.door,
            journal: &self.journal,
            snapshot: &left.snapshot,
            chain: &chain,
            context,
            listener: &*self.hall,
            cancel,
        };
        left.open.settle(&with).await
    }

    fn take_left(&self) -> Option<Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The open questions, in no order.
    pub fn questions(&self) -> Vec<Question> {
        self.desk.questions()
    }

    /// The open question of a call.
    pub fn question(&self, call: CallId) -> Option<Question> {
        self.desk.questions().into_iter().find(|question| question.call == call)
    }

    /// Answers the question of a call. False when it is not open (any more).
    pub fn approve(&self, call: CallId, answer: Answer) -> bool {
        self.desk.answer(call, answer)
    }

    /// Stops what is running. The turn ends within a second and the session stays valid.
    pub fn stop(&self) {
        self.current_cancel().cancel();
    }

    /// Gives the session back, so that another process can take it at once.
    pub async fn close(&self) {
        self.renewal.abort();
        // A lease that cannot be given back ends by itself.
        let _ = self.journal.store().release(self.journal.lease().clone()).await;
    }

    fn current_cancel(&self) -> CancellationToken {
        self.cancel.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn fresh_cancel(&self) {
        let mut cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        if cancel.is_cancelled() {
            *cancel = CancellationToken::new();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.renewal.abort();
    }
}

/// A new session, which may go on from the end of another one.
async fn begin(house: &Runtime, origin: Option<Origin>) -> Result<Journal, StartError> {
    let lease = house.store.claim(claim(house, SessionId::mint(&*house.stamp))).await?;
    let journal = pen(house, lease);
    let folder = house.root.path().display().to_string();
    let started = Body::SessionStarted { folder, version: env!("CARGO_PKG_VERSION").to_owned(), origin };
    journal.append(vec![started], Durability::Crash).await?;
    Ok(journal)
}

/// The one pen of a session: whatever it writes shows no secret.
fn pen(house: &Runtime, lease: Lease) -> Journal {
    Journal::new(Arc::clone(&house.store), lease).scrubbed(house.vault.scrubber())
}

/// A session that was left, held by this process from now on, with its conversation rebuilt from the journal, and what
/// it left open.
async fn go_on(house: &Runtime, resume: Resume) -> Result<Begun, StartError> {
    let session = match resume {
        Resume::Session(session) => session,
        Resume::Latest => {
            let sessions = house.sessions(LOOKED_AT).await?;
            let latest = sessions.into_iter().find(|session| 0 < session.turns);
            latest.ok_or(StartError::NothingToContinue)?.session
        }
    };
    // A claim would make a session that is not there; reading tells.
    house.store.read(session, 0, 1).await?;
    let lease = match house.store.claim(claim(house, session)).await {
        Err(StoreError::Sealed(_)) => return go_on_anew(house, session).await,
        lease => lease?,
    };
    let open = LeftOpen::in_events(&house.events(session, 0).await?);
    let left = if open.is_empty() { None } else { Some(Left { open, snapshot: house.store.snapshot(session).await? }) };
    let conversation = conversation_from(&trail::history(&*house.store, session).await?);
    Ok(Begun { conversation, left, ..Begun::new(pen(house, lease)) })
}

/// A new session with the conversation of one that came with a copy of the journal. What that one left open may have
/// been ended where it came from, so nothing of it is run again.
async fn go_on_anew(house: &Runtime, session: SessionId) -> Result<Begun, StartError> {
    let conversation = conversation_from(&trail::history(&*house.store, session).await?);
    let end = trail::end_of(&*house.store, session).await?;
    Ok(Begun { conversation, origin: Some(session), ..Begun::new(begin(house, Some(end)).await?) })
}

fn claim(house: &Runtime, session: SessionId) -> Claim {
    Claim {
        session,
        workspace: house.workspace,
        principal: PrincipalId::local(),
        holder: house.holder.clone(),
        time_to_live: LEASE,
    }
}

async fn renew(store: Arc<dyn Store>, lease: Lease) {
    loop {
        tokio::time::sleep(RENEWAL).await;
        // A lease that was lost shows at the next commit, which changes nothing and says so.
        let _ = store.renew(lease.clone()).await;
    }
}
