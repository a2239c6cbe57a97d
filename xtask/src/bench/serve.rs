//! The server: how soon it answers, what it holds while nobody does anything, how much a browser loads at first, and
//! whether many sessions and many open lines hold a request up.

use super::sample::Sample;
use super::table::{Table, shown};
use super::turn::Home;
use crate::binary::{self, Profile};
use crate::place;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Sessions that stream at once, lines that are open and silent, and requests that are timed meanwhile.
const SESSIONS: usize = 100;
const LINES: usize = 1000;
const REQUESTS: usize = 200;
/// A reply that is still arriving when the last request is timed.
const WORDS: usize = 400;
const PAUSE_MS: u64 = 50;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);

/// A server that ends with this value.
struct Server {
    process: Child,
    address: String,
    token: String,
}

impl Server {
    /// Starts one, and says how long it took until it answered its first request.
    fn start(program: &Path, home: &Home, base_url: Option<&str>) -> Result<(Self, Duration)> {
        let mut start = home.serve(program);
        if let Some(base_url) = base_url {
            start.args(["--model", "openai/x"]).env("OPENAI_BASE_URL", base_url);
        }
        let began = Instant::now();
        let mut process = start.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut link = String::new();
        BufReader::new(process.stdout.take().context("it has an output")?).read_line(&mut link)?;
        let address = link.strip_prefix("http://").and_then(|rest| rest.split('/').next()).map(str::to_owned);
        let Some(address) = address else {
            let _ = process.kill();
            bail!("the server printed no link but {link:?}");
        };
        let mut server = Self { process, address, token: String::new() };
        server.get("/", "")?;
        let took = began.elapsed();
        server.token = home.token()?;
        Ok((server, took))
    }

    fn get(&self, path: &str, more: &str) -> Result<String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{more}connection: close\r\n\r\n", self.address))
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Result<String> {
        let (body, bearer) = (body.to_string(), self.bearer());
        let kind = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
        let head = format!("{method} /api/v1{path} HTTP/1.1\r\nhost: {}\r\n{bearer}{kind}", self.address);
        self.send(&format!("{head}connection: close\r\n\r\n{body}"))
    }

    fn send(&self, request: &str) -> Result<String> {
        let mut stream = self.connect()?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if !answer.starts_with("HTTP/1.1 2") && !answer.starts_with("HTTP/1.1 404") {
            bail!("the server answered {}", answer.lines().next().unwrap_or("nothing"));
        }
        Ok(answer)
    }

    /// An open line that says nothing.
    fn line(&self) -> Result<TcpStream> {
        let mut stream = self.connect()?;
        let request = format!(
            "GET /api/v1/stream HTTP/1.1\r\nhost: {}\r\n{}connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: boxagnts.v1\r\n\r\n",
            self.address,
            self.bearer()
        );
        stream.write_all(request.as_bytes())?;
        let mut first = [0; 12];
        stream.read_exact(&mut first)?;
        if &first != b"HTTP/1.1 101" {
            bail!("a line was refused: {}", String::from_utf8_lossy(&first));
        }
        Ok(stream)
    }

    fn connect(&self) -> Result<TcpStream> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn bearer(&self) -> String {
        format!("authorization: Bearer {}\r\n", self.token)
    }

    /// KiB that are resident.
    fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.context("the system does not say what is resident")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn measure(program: &Path, rounds: usize) -> Result<Table> {
    let mut table = Table::new("The server", ["what", "count", "p50", "p99", "goal"]);
    let home = Home::fresh("serve")?;
    let mut starts = Sample::default();
    for _ in 0..=rounds {
        starts.add(Server::start(program, &home, None)?.1);
    }
    row(&mut table, "start to first answered request", &starts, "p50 ≤ 12 ms");
    idle(&mut table, program, &home)?;
    crowd(&mut table, program)?;
    let loaded = first_load()?;
    table.note(format!("first load of the dashboard: {} kB with gzip; goal ≤ 250 kB", tenths(loaded, 1000)));
    Ok(table)
}

/// So many of a unit, with one digit behind the point.
fn tenths(number: u64, unit: u64) -> String {
    format!("{}.{}", number / unit, number % unit * 10 / unit)
}

fn row(table: &mut Table, what: &str, sample: &Sample, goal: &str) {
    let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
    table.row([what.to_owned(), sample.len().to_string(), median, worst, goal.to_owned()]);
}

/// What a server holds with a dashboard open: a line, and what a page fetches at first.
fn idle(table: &mut Table, program: &Path, home: &Home) -> Result<()> {
    let (server, _) = Server::start(program, home, None)?;
    let _line = server.line()?;
    for path in ["/api/v1/status", "/api/v1/sessions", "/api/v1/questions"] {
        server.get(path, &server.bearer())?;
    }
    std::thread::sleep(REST);
    let resident = server.resident()?;
    table.note(format!("resident while idle, a dashboard open: {} MiB; goal ≤ 16 MiB", tenths(resident, 1024)));
    Ok(())
}

fn crowd(table: &mut Table, program: &Path) -> Result<()> {
    let home = Home::fresh("serve-crowd")?;
    let model = binary::program("scripted-model", Profile::Release)?;
    let replies = json!([{"text": "word ".repeat(WORDS), "pause_ms": PAUSE_MS}]);
    let model = super::turn::Model::saying(&model, &home, "crowd", &json!({"order": "circle", "replies": replies}))?;
    let (server, _) = Server::start(program, &home, Some(model.base_url()))?;
    let alone = requests(&server)?;
    let lines = (0..LINES).map(|_| server.line()).collect::<Result<Vec<_>>>()?;
    for _ in 0..SESSIONS {
        let begun = server.ask("POST", "/sessions", &json!({}))?;
        let body = begun.split("\r\n\r\n").nth(1).unwrap_or_default();
        let session: Value = serde_json::from_str(body).context("a session is JSON")?;
        let path = format!("/sessions/{}/turns", session["id"].as_str().context("a session has an id")?);
        server.ask("POST", &path, &json!({"text": "Go"}))?;
    }
    let among = requests(&server)?;
    row(table, "GET /api/v1/status, alone", &alone, "");
    row(
        table,
        &format!("the same beside {SESSIONS} streaming sessions and {LINES} idle lines"),
        &among,
        "p99 ≤ 200 ms",
    );
    drop(lines);
    Ok(())
}

fn requests(server: &Server) -> Result<Sample> {
    let mut sample = Sample::default();
    for _ in 0..REQUESTS {
        let began = Instant::now();
        server.get("/api/v1/status", &server.bearer())?;
        sample.add(began.elapsed());
    }
    Ok(sample)
}

/// Bytes that a browser loads before it shows anything: the page and what it names.
fn first_load() -> Result<u64> {
    let folder = place::dashboard();
    let page = fs::read_to_string(folder.join("index.html")).context("the dashboard is not built")?;
    let size = |name: &str| Ok::<u64, anyhow::Error>(fs::metadata(folder.join(format!("{name}.gz")))?.len());
    let named = page.split(['"', '\'']).filter_map(|word| word.strip_prefix("/assets/"));
    let mut sum = size("index.html")?;
    for name in named {
        sum += size(&format!("assets/{name}"))?;
    }
    Ok(sum)
}
