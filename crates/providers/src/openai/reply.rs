//! One reply from the first poll to its end.

use super::assemble::Assembler;
use super::failure;
use super::{Asked, OpenAi, Question};
use crate::sse::{Decoder, Event};
use boxagnts_egress::Body;
use boxagnts_model::{Failure, Piece, Request};
use futures::StreamExt as _;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// When the server has said why it stopped, only the usage is missing; no person should wait long for that.
const LINGER: Duration = Duration::from_secs(5);

/// What a stream of pieces is made of. Dropping it ends the request.
pub(super) struct Reply<'a> {
    model: &'a OpenAi,
    stage: Stage,
    ready: VecDeque<Piece>,
    failed: Option<Failure>,
}

enum Stage {
    Asking(Question),
    Hearing(Hearing),
    Over,
}

struct Hearing {
    body: Body,
    decoder: Decoder,
    events: VecDeque<Event>,
    assembler: Assembler,
    /// Until when is waited for what may follow the end.
    lingers_until: Option<Instant>,
}

/// What one look at the body brought.
enum Heard {
    More,
    Last,
}

impl<'a> Reply<'a> {
    pub(super) fn new(model: &'a OpenAi, request: &Request) -> Self {
        Self { model, stage: Stage::Asking(model.question(request)), ready: VecDeque::new(), failed: None }
    }

    /// The next piece. What was understood before something failed comes before the failure.
    pub(super) async fn next(&mut self) -> Option<Result<Piece, Failure>> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(Ok(piece));
            }
            if let Some(failure) = self.failed.take() {
                self.stage = Stage::Over;
                return Some(Err(failure));
            }
            self.failed = match &mut self.stage {
                Stage::Over => return None,
                Stage::Asking(question) => match self.model.ask(question).await {
                    Ok(Asked::Heard(body)) => {
                        self.stage = Stage::Hearing(Hearing::new(body));
                        None
                    }
                    Ok(Asked::Refused { why, wait }) => {
                        self.ready.push_back(Piece::Waiting { why, wait });
                        None
                    }
                    Err(failure) => Some(failure),
                },
                Stage::Hearing(hearing) => match hearing.hear(&mut self.ready).await {
                    Ok(Heard::More) => None,
                    Ok(Heard::Last) => self.end(),
                    Err(failure) => Some(failure),
                },
            };
        }
    }

    fn end(&mut self) -> Option<Failure> {
        let Stage::Hearing(hearing) = std::mem::replace(&mut self.stage, Stage::Over) else { return None };
        let rest = hearing.decoder.rest();
        if !hearing.assembler.has_heard() && !rest.is_empty() {
            let shown = failure::cut(&String::from_utf8_lossy(rest));
            return Some(Failure::Garbled(format!("it is no stream of events: {shown}")));
        }
        match hearing.assembler.end() {
            Ok(pieces) => {
                self.ready.extend(pieces);
                None
            }
            Err(failure) => Some(failure),
        }
    }
}

impl Hearing {
    fn new(body: Body) -> Self {
        let (decoder, assembler) = (Decoder::default(), Assembler::default());
        Self { body, decoder, events: VecDeque::new(), assembler, lingers_until: None }
    }

    async fn hear(&mut self, pieces: &mut VecDeque<Piece>) -> Result<Heard, Failure> {
        let arriving = self.body.next();
        let bytes = if self.assembler.is_told() {
            // Whatever becomes of the connection now, the reply is whole.
            let until = *self.lingers_until.get_or_insert_with(|| Instant::now() + LINGER);
            timeout_at(until, arriving).await.ok().flatten().and_then(Result::ok)
        } else {
            arriving.await.transpose().map_err(|error| failure::in_body(&error))?
        };
        let Some(bytes) = bytes else { return Ok(Heard::Last) };
        match self.understand(&bytes, pieces) {
            Err(_) if self.assembler.is_told() => Ok(Heard::Last),
            heard => heard,
        }
    }

    fn understand(&mut self, bytes: &[u8], pieces: &mut VecDeque<Piece>) -> Result<Heard, Failure> {
        let fed = self.decoder.feed(bytes, &mut self.events);
        while let Some(event) = self.events.pop_front() {
            if event.name == "error" {
                return Err(failure::of_event(&event.data));
            }
            if self.assembler.take(&event.data, pieces)? {
                self.assembler.take_at_its_word();
                return Ok(Heard::Last);
            }
        }
        fed.map(|()| Heard::More).map_err(|bad| Failure::Garbled(bad.why()))
    }
}
