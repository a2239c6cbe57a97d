//! A server that gives everybody the same bytes and keeps what it heard: for what no proper server would do.

#![expect(clippy::disallowed_methods, reason = "the other end of the socket, in tests")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What a server keeps of a connection that the other side closed first.
pub const LEFT: &str = "left";

/// One answer: pieces that are sent one after the other.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The bytes on the wire.
    pub pieces: Vec<Vec<u8>>,
    /// Waits until the other side leaves, after the pieces.
    pub stays_open: bool,
    /// The last piece is sent again and again.
    pub endless: bool,
    /// Waits for [`Server::go_on`] before the last piece.
    pub waits: bool,
    /// How long the answer takes to begin, so that requests meet.
    pub thinks: Duration,
}

impl Answer {
    /// One piece, and the end.
    pub fn whole(text: impl AsRef<[u8]>) -> Self {
        Self { pieces: vec![text.as_ref().to_vec()], ..Self::default() }
    }

    /// A status 200 with this type and body.
    pub fn page(media_type: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n", body.len());
        Self::whole([head.as_bytes(), body].concat())
    }
}

#[derive(Debug, Default)]
struct Heard {
    heads: Mutex<Vec<String>>,
    now: AtomicUsize,
    most: AtomicUsize,
    go_on: Notify,
}

/// A server of this machine; it ends with the value.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Arc<Heard>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts one at an address, which may have the port 0.
    pub async fn start(at: &str, answer: Answer) -> Self {
        let listener = TcpListener::bind(at).await.expect("the address is free");
        let address = listener.local_addr().expect("it was bound");
        let heard = Arc::new(Heard::default());
        let task = tokio::spawn(serve(listener, answer, Arc::clone(&heard)));
        Self { address, heard, task }
    }

    /// Starts one at any port of this machine.
    pub async fn here(answer: Answer) -> Self {
        Self::start("127.0.0.1:0", answer).await
    }

    /// An address at this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What arrived: the head of each request and whatever came with it, in order.
    pub fn heard(&self) -> Vec<String> {
        self.heard.heads().clone()
    }

    /// The most connections that were open at the same time.
    pub fn most_at_once(&self) -> usize {
        self.heard.most.load(Ordering::SeqCst)
    }

    /// Lets an answer that waits go on.
    pub fn go_on(&self) {
        self.heard.go_on.notify_one();
    }

    /// Waits until so many things were heard. Panics when that takes longer than any test should.
    pub async fn hears(&self, count: usize) {
        let enough = async {
            while self.heard.heads().len() < count {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), enough).await.expect("something was to be heard");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Heard {
    fn heads(&self) -> MutexGuard<'_, Vec<String>> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn serve(listener: TcpListener, answer: Answer, heard: Arc<Heard>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (answer, heard) = (answer.clone(), Arc::clone(&heard));
        tokio::spawn(async move {
            let now = heard.now.fetch_add(1, Ordering::SeqCst) + 1;
            heard.most.fetch_max(now, Ordering::SeqCst);
            // Whoever leaves early is no fault of the server's.
            let _ = converse(socket, &answer, &heard).await;
            heard.now.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn converse(mut socket: TcpStream, answer: &Answer, heard: &Heard) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await? == 0 {
            break;
        }
    }
    heard.heads().push(String::from_utf8_lossy(&request).into_owned());
    tokio::time::sleep(answer.thinks).await;
    for (place, piece) in answer.pieces.iter().enumerate() {
        if answer.waits && place + 1 == answer.pieces.len() {
            heard.go_on.notified().await;
        }
        socket.write_all(piece).await?;
    }
    while let Some(piece) = answer.pieces.last().filter(|_| answer.endless) {
        socket.write_all(piece).await?;
    }
    if answer.stays_open {
        while !matches!(socket.read_buf(&mut request).await, Ok(0) | Err(_)) {}
        heard.heads().push(LEFT.to_owned());
    }
    Ok(())
}
