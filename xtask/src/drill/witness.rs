//! A server outside that counts what reaches it: nobody in the program can talk it out of a request.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a request may take to arrive; a client that was killed sends no more.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often each path was asked for. It listens as long as this program runs.
pub(super) struct Witness {
    port: u16,
    counts: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Witness {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen for requests")?;
        let port = listener.local_addr()?.port();
        let counts = Arc::new(Mutex::new(BTreeMap::new()));
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || {
            // One after the other: whoever was accepted before has been counted.
            for client in listener.incoming().flatten() {
                // A client that breaks off has asked for nothing.
                let _ = answer(client, &shared);
            }
        });
        Ok(Self { port, counts })
    }

    /// Where it listens, without a slash at the end.
    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The counts, once everything that was sent before is in them.
    pub(super) fn counts(&self) -> Result<BTreeMap<String, usize>> {
        let mut last = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).context("the witness is gone")?;
        last.write_all(b"GET /last HTTP/1.1\r\n\r\n")?;
        last.read_to_end(&mut Vec::new())?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.remove("last");
        Ok(counts.clone())
    }

    /// Forgets what it has seen.
    pub(super) fn forget(&self) -> Result<()> {
        self.counts()?;
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}

fn answer(mut client: TcpStream, counts: &Mutex<BTreeMap<String, usize>>) -> std::io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let Some(path) = request.split(' ').nth(1).and_then(|path| path.strip_prefix('/')) else { return Ok(()) };
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(path.to_owned()).or_insert(0) += 1;
    let mut line = String::new();
    while reader.read_line(&mut line)? != 0 && !line.trim().is_empty() {
        line.clear();
    }
    client.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\nconnection: close\r\n\r\nseen\n",
    )
}
