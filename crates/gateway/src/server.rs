//! Listens, and lets nobody hold it up: heads, bodies, requests and connections are bounded before anything is done for
//! them.

use crate::address::Address;
use crate::api;
use crate::api::sessions::last_choice;
use crate::live::Sessions;
use crate::login::{self, Logins};
use crate::notices::Notices;
use boxagnts_runtime::{Note, Post, PostError, Runtime};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Sessions among which the last conversation is looked for.
const LOOKED_AT: usize = 50;
/// Connections at once that requests come over, and lines of browsers.
const MOST_CONNECTIONS: usize = 1024;
const MOST_LINES: usize = 2048;
/// The longest head of a request, in bytes, and the most lines in it. What is longer is answered with 431.
const LONGEST_HEAD: usize = 32 * 1024;
const MOST_HEADERS: usize = 64;
/// How long a head may take to arrive, and how long a connection may wait for its next request.
const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// Without free descriptors nothing can be taken; it is tried again after this.
const BREATH: Duration = Duration::from_millis(50);

/// Everything that routes use. Clones are handles to the same.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

/// What all routes share.
pub(crate) struct Shared {
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) logins: Logins,
    pub(crate) notices: Arc<Notices>,
    /// What the cookie of this port is called: all ports of a host share their cookies.
    pub(crate) cookie: String,
    /// Who answers in a new session, where the person said so.
    model: Option<String>,
    /// `http://HOST:PORT`, as links show it.
    pub(crate) address: String,
    /// Another one after each start.
    pub(crate) epoch: String,
    pub(crate) started: std::time::SystemTime,
    pub(crate) closing: CancellationToken,
    /// Places for lines of browsers.
    pub(crate) lines: Arc<Semaphore>,
    post: Post,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shared {
    /// Who answers in a new session: whom the person named at the start, else whoever answered last.
    pub(crate) async fn default_model(&self) -> Option<String> {
        if let Some(model) = &self.model {
            return Some(model.clone());
        }
        let newest = self.runtime.sessions(LOOKED_AT).await.ok()?.into_iter().find(|session| 0 < session.turns)?;
        let events = self.runtime.events(newest.session, 0).await.ok()?;
        last_choice(&events).0.filter(|model| self.runtime.check_model(model).is_ok())
    }

    /// Whether another process of this user left that code.
    pub(crate) fn was_left(&self, code: &str) -> bool {
        self.post.take_code(code)
    }

    /// Writes down who is logged in, so that a restart logs nobody out.
    pub(crate) fn keep_logins(&self) {
        // Whoever cannot be kept has to log in again after a restart; until then nothing is lost.
        let _ = serde_json::to_vec(&self.logins.browsers()).map(|text| self.post.keep_logins(&text));
    }
}

/// Both ends of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
}

/// What a person may say about a server.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What programs show; without one it is made up, and only this user can read it.
    pub token: Option<String>,
    /// Who answers in a new session, as `PROVIDER/MODEL`.
    pub model: Option<String>,
}

/// A server that listens.
pub struct Server {
    app: App,
    listener: TcpListener,
}

/// Why the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another server has the workspace.
    #[error(transparent)]
    Post(#[from] PostError),
    /// Another program has the port.
    #[error("port {} is in use by another program; choose another one with --port, or 0 for any that is free", .0.port())]
    Port(SocketAddr),
    /// The address cannot be listened at.
    #[error("{address} cannot be listened at")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The system has no randomness, so nobody could prove who they are.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
}

impl ServerError {
    /// Whether the person can choose otherwise, rather than that something failed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Port(_) | Self::Post(PostError::Taken(_)))
    }
}

impl Server {
    /// Takes the workspace's post and listens.
    pub async fn start(runtime: Runtime, address: Address, options: Options) -> Result<Self, ServerError> {
        let Options { token, model } = options;
        let post = runtime.take_post()?;
        let listener = listen(address.socket()).await?;
        let local = listener.local_addr().unwrap_or(address.socket());
        let token = token.map_or_else(login::random, Ok).map_err(ServerError::Random)?;
        let kept = post.logins().map_err(PostError::Place)?.unwrap_or_default();
        // Logins that cannot be understood let nobody in; a fresh link does.
        let logins = Logins::new(&token, serde_json::from_slice(&kept).unwrap_or_default());
        let address = format!("http://{local}");
        let note = Note { address: address.clone(), process: process(), token };
        post.announce(&note).map_err(PostError::Place)?;
        let runtime = Arc::new(runtime);
        let app = App(Arc::new(Shared {
            sessions: Sessions::new(Arc::clone(&runtime)),
            runtime,
            logins,
            model,
            notices: Notices::new(),
            cookie: format!("boxagnts_{}", local.port()),
            address,
            epoch: login::random().map_err(ServerError::Random)?,
            started: std::time::SystemTime::now(),
            closing: CancellationToken::new(),
            lines: Arc::new(Semaphore::new(MOST_LINES)),
            post,
        }));
        Ok(Self { app, listener })
    }

    /// `http://HOST:PORT`.
    pub fn address(&self) -> &str {
        &self.app.address
    }

    /// A link that logs one browser in, within a minute.
    pub fn link(&self) -> Result<String, ServerError> {
        let (code, _) = self.app.logins.code().map_err(ServerError::Random)?;
        Ok(link(&self.app.address, &code))
    }

    /// Serves until `stop`; then stops what runs and gives everything back.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { app, listener } = self;
        let routes = api::router(&app);
        let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let rested = tokio::spawn(Arc::clone(&app.sessions).give_back_rested());
        let notices = Arc::clone(&app.notices).look(Arc::clone(&app.runtime), Arc::clone(&app.sessions));
        let notices = tokio::spawn(notices);
        tokio::pin!(stop);
        loop {
            let free = tokio::select! {
                () = &mut stop => break,
                Ok(free) = Arc::clone(&connections).acquire_owned() => free,
            };
            let taken = tokio::select! {
                () = &mut stop => break,
                taken = listener.accept() => taken,
            };
            match taken {
                Ok((stream, remote)) => {
                    tokio::spawn(connection(routes.clone(), stream, remote, free, app.closing.clone()));
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        }
        app.closing.cancel();
        rested.abort();
        notices.abort();
        app.sessions.close().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the note says which process serves")]
fn process() -> u32 {
    std::process::id()
}

/// The link that logs a browser in: what stands behind `#` is sent to no server and written into no log.
pub(crate) fn link(address: &str, code: &str) -> String {
    format!("{address}/#code={code}")
}

#[expect(clippy::disallowed_methods, reason = "the server's own door")]
async fn listen(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => ServerError::Port(address),
        _ => ServerError::Listen { address, source },
    })
}

/// Serves one connection. HTTP/1.1 alone (RFC 9112): nothing here needs more.
async fn connection(
    routes: axum::Router,
    stream: TcpStream,
    remote: SocketAddr,
    free: OwnedSemaphorePermit,
    closing: CancellationToken,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Small answers should not wait for each other; that they do is no reason to fail.
    let _ = stream.set_nodelay(true);
    let peer = axum::Extension(Peer { local, remote });
    let service = tower::service_fn(move |mut request: http::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer.0);
        routes.clone().oneshot(request.map(axum::body::Body::new))
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(LONGEST_HEAD)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::pin!(serving);
    // What fails here is somebody else's mistake or a line that broke, and whoever is still there was told.
    let _ = tokio::select! {
        ended = &mut serving => ended,
        () = closing.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    drop(free);
}
