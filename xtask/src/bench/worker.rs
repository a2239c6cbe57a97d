//! A process that measures what only the inside of the product can: calls through the door, without the start of a program.
//!
//! It is an example: `bench_door` of `crates/testkit`, `bench_record` of `crates/store`, `bench_plain` of `crates/sandbox`. It writes the line `ready`, then answers
//! each line `CASE N` on its standard input with one line of numbers, mostly N times in nanoseconds. So this program decides
//! whose turn it is.

use crate::{command, place};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A started worker; it ends when this is dropped.
pub(crate) struct Worker {
    program: PathBuf,
    workspace: PathBuf,
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Worker {
    /// Builds and starts one in a folder that becomes its workspace.
    pub(crate) fn start(name: &str, workspace: &Path) -> Result<Self> {
        let mut cargo = command::cargo();
        cargo.args(["build", "--release", "--workspace", "--example", name]).env("BOXAGNTS_PACK", place::pack());
        let built = command::artifacts(&mut cargo)?.into_iter().find(|artifact| artifact.name == name);
        let program =
            built.and_then(|built| built.program).with_context(|| format!("cargo built no example `{name}`"))?;
        Self::run(program, workspace)
    }

    /// Starts another one like it.
    pub(crate) fn again(&self) -> Result<Self> {
        Self::run(self.program.clone(), &self.workspace)
    }

    fn run(program: PathBuf, workspace: &Path) -> Result<Self> {
        let mut start = Command::new(&program);
        start.arg(workspace).env("BOXAGNTS_HOSTILE_GUESTS", place::hostile());
        let mut child = start.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let asked = child.stdin.take().context("the worker listens")?;
        let answers = BufReader::new(child.stdout.take().context("the worker answers")?);
        let mut worker = Self { program, workspace: workspace.to_owned(), child, asked, answers };
        match worker.line()?.trim() {
            "ready" => Ok(worker),
            other => bail!("the worker said `{other}` instead of `ready`"),
        }
    }

    /// Lets it do one thing so many times.
    pub(crate) fn times(&mut self, case: &str, count: usize) -> Result<Vec<Duration>> {
        let times = self.numbers(case, count)?;
        if times.len() != count {
            bail!("`{case}`: the worker measured {} times instead of {count}", times.len());
        }
        Ok(times.into_iter().map(Duration::from_nanos).collect())
    }

    /// Lets it do one thing with so many of something, and hears what it has to say of that.
    pub(crate) fn numbers(&mut self, case: &str, count: usize) -> Result<Vec<u64>> {
        writeln!(self.asked, "{case} {count}")?;
        self.asked.flush()?;
        let line = self.line()?;
        let numbers: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        numbers.with_context(|| format!("`{case}`: the worker said `{}`", line.trim()))
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line)?;
        if read == 0 {
            bail!("the worker ended without an answer");
        }
        Ok(line)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
