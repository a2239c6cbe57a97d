//! A line of a browser: the WebSocket of a server.

#![expect(clippy::disallowed_types, reason = "the tests speak to the server that they started")]

use crate::server::{Login, Server};
use serde_json::{Value, json};
use std::net::TcpStream;
use tungstenite::handshake::client::{Request, generate_key};
use tungstenite::{HandshakeError, Message, WebSocket};

/// An open line.
pub struct Line(WebSocket<TcpStream>);

/// A request for a line, as a page of this server would make it.
///
/// # Panics
/// When what is asked for cannot stand in a request.
pub fn request(server: &Server, login: &Login, changed: &[(&str, Option<&str>)]) -> Request {
    let (protocols, key) = (format!("boxagnts.v1, bearer.{}", login.token), generate_key());
    let (host, origin) = (server.host(), server.origin());
    let mut headers = vec![
        ("host", host.as_str()),
        ("origin", &origin),
        ("cookie", &login.cookie),
        ("sec-websocket-protocol", &protocols),
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", &key),
    ];
    for (name, value) in changed {
        headers.retain(|(known, _)| known != name);
        headers.extend(value.map(|value| (*name, value)));
    }
    let builder = Request::builder().uri(format!("ws://{host}/api/v1/stream"));
    let builder = headers.into_iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    builder.body(()).expect("a request")
}

impl Line {
    /// Opens a line.
    ///
    /// # Panics
    /// When it is refused.
    pub fn open(server: &Server, login: &Login) -> Self {
        Self::try_open(server, request(server, login, &[])).unwrap_or_else(|status| panic!("refused with {status}"))
    }

    /// Opens a line with this request, or says with which status it is refused.
    ///
    /// # Panics
    /// When the server is not there.
    pub fn try_open(server: &Server, request: Request) -> Result<Self, u16> {
        match tungstenite::client::client(request, server.connect()) {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(HandshakeError::Failure(tungstenite::Error::Http(answer))) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Says something.
    ///
    /// # Panics
    /// When the line is closed.
    pub fn say(&mut self, what: &Value) {
        self.send(Message::text(what.to_string())).expect("the line is open");
    }

    /// Sends any message.
    pub fn send(&mut self, message: Message) -> tungstenite::Result<()> {
        self.0.send(message)
    }

    /// Watches a session from the beginning.
    pub fn watch(&mut self, session: &str) {
        self.say(&json!({"type": "watch", "session": session}));
    }

    /// The next frame; the code that the line was closed with when it was.
    ///
    /// # Panics
    /// When nothing comes in a minute.
    pub fn hear(&mut self) -> Result<Value, Option<u16>> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Ok(serde_json::from_str(&text).expect("a frame is JSON")),
                Ok(Message::Close(frame)) => return Err(frame.map(|frame| frame.code.into())),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came within a minute")
                }
                Err(_) => return Err(None),
            }
        }
    }

    /// The next frame of a type; those of other types are passed over.
    ///
    /// # Panics
    /// When the line is closed before it comes.
    pub fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().expect("the line is open");
            if frame["type"] == kind {
                return frame;
            }
        }
    }

    /// The next event of a type.
    pub fn event(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.next_of("event");
            if frame["event"]["type"] == kind {
                return frame;
            }
        }
    }
}
