//! The scripted model as a process of its own, over HTTP.

use crate::House;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// What the program is told to ask, whatever the script.
pub const MODEL: &str = "openai/x";

/// A server that says what a script says, and ends with this value.
pub struct ScriptedModel {
    process: Child,
    base_url: String,
    record: PathBuf,
}

impl ScriptedModel {
    /// Starts one with these replies, in their order: see `docs/scripted-model.md`. Its files lie beside the workspace.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(house: &House, replies: &Value) -> Self {
        Self::saying(house, &json!({"model": "x", "replies": replies}))
    }

    /// Starts one that takes this key and no other.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn with_key(house: &House, key: &str, replies: &Value) -> Self {
        Self::saying(house, &json!({"model": "x", "key": key, "replies": replies}))
    }

    fn saying(house: &House, script_of: &Value) -> Self {
        let (script, record) = (house.outside().join("script.json"), house.outside().join("requests.jsonl"));
        std::fs::write(&script, script_of.to_string()).expect("the script is written");
        let mut start = Command::new(crate::built("scripted-model", "BOXAGNTS_SCRIPTED_MODEL"));
        start.arg("--script").arg(script).arg("--record").arg(&record).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = start.spawn().expect("the scripted model starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("it has an output");
        BufReader::new(output).read_line(&mut line).expect("it names its address");
        Self { process, base_url: line.trim_end().to_owned(), record }
    }

    /// The program with these arguments, asking this model.
    pub fn command(&self, house: &House, arguments: &[&str]) -> Command {
        let mut command = house.command([&["run", "-p", "Go", "--model", MODEL][..], arguments].concat());
        command.env("OPENAI_BASE_URL", &self.base_url);
        command
    }

    /// Lets a program ask this model.
    pub fn for_program(&self, program: &mut Command) {
        program.env("OPENAI_BASE_URL", &self.base_url);
    }

    /// What it was asked so far: each with its `body` and the `violations` that it found.
    ///
    /// # Panics
    /// When the record is none.
    pub fn requests(&self) -> Vec<Value> {
        // Before the first request there is none.
        let record = std::fs::read_to_string(&self.record).unwrap_or_default();
        record.lines().map(|line| serde_json::from_str(line).expect("a request is JSON")).collect()
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
