//! The program as a server, and a client that can say anything to it: what a browser would never send, too.

#![expect(clippy::disallowed_types, reason = "the tests speak to the server that they started")]

use crate::House;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command};
use std::time::Duration;

/// Nothing here takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server, ended with the value.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The link that it printed.
    pub link: String,
    /// Where it listens.
    pub address: SocketAddr,
}

/// A browser that is logged in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Shown with each request.
    pub token: String,
    /// `NAME=VALUE`.
    pub cookie: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The head's lines after the first, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Server {
    /// Starts the server of a house at any free port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(house: &House) -> Self {
        Self::of(house.command(["--port", "0"]))
    }

    /// Starts this command, which is to be a server.
    ///
    /// # Panics
    /// When it prints no link.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let mut out = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut link = String::new();
        out.read_line(&mut link).expect("its output can be read");
        let link = link.trim().to_owned();
        let address = link.strip_prefix("http://").and_then(|rest| rest.split('/').next());
        let Some(address) = address.and_then(|address| address.parse().ok()) else {
            let _ = child.kill();
            let ended = child.wait_with_output().expect("it ends");
            panic!("no link but {link:?}: {}", String::from_utf8_lossy(&ended.stderr));
        };
        Self { child, out, link, address }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `HOST:PORT`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// `http://HOST:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it at once, as a power cut would end it.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be ended");
        self.child.wait().expect("it ends");
    }

    /// Asks it to end, and waits until it has: its exit code, and what else it printed.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn interrupt(mut self) -> (Option<i32>, String) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, rustix::process::Signal::INT).expect("it can be asked");
        let code = self.child.wait().expect("it ends").code();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("its output can be read");
        (code, rest)
    }

    /// Logs a browser in with a link.
    ///
    /// # Panics
    /// When it is not let in.
    pub fn log_in(&self, link: &str) -> Login {
        let code = link.split("#code=").nth(1).expect("a link has a code");
        let reply = self.send("POST", "/api/v1/login", &[("origin", &self.origin())], Some(&json!({ "code": code })));
        assert_eq!(reply.status, 200, "{reply:?}");
        let cookie = reply.header("set-cookie").expect("a cookie").split(';').next().expect("a pair").to_owned();
        Login { token: reply.json()["token"].as_str().expect("a token").to_owned(), cookie }
    }

    /// Logs a browser in with the link that was printed at the start.
    pub fn first_login(&self) -> Login {
        self.log_in(&self.link.clone())
    }

    /// What the page of a logged-in browser sends.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn ask(&self, login: &Login, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let (bearer, origin) = (format!("Bearer {}", login.token), self.origin());
        let headers = [("authorization", &*bearer), ("cookie", &login.cookie), ("origin", &origin)];
        self.send(method, &format!("/api/v1{path}"), &headers, body)
    }

    /// A request with these lines in its head, to the name that the server has.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        let has = |name: &str| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !has("host") {
            let _ = write!(head, "host: {}\r\n", self.address);
        }
        if !body.is_empty() && !has("content-type") {
            head += "content-type: application/json\r\n";
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        // Writing to a string cannot fail.
        let _ = write!(head, "content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        self.say(head.as_bytes()).expect("an answer")
    }

    /// Sends these bytes and reads what comes back; nothing where the server just hangs up.
    ///
    /// # Panics
    /// When the server is not there, or does not answer in a minute.
    pub fn say(&self, bytes: &[u8]) -> Option<Reply> {
        let mut stream = self.connect();
        // It may answer and hang up before it has read everything.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => panic!("no answer within a minute"),
            _ => Reply::read(&String::from_utf8_lossy(&answer)),
        }
    }

    /// A connection.
    ///
    /// # Panics
    /// When the server is not there.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Reply {
    fn read(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let pair =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        let headers: Vec<(String, String)> = lines.filter_map(pair).collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { unchunked(body) } else { body.to_owned() };
        Some(Self { status, headers, body })
    }

    /// The value of a line of the head.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body, when it is JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The same, when the status is this one.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

fn unchunked(body: &str) -> String {
    let (mut text, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        match (after.get(..size), after.get(size..)) {
            (Some(chunk), Some(after)) if 0 < size => {
                text.push_str(chunk);
                rest = after.trim_start_matches("\r\n");
            }
            _ => break,
        }
    }
    text
}
