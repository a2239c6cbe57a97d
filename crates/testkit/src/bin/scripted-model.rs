//! The scripted server as a process of its own: `scripted-model --script FILE [--port N] [--record FILE]`.
//!
//! Its first line on standard output is what belongs into `OPENAI_BASE_URL`. It runs until it is ended. With `--record`
//! each request is appended to a file as one line of JSON.

#![expect(clippy::disallowed_methods, reason = "a program for tests, which opens the files that its arguments name")]

use boxagnts_testkit::server::{Recorded, Script, ScriptedServer};
use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;

const USAGE: &str = "usage: scripted-model --script FILE [--port N] [--record FILE]";

struct Options {
    script: String,
    port: u16,
    record: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    let script = script(&options.script)?;
    let record = options.record.as_deref().map(open).transpose()?.map(Mutex::new);
    let server = ScriptedServer::listen(script, options.port, move |request| write(record.as_ref(), request)).await?;
    println!("{}", server.base_url());
    std::future::pending().await
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let (mut script, mut port, mut record) = (None, 0, None);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or(USAGE)?;
        match name.as_str() {
            "--script" => script = Some(value),
            "--port" => port = value.parse().map_err(|_| USAGE)?,
            "--record" => record = Some(value),
            _ => return Err(USAGE.into()),
        }
    }
    Ok(Options { script: script.ok_or(USAGE)?, port, record })
}

fn script(path: &str) -> Result<Script, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Script::parse(&text).map_err(|error| format!("{path}: {error}"))?)
}

fn open(path: &str) -> Result<File, Box<dyn Error>> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    Ok(file.map_err(|error| format!("{path}: {error}"))?)
}

fn write(record: Option<&Mutex<File>>, request: &Recorded) {
    let Some(record) = record else { return };
    let mut file = record.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // A record that cannot be written is seen by whoever reads it.
    let _ = writeln!(file, "{}", request.line());
}
