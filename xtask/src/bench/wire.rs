//! A model's server that writes into each event when it was sent, and what reads that again.
//!
//! Server and readers are in this one process, so that one clock tells how long an event was under way.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The begin of all times that travel.
static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A reply: so many events, each so long after the one before, or as fast as they are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    pub(crate) events: usize,
    pub(crate) pause: Option<Duration>,
}

/// The server. It runs as long as this program.
pub(crate) struct Server(SocketAddr);

impl Server {
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        LazyLock::force(&BEGIN);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client that leaves early measures nothing, and says so itself.
                std::thread::spawn(move || serve(client));
            }
        });
        Ok(Self(address))
    }

    /// What belongs into `OPENAI_BASE_URL` for replies of this form: the form is in the path.
    pub(crate) fn base_url(&self, flow: Flow) -> String {
        let pause = flow.pause.map_or(0, |pause| pause.as_micros());
        format!("http://{}/{}/{pause}/v1", self.0, flow.events)
    }

    /// Asks like a client that does nothing else, and tells how long each event was under way.
    pub(crate) fn ask_directly(&self, flow: Flow) -> Result<Vec<Duration>> {
        let mut socket = TcpStream::connect(self.0)?;
        socket.set_nodelay(true)?;
        let url = self.base_url(flow);
        let path = url.strip_prefix(&format!("http://{}", self.0)).unwrap_or_default();
        write!(socket, "POST {path}/chat/completions HTTP/1.1\r\nhost: {}\r\ncontent-length: 2\r\n\r\n{{}}", self.0)?;
        under_way(BufReader::new(socket), |line| {
            let event = serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok()?;
            event["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
        })
    }
}

/// How long each event was under way that `text` finds in a line.
pub(crate) fn under_way(lines: impl BufRead, text: impl Fn(&str) -> Option<String>) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    for line in lines.lines() {
        let line = line?;
        // Taken before the line is understood: that would be our time and not the sender's.
        let now = BEGIN.elapsed();
        for sent in text(&line).iter().flat_map(|text| text.split_whitespace()) {
            let sent = sent.parse().with_context(|| format!("`{sent}` is no time"))?;
            times.push(now.saturating_sub(Duration::from_nanos(sent)));
        }
    }
    Ok(times)
}

fn serve(client: TcpStream) -> Result<()> {
    client.set_nodelay(true)?;
    let mut reader = BufReader::new(client.try_clone()?);
    let flow = read_request(&mut reader)?;
    let mut client = client;
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    client.write_all(head.as_bytes())?;
    for _ in 0..flow.events {
        if let Some(pause) = flow.pause {
            std::thread::sleep(pause);
        }
        send(&mut client, &json!({"content": format!("{} ", BEGIN.elapsed().as_nanos())}), None)?;
    }
    send(&mut client, &json!({}), Some("stop"))?;
    client.write_all(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")?;
    Ok(())
}

/// Reads a whole request and takes the form of the reply from its path.
fn read_request(reader: &mut impl BufRead) -> Result<Flow> {
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first)?;
    while reader.read_line(&mut line)? != 0 && !line.trim().is_empty() {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        line.clear();
    }
    reader.read_exact(&mut vec![0; length])?;
    let mut parts = first.split('/').skip(1).map(str::parse::<u64>);
    let mut number = || parts.next().and_then(Result::ok).with_context(|| format!("`{first}` names no form"));
    let (events, pause) = (number()?, number()?);
    let pause = (pause != 0).then(|| Duration::from_micros(pause));
    Ok(Flow { events: usize::try_from(events)?, pause })
}

/// One event, in one piece of the body and one packet.
fn send(client: &mut TcpStream, delta: &Value, stop: Option<&str>) -> Result<()> {
    let choices = json!([{"index": 0, "delta": delta, "finish_reason": stop}]);
    let event = json!({"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "x", "choices": choices});
    let data = format!("data: {event}\n\n");
    client.write_all(format!("{:x}\r\n{data}\r\n", data.len()).as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, Flow, Server, read_request, under_way};
    use std::time::Duration;

    #[test]
    fn the_form_of_a_reply_is_read_from_the_path() {
        let request = b"POST /20/2000/v1/chat/completions HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}";
        let flow = read_request(&mut &request[..]).unwrap();
        assert_eq!((flow.events, flow.pause), (20, Some(Duration::from_millis(2))));
        assert!(read_request(&mut &b"POST /v1/chat/completions HTTP/1.1\r\n\r\n"[..]).is_err());
    }

    #[test]
    fn every_event_that_was_sent_is_counted_once() {
        let server = Server::start().unwrap();
        assert_eq!(server.ask_directly(Flow { events: 500, pause: None }).unwrap().len(), 500);
    }

    #[test]
    fn two_events_of_one_line_are_two() {
        let now = BEGIN.elapsed().as_nanos();
        let lines = format!("nothing\ntext {now} {now}\n");
        let times = under_way(lines.as_bytes(), |line| line.strip_prefix("text ").map(str::to_owned)).unwrap();
        assert_eq!(times.len(), 2);
    }
}
