//! One run that is broken off, and another process that goes on with what it left.

use super::stage::{self, Ground, Stage};
use super::verdict::{Evidence, Seen};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::{Child, Command, ExitStatus, Output};
use std::time::{Duration, Instant};

/// A restart may take this long (invariant 9), on a machine that does other things too.
const RESTART: Duration = Duration::from_secs(2);

/// What became of a run.
pub(super) struct Judged {
    /// What does not hold.
    pub(super) broken: Vec<String>,
    pub(super) evidence: Evidence,
    /// How long the restart took, from the start of the program to the answer.
    pub(super) restart: Duration,
}

/// A program that ended, and what it had said.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) heard: Vec<Value>,
    pub(super) errors: String,
}

/// Starts a run, lets `meddle` do what it wants, and waits for its end.
pub(super) fn broken_off(mut command: Command, meddle: impl FnOnce(&mut Child) -> Result<()>) -> Result<Ended> {
    let mut child = command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let (out, errors) = (child.stdout.take(), child.stderr.take());
    // Both are read while it runs, so that it never waits for us.
    let readers = [out.map(read_all), errors.map(read_all)];
    meddle(&mut child)?;
    let status = child.wait()?;
    let [out, errors] = readers.map(|reader| reader.and_then(|reader| reader.join().ok()).unwrap_or_default());
    Ok(Ended { status, heard: whole_lines(&out), errors })
}

fn read_all(mut source: impl std::io::Read + Send + 'static) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read counts.
        let _ = source.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The lines that have an end; half a line was not told.
fn whole_lines(text: &str) -> Vec<Value> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Looks at what a run left, lets another process go on, looks again, and judges.
pub(super) fn judge(stage: &Stage, ground: &Ground, ended: &Ended) -> Result<Judged> {
    let sessions = stage.sessions(ground)?;
    let session = sessions.first().and_then(|session| session["session"].as_str()).map(str::to_owned);
    let before = stage.look(ground, session.as_deref())?;
    let began = Instant::now();
    let output = match &session {
        Some(session) => stage.run(ground, &["--resume", session, "--output-format", "json"]),
        None => stage.run(ground, &["--output-format", "json"]),
    }?;
    let restart = began.elapsed();
    let mut broken = went_well(&output);
    let session = session.or_else(|| newest(stage, ground));
    let after = stage.look(ground, session.as_deref())?;
    broken.extend(slow(&before, &after));
    if 1 < sessions.len() {
        broken.push(format!("(1) there are {} sessions instead of one", sessions.len()));
    }
    if stage.sessions(ground)?.iter().any(|session| !session["holder"].is_null()) {
        broken.push("(8) the session is still held".to_owned());
    }
    broken.extend(stage.left_behind(ground)?.into_iter().map(|left| format!("(8) it left {left}")));
    let evidence = Evidence { heard: ended.heard.clone(), before, after };
    broken.extend(evidence.broken());
    Ok(Judged { broken, evidence, restart })
}

fn newest(stage: &Stage, ground: &Ground) -> Option<String> {
    let sessions = stage.sessions(ground).ok()?;
    sessions.first()?["session"].as_str().map(str::to_owned)
}

/// (1) The restart did what it was asked.
fn went_well(output: &Output) -> Vec<String> {
    let reason = serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default()["reason"].clone();
    if output.status.success() && reason == "answered" {
        Vec::new()
    } else {
        vec![format!("(1) going on failed: {}", stage::told(output))]
    }
}

/// (9) Showing the session needs all that a restart does before it asks the model.
fn slow(before: &Seen, after: &Seen) -> Vec<String> {
    let slowest = before.took.max(after.took);
    if slowest < RESTART { Vec::new() } else { vec![format!("(9) opening took {} ms", slowest.as_millis())] }
}
