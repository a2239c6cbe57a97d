//! As much of HTTP/1.1 (RFC 9112) as clients of the API need, with every byte in our own hands.

use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A request's head has a few hundred bytes; more is no client of ours.
const LONGEST_HEAD: usize = 64 * 1024;

/// A request may hold pictures.
const LONGEST_BODY: usize = 128 * 1024 * 1024;

/// A request, whole.
#[derive(Debug)]
pub struct Request {
    /// For example `POST`.
    pub method: String,
    /// The path with everything behind it.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// One client.
pub(super) struct Connection {
    socket: TcpStream,
    /// What arrived and was not used yet.
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, buffer: Vec::new() }
    }

    /// The next request; none when the client is done.
    pub(super) async fn request(&mut self) -> io::Result<Option<Request>> {
        let head = loop {
            if let Some(end) = position(&self.buffer, b"\r\n\r\n") {
                break self.take(end + 4);
            }
            if self.buffer.first().is_some_and(|first| !first.is_ascii_uppercase()) {
                // A client that wants TLS, for example, is told so in the words that it does not understand.
                self.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await?;
                return Ok(None);
            }
            if LONGEST_HEAD < self.buffer.len() {
                return Err(io::Error::other("the head is too long"));
            }
            if !self.more().await? {
                return Ok(None);
            }
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
        let (method, path) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let field =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(field).collect();
        let mut request = Request { method, path, headers, body: Vec::new() };
        request.body = self.body(&request).await?;
        Ok(Some(request))
    }

    async fn body(&mut self, request: &Request) -> io::Result<Vec<u8>> {
        if request.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.chunks().await;
        }
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        self.exactly(length).await
    }

    async fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = loop {
                match position(&self.buffer, b"\r\n") {
                    Some(end) => break end,
                    None if !self.more().await? => return Err(io::ErrorKind::UnexpectedEof.into()),
                    None => {}
                }
            };
            let size = String::from_utf8_lossy(&self.take(end + 2)).trim().to_owned();
            let size = usize::from_str_radix(&size, 16).map_err(io::Error::other)?;
            let chunk = self.exactly(size + 2).await?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }

    async fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        if LONGEST_BODY < length {
            return Err(io::Error::other("the body is too long"));
        }
        while self.buffer.len() < length {
            if !self.more().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.take(length))
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.buffer.split_off(length);
        std::mem::replace(&mut self.buffer, rest)
    }

    async fn more(&mut self) -> io::Result<bool> {
        Ok(self.socket.read_buf(&mut self.buffer).await? != 0)
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await
    }

    /// One piece of a body whose length is not told before.
    pub(super) async fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        // A chunk of nothing would be the end.
        if bytes.is_empty() {
            return Ok(());
        }
        let framed = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.write(&framed).await
    }

    /// Makes the coming end of the connection a reset.
    pub(super) fn reset(&self) -> io::Result<()> {
        self.socket.set_zero_linger()
    }

    /// Waits until the client has gone.
    pub(super) async fn until_left(&mut self) -> io::Result<()> {
        while self.more().await? {
            self.buffer.clear();
        }
        Ok(())
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
