//! A model that says what it was told to say.

use boxagnts_model::{Failure, Model, Piece, Request, Stop};
use boxagnts_types::Usage;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// One reply of a script, built up in the order in which it arrives.
#[derive(Default)]
pub struct Reply {
    beats: VecDeque<Beat>,
    calls: usize,
    is_ended: bool,
}

enum Beat {
    Piece(Piece),
    Fail(Failure),
    Run(Box<dyn FnOnce() + Send>),
    Hang,
}

impl Reply {
    /// A reply of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reply that begins with a text.
    pub fn say(text: &str) -> Self {
        Self::new().text(text)
    }

    /// A refusal, after which the vendor is asked again; the wait itself is [`Reply::hang`] or nothing.
    #[must_use]
    pub fn waiting(self, why: &str, wait: Duration) -> Self {
        self.beat(Beat::Piece(Piece::Waiting { why: why.to_owned(), wait }))
    }

    /// More text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.beat(Beat::Piece(Piece::Text(text.to_owned())))
    }

    /// More reasoning.
    #[must_use]
    pub fn thinking(self, text: &str) -> Self {
        self.beat(Beat::Piece(Piece::Thinking(text.to_owned())))
    }

    /// A call, with the input as the model writes it. The model's own ids are `m1`, `m2` … within the reply.
    #[must_use]
    pub fn call(mut self, tool: &str, input: &str) -> Self {
        self.calls += 1;
        let model_id = format!("m{}", self.calls);
        self.call_as(&model_id, tool, input)
    }

    /// A call under an id that the model chose, perhaps badly.
    #[must_use]
    pub fn call_as(mut self, model_id: &str, tool: &str, input: &str) -> Self {
        self.calls = self.calls.max(1);
        let (model_id, tool, input) = (model_id.to_owned(), tool.to_owned(), input.to_owned());
        self.beat(Beat::Piece(Piece::Call { model_id, tool, input }))
    }

    /// What the request has cost so far.
    #[must_use]
    pub fn usage(self, input: u64, output: u64) -> Self {
        self.beat(Beat::Piece(Piece::Usage(Usage { input, output })))
    }

    /// Does something when the reply has come this far, for example cancels the turn.
    #[must_use]
    pub fn run(self, what: impl FnOnce() + Send + 'static) -> Self {
        self.beat(Beat::Run(Box::new(what)))
    }

    /// Ends for this reason. Without it a reply ends by itself: with calls it waits for them, otherwise it is finished.
    #[must_use]
    pub fn stop(mut self, stop: Stop) -> Self {
        self.is_ended = true;
        self.beat(Beat::Piece(Piece::End(stop)))
    }

    /// Fails here.
    #[must_use]
    pub fn fail(mut self, failure: Failure) -> Self {
        self.is_ended = true;
        self.beat(Beat::Fail(failure))
    }

    /// Breaks off here: the stream is over without an end.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.is_ended = true;
        self
    }

    /// Says nothing more and never ends.
    #[must_use]
    pub fn hang(mut self) -> Self {
        self.is_ended = true;
        self.beat(Beat::Hang)
    }

    fn beat(mut self, beat: Beat) -> Self {
        self.beats.push_back(beat);
        self
    }

    fn ended(self) -> VecDeque<Beat> {
        if self.is_ended {
            return self.beats;
        }
        let stop = if self.calls == 0 { Stop::Finished } else { Stop::Calls };
        self.stop(stop).beats
    }
}

/// A model with a script: one reply per request. A request beyond the script fails.
#[derive(Default)]
pub struct ScriptedModel {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Request>>,
    open: Arc<AtomicUsize>,
}

impl ScriptedModel {
    /// A model that gives these replies.
    pub fn new(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { replies: Mutex::new(replies.into_iter().collect()), ..Self::default() })
    }

    /// What it was asked, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many of its streams are neither over nor dropped.
    pub fn open_streams(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }
}

impl Model for ScriptedModel {
    fn name(&self) -> &'static str {
        "test/scripted"
    }

    fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let beats = reply.map_or_else(
            || VecDeque::from([Beat::Fail(Failure::Garbled("the script has no further reply".to_owned()))]),
            Reply::ended,
        );
        let state = (beats, Open::count(&self.open));
        stream::unfold(state, |(mut beats, open)| async move {
            loop {
                let piece = match beats.pop_front()? {
                    Beat::Piece(piece) => Ok(piece),
                    Beat::Fail(failure) => Err(failure),
                    Beat::Run(what) => {
                        what();
                        continue;
                    }
                    Beat::Hang => std::future::pending().await,
                };
                return Some((piece, (beats, open)));
            }
        })
        .boxed()
    }
}

/// Counts a stream for as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn count(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(open))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
