//! A server that speaks chat-completions from a script, on a real socket: the other end of the wire, for tests.
//!
//! It reads requests more strictly than any real server ([`check`]), answers from a script ([`script`], whose form is
//! described in `docs/scripted-model.md`), and keeps what it was asked. It speaks HTTP/1.1 by hand (`wire`), because a
//! library would not let it break off in the middle of a byte.

pub mod check;
pub mod script;

mod answer;
mod wire;

pub use script::{Script, ScriptedReply};

use serde_json::{Value, json};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The path with everything behind it.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; null when it was no JSON.
    pub body: Value,
    /// What is wrong with it.
    pub violations: Vec<String>,
}

impl Recorded {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// One line of JSON. A key that came along is not written down.
    pub fn line(&self) -> String {
        let names: Vec<&String> = self.headers.iter().map(|(name, _)| name).collect();
        json!({"path": self.path, "headers": names, "body": self.body, "violations": self.violations}).to_string()
    }
}

/// The server. It ends, with all its connections, when it is dropped.
pub struct ScriptedServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    script: Script,
    taken: Mutex<usize>,
    requests: Mutex<Vec<Recorded>>,
    /// How many answers are over.
    over: watch::Sender<usize>,
    observer: Box<dyn Fn(&Recorded) + Send + Sync>,
}

impl ScriptedServer {
    /// Listens on a free port of this machine.
    pub async fn start(script: Script) -> Self {
        Self::listen(script, 0, |_| ()).await.expect("a free port on this machine")
    }

    /// Listens on a port of this machine, 0 for any, and shows each request to `observer` when it has arrived.
    #[expect(clippy::disallowed_methods, reason = "a server for tests, on this machine alone")]
    pub async fn listen(
        script: Script,
        port: u16,
        observer: impl Fn(&Recorded) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let address = listener.local_addr()?;
        let (taken, requests) = (Mutex::default(), Mutex::default());
        let over = watch::Sender::new(0);
        let shared = Arc::new(Shared { script, taken, requests, over, observer: Box::new(observer) });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, task })
    }

    /// What belongs into `OPENAI_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// What it was asked so far, in the order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        locked(&self.shared.requests).clone()
    }

    /// Waits until so many answers are over, because they were whole or because the client has left.
    pub async fn until_over(&self, wanted: usize) {
        let _ = self.shared.over.subscribe().wait_for(|over| wanted <= *over).await;
    }

    /// What was wrong with any request so far.
    pub fn violations(&self) -> Vec<String> {
        locked(&self.shared.requests).iter().flat_map(|request| request.violations.clone()).collect()
    }
}

/// An address of this machine where nobody listens (any more).
#[expect(clippy::disallowed_methods, reason = "a port that was just given back is nobody's")]
pub async fn nobodys_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on this machine");
    format!("http://{}/v1", listener.local_addr().expect("its address"))
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // The connections end with this task, which owns them.
    let mut connections = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move { shared.serve(socket).await });
        while connections.try_join_next().is_some() {}
    }
}

impl Shared {
    /// Serves one connection until either side is done with it. How it ended is the client's to judge.
    async fn serve(&self, socket: TcpStream) {
        let _ = socket.set_nodelay(true);
        let mut connection = wire::Connection::new(socket);
        while let Ok(Some(request)) = connection.request().await {
            let reply = self.reply(&request);
            let next = answer::send(&mut connection, &reply).await;
            self.over.send_modify(|over| *over += 1);
            if !matches!(next, Ok(answer::Next::Request)) {
                return;
            }
        }
    }

    /// The next reply of the script, when nothing is wrong with the request.
    fn reply(&self, request: &wire::Request) -> ScriptedReply {
        let body = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let is_ours = request.method == "POST" && request.path.ends_with("/chat/completions");
        let mut violations = if is_ours { check::violations(request, &body) } else { Vec::new() };
        let recorded = |violations| Recorded {
            path: request.path.clone(),
            headers: request.headers.clone(),
            body: body.clone(),
            violations,
        };
        let key = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let reply = if !is_ours {
            ScriptedReply::page(404, "<html><body>404 page not found</body></html>")
        } else if self.script.key.as_deref().is_some_and(|wanted| key != Some(wanted)) {
            let shown = key.unwrap_or("(none)");
            ScriptedReply::error(401, "invalid_api_key", &format!("Incorrect API key provided: {shown}."))
        } else if self.script.model.as_deref().is_some_and(|model| body["model"] != model) {
            ScriptedReply::error(404, "model_not_found", &format!("The model {} does not exist.", body["model"]))
        } else if violations.is_empty() {
            self.next(&body).unwrap_or_else(|fault| {
                violations.push(fault.clone());
                ScriptedReply::error(400, "script", &fault)
            })
        } else {
            ScriptedReply::error(400, "invalid_request_error", &violations.join("; "))
        };
        let recorded = recorded(violations);
        (self.observer)(&recorded);
        locked(&self.requests).push(recorded);
        reply
    }

    fn next(&self, body: &Value) -> Result<ScriptedReply, String> {
        let mut taken = locked(&self.taken);
        let reply = self.script.reply(*taken, body)?;
        *taken += 1;
        Ok(reply.clone())
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
