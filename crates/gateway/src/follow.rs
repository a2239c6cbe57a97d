//! Follows one session for one reader: by its feed while it runs here, else by its journal. The reader hears everything
//! once, at its own pace; nobody waits for it.

use crate::feed::{Feed, Next};
use crate::live::{Live, Sessions};
use crate::problem::Problem;
use crate::wire::frames::{Frame, Watch};
use boxagnts_runtime::{Event, Runtime, SessionId, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Events of finished turns that a reader gets at the beginning; it asks for earlier ones when it wants them.
pub(crate) const AT_FIRST: usize = 1000;
/// How often the journal of a session that another process holds is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// Events that are read at once.
const PAGE: usize = 500;

/// One reader's way through one session.
pub(crate) struct Follower {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) session: SessionId,
    pub(crate) out: mpsc::Sender<Frame>,
}

/// The reader is gone, or the session cannot be read.
enum End {
    Gone,
    Failed(Problem),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Where a reader is.
struct Place {
    /// The last event of the journal that it knows, itself or by the feed.
    seq: u64,
}

impl Follower {
    /// Follows until the reader goes away. `watch` says where it was, if it was here before.
    pub(crate) async fn follow(self, watch: Watch) {
        match self.go(watch).await {
            Err(End::Failed(problem)) => {
                let message = problem.message().to_owned();
                let _ = self.out.send(Frame::Problem { session: Some(self.session), message }).await;
            }
            Err(End::Gone) | Ok(()) => {}
        }
    }

    async fn go(&self, watch: Watch) -> Result<(), End> {
        let mut place = match self.sessions.get(self.session) {
            Some(live) if watch.epoch.as_deref() == Some(live.feed.epoch()) => {
                // A reader from before knows the journal as far as the feed does.
                self.feed(&live, watch.after.unwrap_or_default()).await?
            }
            Some(live) => self.show(Some(&live)).await?,
            None => self.show(None).await?,
        };
        loop {
            place = match self.sessions.get(self.session) {
                Some(live) => self.join(&live, place).await?,
                None => self.journal(place).await?,
            };
        }
    }

    /// Shows the session from the beginning, or what can be shown at once of it, and follows it.
    async fn show(&self, live: Option<&Arc<Live>>) -> Result<Place, End> {
        let end = self.runtime.newest_event(self.session).await?;
        let (turn, last) = live.map_or((None, 0), |live| live.feed.standing());
        // While a turn is under way the feed has all of it.
        let (seq, number) = turn.map_or((end, last), |turn| (turn.seq, turn.number));
        let first = seq.saturating_sub(AT_FIRST as u64);
        let events = self.events(first, seq).await?;
        self.send(Frame::Reset {
            session: self.session,
            held: live.is_some(),
            epoch: live.map(|live| live.feed.epoch().to_owned()),
            n: number,
            first: events.first().map_or(0, |event| event.seq),
            last: seq,
            total: end,
            events,
        })
        .await?;
        match live {
            Some(live) => self.feed(live, number).await,
            None => Ok(Place { seq }),
        }
    }

    /// From the journal to the feed of a session that runs here now.
    async fn join(&self, live: &Arc<Live>, place: Place) -> Result<Place, End> {
        let end = self.runtime.newest_event(self.session).await?;
        let (turn, last) = live.feed.standing();
        let (seq, number) = turn.map_or((end, last), |turn| (turn.seq, turn.number));
        if seq < place.seq {
            return self.show(Some(live)).await;
        }
        self.journal_to(place.seq, seq).await?;
        self.follow_frame(Some(&live.feed), number).await?;
        self.feed(live, number).await
    }

    /// Follows the feed after a number, until the session is given back.
    async fn feed(&self, live: &Arc<Live>, mut number: u64) -> Result<Place, End> {
        let mut newest = live.feed.newest();
        loop {
            let open = newest.borrow_and_update().is_some();
            match live.feed.after(number) {
                Next::Gone => return Box::pin(self.show(Some(live))).await,
                Next::Events(events) => {
                    let more = !events.is_empty();
                    for (n, event) in events {
                        self.send(Frame::Event { session: self.session, n, event }).await?;
                        number = n;
                    }
                    if more {
                        continue;
                    }
                }
            }
            if !open {
                let seq = self.runtime.newest_event(self.session).await?;
                self.follow_frame(None, 0).await?;
                return Ok(Place { seq });
            }
            tokio::select! {
                _ = newest.changed() => {}
                () = self.out.closed() => return Err(End::Gone),
            }
        }
    }

    /// Follows the journal, until the session runs here.
    async fn journal(&self, mut place: Place) -> Result<Place, End> {
        let (mut changes, mut seen) = (self.sessions.changes(), self.runtime.changes().await?);
        loop {
            if self.sessions.get(self.session).is_some() {
                return Ok(place);
            }
            tokio::select! {
                _ = changes.changed() => continue,
                () = self.out.closed() => return Err(End::Gone),
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = self.runtime.changes().await?;
            if now != std::mem::replace(&mut seen, now) {
                place.seq = self.journal_to(place.seq, u64::MAX).await?;
            }
        }
    }

    /// Sends what the journal has between two events, the second one included.
    async fn journal_to(&self, mut seq: u64, to: u64) -> Result<u64, End> {
        loop {
            let events = self.runtime.events_after(self.session, seq, PAGE).await?;
            let mut sent = false;
            for event in events.into_iter().filter(|event| event.seq <= to) {
                (seq, sent) = (event.seq, true);
                self.send(Frame::Journal { session: self.session, event: Box::new(event) }).await?;
            }
            if !sent {
                return Ok(seq);
            }
        }
    }

    async fn events(&self, mut after: u64, to: u64) -> Result<Vec<Event>, End> {
        let mut all = Vec::new();
        loop {
            let page = self.runtime.events_after(self.session, after, PAGE).await?;
            let Some(last) = page.last().map(|event| event.seq).filter(|_| after < to) else { return Ok(all) };
            all.extend(page.into_iter().filter(|event| event.seq <= to));
            after = last;
        }
    }

    async fn follow_frame(&self, feed: Option<&Feed>, n: u64) -> Result<(), End> {
        let epoch = feed.map(|feed| feed.epoch().to_owned());
        self.send(Frame::Follow { session: self.session, held: feed.is_some(), epoch, n }).await
    }

    async fn send(&self, frame: Frame) -> Result<(), End> {
        self.out.send(frame).await.map_err(|_| End::Gone)
    }
}
