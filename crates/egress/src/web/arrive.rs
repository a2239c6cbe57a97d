//! An answer's body on its way: timed, counted as it arrives and as it is unpacked.

use super::{WebAnswer, WebLimits};
use crate::http::deepest;
use crate::web_error::WebError;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures::stream::{self, BoxStream, StreamExt as _};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::io::{self, Write as _};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

/// The task that moves the bytes of a connection. Dropping it closes the connection.
pub(super) struct Driver(JoinHandle<()>);

impl Driver {
    pub(super) fn start(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Self {
        // What ends the connection is told to whoever reads the answer.
        Self(tokio::spawn(async { drop(connection.await) }))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) struct Arriving {
    body: Incoming,
    _driver: Driver,
    unpacker: Option<Unpacker>,
    limits: WebLimits,
    received: usize,
    /// Until when the next piece must be here.
    next: Instant,
    /// Until when all of it must be here.
    end: Instant,
}

impl Arriving {
    pub(super) fn begin(
        answer: Response<Incoming>,
        is_head: bool,
        driver: Driver,
        limits: &WebLimits,
        end: Instant,
    ) -> Result<WebAnswer, WebError> {
        let (head, body) = answer.into_parts();
        let (status, mut fields) = (head.status, head.headers);
        if status == StatusCode::SWITCHING_PROTOCOLS {
            return Err(WebError::Broken("the server changed the protocol, which was not asked for".to_owned()));
        }
        let has_body = !is_head && !matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let unpacker = (has_body && is_gzip(&fields)).then(|| Unpacker::new(limits.body_in));
        if unpacker.is_some() {
            fields.remove(CONTENT_ENCODING);
            fields.remove(CONTENT_LENGTH);
        }
        let (limits, next) = (limits.clone(), Instant::now() + limits.idle);
        let arriving = Self { body, _driver: driver, unpacker, limits, received: 0, next, end };
        Ok(WebAnswer { status, fields, body: arriving.stream() })
    }

    fn stream(self) -> BoxStream<'static, Result<Bytes, WebError>> {
        stream::unfold(Some(self), |arriving| async {
            let mut arriving = arriving?;
            match arriving.piece().await {
                Ok(piece) => piece.map(|piece| (Ok(piece), Some(arriving))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, WebError> {
        loop {
            let Some(frame) = self.frame().await? else { return self.last() };
            // Trailers say nothing that a tool needs, and are one more place to smuggle in.
            let Ok(data) = frame.into_data() else { continue };
            self.received = self.received.saturating_add(data.len());
            if self.limits.body_in < self.received {
                return Err(WebError::BodyIn { limit: self.limits.body_in });
            }
            let data = match &mut self.unpacker {
                Some(unpacker) => unpacker.unpack(&data)?,
                None => data,
            };
            if !data.is_empty() {
                return Ok(Some(data));
            }
        }
    }

    async fn frame(&mut self) -> Result<Option<hyper::body::Frame<Bytes>>, WebError> {
        let late = if self.end < self.next {
            WebError::Total { limit: self.limits.total }
        } else {
            WebError::Stalled { limit: self.limits.idle }
        };
        let frame = timeout_at(self.next.min(self.end), self.body.frame()).await.map_err(|_| late)?;
        self.next = Instant::now() + self.limits.idle;
        // A server that always has something ready must not outrun the clock.
        if self.end <= Instant::now() {
            return Err(WebError::Total { limit: self.limits.total });
        }
        frame.transpose().map_err(|error| WebError::Broken(deepest(&error)))
    }

    fn last(&mut self) -> Result<Option<Bytes>, WebError> {
        let rest = self.unpacker.take().map(Unpacker::finish).transpose()?.unwrap_or_default();
        Ok((!rest.is_empty()).then_some(rest))
    }
}

fn is_gzip(fields: &HeaderMap) -> bool {
    let mut codings = fields.get_all(CONTENT_ENCODING).iter();
    let is_gzip = |value: &http::HeaderValue| {
        value.to_str().is_ok_and(|name| name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip"))
    };
    codings.next().is_some_and(is_gzip) && codings.next().is_none()
}

/// Takes gzip off (RFC 1952). The bound is asked before anything grows beyond it, so that a kilobyte that unpacks to
/// gigabytes costs no more than the bound.
struct Unpacker {
    decoder: MultiGzDecoder<Bounded>,
    most: usize,
}

struct Bounded {
    unpacked: Vec<u8>,
    left: usize,
    is_full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(left) = self.left.checked_sub(bytes.len()) else {
            self.is_full = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.left = left;
        self.unpacked.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Unpacker {
    fn new(most: usize) -> Self {
        let bounded = Bounded { unpacked: Vec::new(), left: most, is_full: false };
        Self { decoder: MultiGzDecoder::new(bounded), most }
    }

    fn unpack(&mut self, packed: &[u8]) -> Result<Bytes, WebError> {
        let written = self.decoder.write_all(packed).and_then(|()| self.decoder.flush());
        written.map_err(|error| self.fault(&error))?;
        Ok(std::mem::take(&mut self.decoder.get_mut().unpacked).into())
    }

    fn finish(mut self) -> Result<Bytes, WebError> {
        self.decoder.try_finish().map_err(|error| self.fault(&error))?;
        Ok(std::mem::take(&mut self.decoder.get_mut().unpacked).into())
    }

    fn fault(&self, error: &io::Error) -> WebError {
        if self.decoder.get_ref().is_full {
            WebError::BodyIn { limit: self.most }
        } else {
            WebError::Packing(error.to_string())
        }
    }
}
