//! The mediated `wasi:http`: each request asked of the permit, sent by `egress`, counted, and ended with the call.
//!
//! The traits and their types come from `wasmtime-wasi-http`, whose own sender is not compiled in. Fields, bodies and
//! futures are its business; [`WasiHttpHooks::send_request`] is the one way out, and it leads here. A guest without
//! a permit for the network, or in a world without one, hears "HTTP-request-denied".
//!
//! A request's body is taken whole before anything is sent: it is small by its limit, its length is then known, and
//! whether a GET really has none decides which permit it needs.

mod budget;
mod codes;
mod outside;

use crate::files::account::Account;
use crate::limits::Limits;
use crate::world::World;
use boxagnts_capability::{Effect, RuleName, Target};
use boxagnts_egress::{Web, WebAnswer, WebError, WebLimits, WebRequest, is_of_the_connection};
use boxagnts_types::Label;

pub(crate) use budget::Budget;
use bytes::{Bytes, BytesMut};
use codes::code;
use futures::{FutureExt as _, StreamExt as _};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use outside::Outside;
use std::fmt::Write as _;

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::unconstrained;
use tokio::time::timeout;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

/// What one list of header fields of a guest may take of our memory.
const MOST_FIELDS: usize = 32 * 1024;

/// The most that a guest may hand over in one write to a body. Each open body holds one or two of them.
const MOST_WRITE: usize = 64 * 1024;

/// The network of one call.
pub(crate) struct Http {
    pub(crate) context: WasiHttpCtx,
    pub(crate) hooks: Hooks,
}

/// What the interface asks us for.
pub(crate) struct Hooks(Arc<Line>);

/// What the requests of a call share; some outlive the host call that began them.
struct Line {
    account: Arc<Account>,
    /// Absent where the world has no network.
    web: Option<Arc<Web>>,
    /// Where it sends from.
    outside: Outside,
    limits: WebLimits,
    /// What the call may send, and what its session may.
    budgets: [Arc<Budget>; 2],
    /// As many requests as a call may have at the same time; further ones wait.
    places: Arc<Semaphore>,
}

impl Http {
    pub(crate) fn new(world: &World, account: &Arc<Account>, limits: &Limits) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(MOST_FIELDS);
        let line = Line {
            account: Arc::clone(account),
            web: world.web().cloned(),
            outside: Outside::here(),
            limits: WebLimits {
                connect: limits.http_connect,
                first_byte: limits.http_first_byte,
                idle: limits.http_idle,
                total: limits.http_total,
                body_in: limits.http_body_in,
                body_out: limits.http_body_out,
            },
            budgets: [Arc::new(Budget::of_call(limits.http_requests, limits.http_out)), Arc::clone(world.sent())],
            places: Arc::new(Semaphore::new(limits.http_at_once)),
        };
        Self { context, hooks: Hooks(Arc::new(line)) }
    }
}

impl Drop for Http {
    /// The call is over: requests that still wait are not sent, whatever place becomes free now.
    fn drop(&mut self) {
        self.hooks.0.places.close();
    }
}

type Sent = Result<(Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        Arc::new(is_of_the_connection)
    }

    /// The field is made of the address that was judged.
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let line = Arc::clone(&self.0);
        let place = line.place();
        Box::new(async move {
            let place = place.await?;
            let answer = line.send(request, options.unwrap_or_default(), place).await?;
            Ok((answer, Box::new(std::future::ready(Ok(()))) as _))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        MOST_WRITE
    }
}

impl Line {
    /// A place among the requests of the call, given in the order in which the guest asked: one that waits for its
    /// answers in that order always gets on. One that holds answers unread and waits for another is told why.
    fn place(&self) -> impl Future<Output = Result<OwnedSemaphorePermit, Error>> + Send + use<> {
        let mut waiting = Box::pin(unconstrained(Arc::clone(&self.places).acquire_owned()));
        // Asked once right now, which is what queues it.
        let at_once = (&mut waiting).now_or_never();
        let (account, patience) = (Arc::clone(&self.account), self.limits.first_byte);
        async move {
            let place = match at_once {
                Some(place) => Ok(place),
                None => timeout(patience, waiting).await,
            };
            let Ok(place) = place else {
                account.note("a request was not sent: too many others of this call are still open".to_owned());
                return Err(Error::ConnectionLimitReached);
            };
            place.map_err(|_| Error::HttpRequestDenied)
        }
    }

