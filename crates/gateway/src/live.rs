//! The sessions that run in this server. One is held from its first turn here until it has rested for a while; then any
//! other process may take it.

use crate::feed::Feed;
use crate::login;
use crate::problem::{Problem, with_causes};
use boxagnts_runtime::{
    Content, Mode, Question, Resume, Runtime, Session, SessionId, SessionOptions, StreamEvent, Subscription,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long a session is held after its last turn.
const RESTS: Duration = Duration::from_mins(1);
/// How long the end of a turn may take to be heard after it was written.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// The sessions that run here.
pub(crate) struct Sessions {
    runtime: Arc<Runtime>,
    live: Mutex<HashMap<SessionId, Arc<Live>>>,
    /// Sessions are begun one after the other, so that two requests for one meet the same.
    door: tokio::sync::Mutex<()>,
    /// Changes when one is begun, given back, starts or ends a turn, or asks something.
    changes: watch::Sender<u64>,
}

/// One session that runs here.
pub(crate) struct Live {
    pub(crate) session: Session,
    pub(crate) feed: Feed,
    busy: AtomicBool,
    rested_since: Mutex<Instant>,
}

impl Live {
    /// Whether a turn is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire)
    }

    fn rests(&self) {
        *self.rested_since.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.busy.store(false, Ordering::Release);
    }

    fn has_rested(&self) -> bool {
        let since = *self.rested_since.lock().unwrap_or_else(PoisonError::into_inner);
        !self.is_busy() && RESTS < since.elapsed()
    }
}

impl Sessions {
    pub(crate) fn new(runtime: Arc<Runtime>) -> Arc<Self> {
        Arc::new(Self {
            runtime,
            live: Mutex::default(),
            door: tokio::sync::Mutex::default(),
            changes: watch::Sender::new(0),
        })
    }

    /// Begins a new session, which nobody has said anything in.
    pub(crate) async fn begin(&self, model: Option<String>, mode: Mode) -> Result<Arc<Live>, Problem> {
        self.start(options(model, mode, None)).await
    }

    /// The session, held by this server from now on.
    pub(crate) async fn hold(&self, id: SessionId, model: Option<String>, mode: Mode) -> Result<Arc<Live>, Problem> {
        if let Some(live) = self.get(id) {
            return Ok(live);
        }
        let _door = self.door.lock().await;
        match self.get(id) {
            Some(live) => Ok(live),
            None => self.start(options(model, mode, Some(Resume::Session(id)))).await,
        }
    }

    async fn start(&self, options: SessionOptions) -> Result<Arc<Live>, Problem> {
        let session = self.runtime.start(options).await?;
        let epoch = login::random().map_err(|error| Problem::failed(format!("there is no randomness: {error}")))?;
        let live = Arc::new(Live {
            feed: Feed::new(epoch),
            busy: AtomicBool::new(false),
            rested_since: Mutex::new(Instant::now()),
            session,
        });
        tokio::spawn(pump(Arc::downgrade(&live), live.session.subscribe(), self.changes.clone()));
        self.all().insert(live.session.id(), Arc::clone(&live));
        self.changed();
        Ok(live)
    }

    /// The session, if it runs here.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Live>> {
        self.all().get(&id).cloned()
    }

    /// Those that run here, in no order.
    pub(crate) fn list(&self) -> Vec<Arc<Live>> {
        self.all().values().cloned().collect()
    }

    /// Begins a turn. It goes on whether or not anybody listens.
    pub(crate) async fn submit(self: &Arc<Self>, live: Arc<Live>, prompt: Vec<Content>) -> Result<(), Problem> {
        if live.busy.swap(true, Ordering::AcqRel) {
            return Err(
                Problem::conflict("a turn of this session is under way").cured_by("Stop it, or wait for its end.")
            );
        }
        let id = live.session.id();
        // Since the session is held here and rests, nobody writes to it in between.
        let end = match self.runtime.newest_event(id).await {
            Ok(end) => end,
            Err(error) => {
                live.rests();
                return Err(error.into());
            }
        };
        live.feed.begin(end);
        let sessions = Arc::clone(self);
        tokio::spawn(async move {
            let mut newest = live.feed.newest();
            if let Err(error) = live.session.submit_content(prompt).await {
                live.feed
                    .push(StreamEvent::Error { message: Problem::failed(with_causes(&error)).message().to_owned() });
                live.feed.end();
            }
            // The next turn may not begin before the end of this one was heard.
            let over = newest.wait_for(|_| live.feed.standing().0.is_none());
            let _ = tokio::time::timeout(HEARD_WITHIN, over).await;
            live.feed.end();
            live.rests();
            sessions.changed();
        });
        self.changed();
        Ok(())
    }

    /// The open questions of the sessions that run here.
    pub(crate) fn questions(&self) -> Vec<(SessionId, Question)> {
        let of =
            |live: &Arc<Live>| live.session.questions().into_iter().map(|q| (live.session.id(), q)).collect::<Vec<_>>();
        self.list().iter().flat_map(of).collect()
    }

    /// Tells when something changed.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Gives back the sessions that have rested long enough. Runs as long as the server does.
    pub(crate) async fn give_back_rested(self: Arc<Self>) {
        loop {
            tokio::time::sleep(RESTS / 4).await;
            let _door = self.door.lock().await;
            let rested: Vec<Arc<Live>> = self.list().into_iter().filter(|live| live.has_rested()).collect();
            for live in rested {
                self.give_back(&live).await;
            }
        }
    }

    /// Stops every turn and gives every session back.
    pub(crate) async fn close(&self) {
        let all = self.list();
        all.iter().filter(|live| live.is_busy()).for_each(|live| live.session.stop());
        for live in all {
            let patience = Instant::now() + HEARD_WITHIN;
            while live.is_busy() && Instant::now() < patience {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            self.give_back(&live).await;
        }
    }

    async fn give_back(&self, live: &Live) {
        self.all().remove(&live.session.id());
        live.session.close().await;
        live.feed.close();
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<SessionId, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes what a session tells into its feed.
async fn pump(live: std::sync::Weak<Live>, mut heard: Subscription, changes: watch::Sender<u64>) {
    while let Some(event) = heard.next().await {
        let asks = matches!(event, StreamEvent::ApprovalRequested { .. } | StreamEvent::ApprovalResolved { .. });
        let Some(live) = live.upgrade() else { return };
        live.feed.push(event);
        if asks {
            changes.send_modify(|count| *count += 1);
        }
    }
}

/// Questions stand until somebody answers in a browser, in a terminal or by a program, so somebody counts as present.
fn options(model: Option<String>, mode: Mode, resume: Option<Resume>) -> SessionOptions {
    SessionOptions { model, resume, ..SessionOptions::new(mode, true) }
}
