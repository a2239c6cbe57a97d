//! Tells browsers which of their lists are old. The server looks once for all of them, and only while somebody listens.

use crate::live::Sessions;
use crate::wire::frames::What;
use boxagnts_runtime::Runtime;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

/// How often it is looked.
const LOOK: Duration = Duration::from_millis(250);
/// What is dear to look at is looked at every so many times.
const SELDOM: u32 = 8;

/// How often each list was found to be another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    sessions: u64,
    grants: u64,
    trust: u64,
    settings: u64,
    secrets: u64,
    models: u64,
}

/// Where browsers hear of it.
pub(crate) struct Notices(watch::Sender<Counts>);

/// One browser's ear.
pub(crate) struct Listening {
    counts: watch::Receiver<Counts>,
    heard: Counts,
    told: VecDeque<What>,
}

impl Notices {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(watch::Sender::new(Counts::default())))
    }

    pub(crate) fn listen(&self) -> Listening {
        let counts = self.0.subscribe();
        let heard = *counts.borrow();
        Listening { counts, heard, told: VecDeque::new() }
    }

    /// A browser changed something that is looked at by nobody else.
    pub(crate) fn tell(&self, what: What) {
        self.0.send_modify(|counts| match what {
            What::Settings => counts.settings += 1,
            What::Secrets => counts.secrets += 1,
            What::Models => counts.models += 1,
            What::Grants => counts.grants += 1,
            What::Trust => counts.trust += 1,
            What::Sessions | What::Questions => counts.sessions += 1,
        });
    }

    /// Looks for changes. Runs as long as the server does.
    pub(crate) async fn look(self: Arc<Self>, runtime: Arc<Runtime>, sessions: Arc<Sessions>) {
        let (mut changes, mut seen, mut seldom) = (sessions.changes(), Seen::default(), 0);
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if self.0.receiver_count() == 0 {
                continue;
            }
            seldom = (seldom + 1) % SELDOM;
            let trust = if seldom == 0 { Seen::trust(&runtime) } else { seen.trust.clone() };
            let now = Seen::look(&runtime, trust).await;
            let here = changes.has_changed().unwrap_or(false);
            changes.mark_unchanged();
            self.0.send_if_modified(|counts| {
                counts.sessions += u64::from(here || now.record != seen.record);
                counts.grants += u64::from(now.grants != seen.grants);
                counts.trust += u64::from(now.trust != seen.trust);
                here || now != seen
            });
            seen = now;
        }
    }
}

impl Listening {
    /// The next list that is old. `None` when the server ends.
    pub(crate) async fn next(&mut self) -> Option<What> {
        loop {
            if let Some(what) = self.told.pop_front() {
                return Some(what);
            }
            self.counts.changed().await.ok()?;
            let (now, before) = (*self.counts.borrow_and_update(), self.heard);
            self.heard = now;
            let lists = [
                (now.sessions != before.sessions, What::Sessions),
                (now.sessions != before.sessions, What::Questions),
                (now.grants != before.grants, What::Grants),
                (now.trust != before.trust, What::Trust),
                (now.settings != before.settings, What::Settings),
                (now.secrets != before.secrets, What::Secrets),
                (now.models != before.models, What::Models),
            ];
            self.told.extend(lists.into_iter().filter_map(|(is_old, what)| is_old.then_some(what)));
        }
    }
}

/// What a look shows of what other processes may change.
#[derive(Default, PartialEq, Eq)]
struct Seen {
    record: Option<u64>,
    grants: Option<Vec<String>>,
    trust: Option<String>,
}

impl Seen {
    fn trust(runtime: &Runtime) -> Option<String> {
        runtime.trust_state().ok().map(|state| format!("{state:?}"))
    }

    async fn look(runtime: &Runtime, trust: Option<String>) -> Self {
        let grants = runtime.grants().ok();
        Self {
            record: runtime.changes().await.ok(),
            grants: grants.map(|grants| grants.iter().map(|grant| grant.id.to_string()).collect()),
            trust,
        }
    }
}
