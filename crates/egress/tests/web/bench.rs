//! A server that says what it is told to and keeps what it heard, and permits that the real law minted.

use boxagnts_capability::{
    Authority, Capability, DecideRequest, Decision, Effects, Layer, Mode, Permit, Rule, Rulebook, Subject, Verdict,
    decide,
};
use boxagnts_egress::{Resolver, Web, WebAnswer, WebError, WebLimits, WebRequest};
use boxagnts_types::ToolName;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use http::{HeaderMap, Method};
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// One answer of a server: pieces that are sent one after the other, and whether the connection then stays open.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) stays_open: bool,
    /// The last piece is sent again and again.
    pub(crate) endless: bool,
}

impl Answer {
    pub(crate) fn whole(text: impl AsRef<[u8]>) -> Self {
        Self { pieces: vec![text.as_ref().to_vec()], ..Self::default() }
    }
}

/// A server of this machine.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Gives the same answer to everybody.
    pub(crate) async fn start(at: &str, answer: Answer) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let hears = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            loop {
                let (mut socket, _) = listener.accept().await.unwrap();
                let (answer, hears) = (answer.clone(), Arc::clone(&hears));
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
                        if matches!(socket.read_buf(&mut head).await, Ok(0) | Err(_)) {
                            break;
                        }
                    }
                    hears.lock().unwrap().push(String::from_utf8_lossy(&head).into_owned());
                    for piece in &answer.pieces {
                        if socket.write_all(piece).await.is_err() {
                            return;
                        }
                    }
                    while answer.endless && socket.write_all(answer.pieces.last().unwrap()).await.is_ok() {}
                    if answer.stays_open {
                        // Until the other side leaves.
                        while !matches!(socket.read_buf(&mut head).await, Ok(0) | Err(_)) {}
                        hears.lock().unwrap().push("left".to_owned());
                    }
                });
            }
        });
        Self { address, heard, task }
    }

    pub(crate) async fn here(answer: Answer) -> Self {
        Self::start("127.0.0.1:0", answer).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What arrived: the head of each request, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers from a script, and counts who asked. At its end nothing is known.
#[derive(Clone, Default)]
pub(crate) struct Scripted {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) fn new(answers: &[&[&str]]) -> Self {
        let parsed = answers.iter().map(|answer| answer.iter().map(|text| text.parse().unwrap()).collect());
        Self { answers: Arc::new(Mutex::new(parsed.collect())), asked: Arc::default() }
    }

    pub(crate) fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Resolver for Scripted {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(name.to_owned());
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or_default();
        Box::pin(async { Ok(answer) })
    }
}

/// A permit for any request that these grants hold.
pub(crate) fn permit(grants: &[&str]) -> Permit {
    let grant = |text: &&str| Rule {
        verdict: Verdict::Allow,
        capability: text.parse().unwrap(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let book = grants.iter().map(grant).fold(Rulebook::defaults(Mode::Bypass), Rulebook::with);
    let everything: Capability = "network:*".parse().unwrap();
    let tool: ToolName = "tool".parse().unwrap();
    let request = DecideRequest {
        call: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
        tool: &tool,
        subject: &Subject::BuiltIn,
        chain: &[],
        effects: Effects::Envelope(vec![everything]),
    };
    match decide(&Authority::new(book), request) {
        Decision::Allow { permit, .. } => permit,
        other => panic!("no permit: {other:?}"),
    }
}

/// The permit that the person's grant of exactly this server gives.
pub(crate) fn permit_for(server: &Server) -> Permit {
    permit(&[&format!("network:http://{}", server.address)])
}

pub(crate) fn get(url: &str) -> WebRequest {
    WebRequest { method: Method::GET, target: url.parse().unwrap(), fields: HeaderMap::new(), body: Bytes::new() }
}

pub(crate) async fn fetch(server: &Server, limits: &WebLimits) -> Result<Vec<u8>, WebError> {
    whole(Web::new().send(&permit_for(server), limits, get(&server.url("/"))).await?).await
}

pub(crate) async fn whole(mut answer: WebAnswer) -> Result<Vec<u8>, WebError> {
    let mut body = Vec::new();
    while let Some(piece) = answer.body.next().await {
        body.extend_from_slice(&piece?);
    }
    Ok(body)
}