    async fn send(
        self: Arc<Self>,
        request: Request<WasiBody>,
        options: RequestOptions,
        place: OwnedSemaphorePermit,
    ) -> Result<Response<WasiBody>, Error> {
        let denied = || Error::HttpRequestDenied;
        let account = Arc::clone(&self.account);
        let request = self.read(request).await?;
        let effect = request.effect();
        self.spend(&effect, budget::size(&request))?;
        // Nobody is asked about a request that could not leave anyhow.
        if let Some(web) = &self.web {
            web.refuse_values(&request).map_err(|error| self.fault(&effect, &error))?;
        }
        // The call stands still while a person is asked about it.
        let detail = account.asks_about(&effect).then(|| shown(&request));
        let rule = self.outside.decide(&account, &effect, detail).await.ok_or_else(denied)?;
        for secret in request.secrets() {
            self.outside.decide(&account, &secret, None).await.ok_or_else(denied)?;
        }
        account.still_runs().map_err(|_| denied())?;
        let web = self.web.as_ref().ok_or_else(denied)?;
        account.moved(&effect, &rule, request.body.len());
        let origin = request.target.origin();
        let answer = self.outside.send(&account, web, self.limits.shortened(options), request).await;
        let answer = answer.ok_or_else(denied)?.map_err(|error| self.fault(&effect, &error))?;
        account.saw(&Label::untrusted(&origin)).map_err(|_| denied())?;
        let WebAnswer { status, fields, body } = answer;
        let arriving = Arriving { line: self, effect, rule, _place: place };
        let body = body.map(move |piece| arriving.take(piece).map(Frame::data));
        let mut answer = Response::new(StreamBody::new(body).boxed_unsync());
        *answer.status_mut() = status;
        *answer.headers_mut() = fields;
        Ok(answer)
    }

    /// Takes a request of this size from what the call and its session may send.
    fn spend(&self, effect: &Effect, bytes: u64) -> Result<(), Error> {
        for budget in &self.budgets {
            budget.spend(bytes).map_err(|spent| {
                self.account.blocked(effect, "the budget of requests, which no grant widens");
                self.account.note(format!("a request was not sent: {spent}"));
                Error::ConnectionLimitReached
            })?;
        }
        Ok(())
    }

    /// Understands a request, once: what is judged is what is sent.
    async fn read(&self, request: Request<WasiBody>) -> Result<WebRequest, Error> {
        let (head, mut body) = request.into_parts();
        let target: Target = head.uri.to_string().parse().map_err(|error| {
            self.account.note(format!("a request was not sent: {error}"));
            Error::HttpRequestUriInvalid
        })?;
        let limit = self.limits.body_out;
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame?.into_data() else { continue };
            if limit < whole.len().saturating_add(data.len()) {
                self.account.note(WebError::BodyOut { limit }.to_string());
                return Err(Error::HttpRequestBodySize(Some(limit as u64)));
            }
            whole.extend_from_slice(&data);
        }
        Ok(WebRequest { method: head.method, target, fields: head.headers, body: whole.freeze() })
    }

    /// What a guest is told of a failure; the model is told in words.
    fn fault(&self, effect: &Effect, error: &WebError) -> Error {
        match error {
            // Said by the permit, which changed between two questions.
            WebError::Refused(refusal) => self.account.refused(refusal),
            error if error.is_refusal() => {
                self.account.blocked(effect, error.rule());
                self.account.note(error.to_string());
            }
            error => self.account.note(error.to_string()),
        }
        code(error)
    }
}

/// A body on its way to the guest.
struct Arriving {
    line: Arc<Line>,
    effect: Effect,
    rule: RuleName,
    /// Given back when the body is read or dropped.
    _place: OwnedSemaphorePermit,
}

impl Arriving {
    /// Hands a piece over, if the right to it is still there. After an error the connection is closed.
    fn take(&self, piece: Result<Bytes, WebError>) -> Result<Bytes, Error> {
        let account = &self.line.account;
        let piece = piece.map_err(|error| self.line.fault(&self.effect, &error))?;
        let permit = account.permit().ok_or(Error::HttpRequestDenied)?;
        if !permit.is_fresh() {
            permit.check_begun(&self.effect).map_err(|refusal| {
                account.refused(&refusal);
                Error::HttpRequestDenied
            })?;
        }
        account.moved(&self.effect, &self.rule, piece.len());
        Ok(piece)
    }
}

/// A guest may wait for a shorter time than it has.
trait Shortened {
    fn shortened(&self, options: RequestOptions) -> WebLimits;
}

impl Shortened for WebLimits {
    fn shortened(&self, options: RequestOptions) -> WebLimits {
        let mut limits = self.clone();
        limits.connect = options.connect_timeout.map_or(limits.connect, |asked| asked.min(limits.connect));
        limits.first_byte = options.first_byte_timeout.map_or(limits.first_byte, |asked| asked.min(limits.first_byte));
        limits.idle = options.between_bytes_timeout.map_or(limits.idle, |asked| asked.min(limits.idle));
        limits
    }
}

/// How much of a body a person is shown, in characters.
const MOST_SHOWN: usize = 4000;

/// A request as the person is asked about it: what its effect leaves out.
fn shown(request: &WebRequest) -> String {
    let WebRequest { method, target, fields, body } = request;
    let mut text = format!("{method} {target}\n");
    for (name, value) in fields {
        let value = String::from_utf8_lossy(value.as_bytes());
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    if body.is_empty() {
        return text;
    }
    let _ = write!(text, "\n{} bytes of body", body.len());
    let Ok(body) = std::str::from_utf8(body) else {
        text.push_str(", which is no text\n");
        return text;
    };
    text.push_str(":\n");
    text.extend(body.chars().take(MOST_SHOWN));
    match body.chars().count().saturating_sub(MOST_SHOWN) {
        0 => text.push('\n'),
        left_out => {
            let _ = writeln!(text, "\n… {left_out} more characters of it are not shown");
        }
    }
    text
}
