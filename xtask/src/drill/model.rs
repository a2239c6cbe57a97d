//! The scripted model as a process of its own.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A model that says what its script says, until this value is dropped.
pub(super) struct Model {
    process: Child,
    /// What belongs into `OPENAI_BASE_URL`.
    pub(super) base_url: String,
}

impl Model {
    /// Starts the program with a script that is written into the folder.
    pub(super) fn start(program: &Path, folder: &Path, script: &Value) -> Result<Self> {
        let path = folder.join("script.json");
        fs::write(&path, script.to_string()).with_context(|| format!("cannot write {}", path.display()))?;
        let mut start = Command::new(program);
        start.arg("--script").arg(&path).stdin(Stdio::null()).stdout(Stdio::piped());
        let process = start.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut model = Self { process, base_url: String::new() };
        let Some(output) = model.process.stdout.take() else { bail!("the scripted model has no output") };
        BufReader::new(output).read_line(&mut model.base_url).context("the scripted model names no address")?;
        model.base_url.truncate(model.base_url.trim_end().len());
        Ok(model)
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
