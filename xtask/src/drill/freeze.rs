//! A process that stands still (SIGSTOP, a laptop that sleeps) past its lease, while another one takes its session over.
//!
//! When it goes on it must change nothing any more: its fence is stale. The negative control gives it its fence back from
//! outside, and must see the harm.

use super::run::{self, Ended};
use super::stage::{self, Ground, Stage};
use super::verdict::{Evidence, Seen};
use super::{Programs, folder};
use crate::command;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

/// A lease lasts thirty seconds; after this long the session must be free.
const LEASE: Duration = Duration::from_secs(45);

/// How long something may take that needs no lease.
const SOON: Duration = Duration::from_secs(20);

/// Between two looks.
const BLINK: Duration = Duration::from_millis(50);

/// A moment to stand still in.
struct Scene {
    name: &'static str,
    script: fn(&str) -> Value,
    /// Whether the moment has come.
    has_come: fn(&Stage, &Ground) -> bool,
    /// Whether the fence is given back from outside.
    control: bool,
}

const SCENES: [Scene; 3] = [
    Scene { name: "while the model speaks", script: slow_model, has_come: is_in_turn, control: false },
    Scene { name: "inside a call", script: slow_call, has_come: has_written, control: false },
    Scene { name: "negative control", script: slow_call, has_come: has_written, control: true },
];

fn slow_model(_: &str) -> Value {
    let call = json!({"tool": "bash", "input": {"script": "echo k01 >> log.txt"}});
    let (slow, done) = (vec!["slow"; 60].join(" "), json!({"text": "Done."}));
    json!({"order": "step", "replies": [{"text": slow, "pause_ms": 50, "calls": [call]}, done, done, done]})
}

fn slow_call(_: &str) -> Value {
    let script = "echo k04 >> log.txt; sleep 4; echo k06 >> side.txt";
    let (call, done) = (json!({"tool": "bash", "input": {"script": script}}), json!({"text": "Done."}));
    json!({"order": "step", "replies": [{"calls": [call]}, done, done, done]})
}

fn is_in_turn(stage: &Stage, ground: &Ground) -> bool {
    stage.sessions(ground).is_ok_and(|sessions| sessions.iter().any(|session| session["turns"] == 1))
}

fn has_written(_: &Stage, ground: &Ground) -> bool {
    fs::read_to_string(ground.workspace.join("log.txt")).is_ok_and(|text| text.contains("k04"))
}

/// The drill; whether everything held.
pub(super) fn drill(programs: &Programs) -> Result<bool> {
    let above = folder("freeze")?;
    println!("drill freeze: {} scenes, side by side; a lease must end in each", SCENES.len());
    let play = |scene: &Scene| -> Result<(Vec<String>, Vec<String>)> {
        let stage = Stage::new(programs, &above.join(scene.name.replace(' ', "-")), scene.script)?;
        scene.play(&stage).with_context(|| scene.name)
    };
    let results: Vec<Result<_>> = std::thread::scope(|scope| {
        let scenes: Vec<_> = SCENES.iter().map(|scene| scope.spawn(|| play(scene))).collect();
        scenes.into_iter().map(|scene| scene.join().unwrap_or_else(|_| bail!("a scene panicked"))).collect()
    });
    let mut good = true;
    for (scene, result) in SCENES.iter().zip(results) {
        let (broken, changed) = result?;
        // A control in which nothing is changed has failed.
        let passed = if scene.control { !changed.is_empty() } else { broken.is_empty() && changed.is_empty() };
        good &= passed;
        println!("{}: {}", scene.name, if passed { "as it must be" } else { "FAILED" });
        let lines = if scene.control && passed { Vec::new() } else { broken };
        for line in lines.iter().chain(&changed) {
            println!("  {line}");
        }
    }
    Ok(good)
}

/// What the scene has seen before the first process goes on.
struct Taken {
    session: String,
    evidence: Evidence,
    broken: Vec<String>,
}

impl Scene {
    /// What does not hold, and what the process changed after it came back.
    fn play(&self, stage: &Stage) -> Result<(Vec<String>, Vec<String>)> {
        if self.control && !command::answers("sqlite3", &["--version"]) {
            bail!(
                "the negative control needs sqlite3: `apt install sqlite3`, `dnf install sqlite` or `brew install sqlite`"
            );
        }
        let ground = Ground::new(stage.folder(), "run")?;
        let mut taken = None;
        let mut task = stage.task(stage.plain(&ground), &ground, &["--output-format", "stream-json"]);
        // In a group of its own, so that nobody's terminal has a say in who is stopped.
        task.process_group(0);
        let ended = run::broken_off(task, |child| {
            taken = Some(self.stand_still(stage, &ground, child)?);
            signal("CONT", child)?;
            within(SOON, "the first process ends", || Ok(child.try_wait()?.is_some()))
        })?;
        let Taken { session, evidence, mut broken } = taken.context("nothing was taken over")?;
        broken.extend(evidence.broken());
        broken.extend(parting(&ended));
        let last = stage.look(&ground, Some(&session))?;
        broken.extend(stage.left_behind(&ground)?.into_iter().map(|left| format!("(8) it left {left}")));
        Ok((broken, changed(&evidence.after, &last)))
    }

    /// Stops the process, and lets another one take its session over and end its turn.
    fn stand_still(&self, stage: &Stage, ground: &Ground, child: &mut Child) -> Result<Taken> {
        within(SOON, "the moment comes", || Ok((self.has_come)(stage, ground)))?;
        signal("STOP", child)?;
        let sessions = stage.sessions(ground)?;
        let session =
            sessions.first().and_then(|session| session["session"].as_str()).context("there is no session")?;
        let before = stage.look(ground, Some(session))?;
        let fence = if self.control { sql(ground, "SELECT fence FROM leases")? } else { String::new() };
        let mut broken = Vec::new();
        let early = stage.run(ground, &["--resume", session])?;
        if early.status.success() || !stage::told(&early).contains("in use by") {
            broken.push(format!("the session was taken from a process that holds it: {}", stage::told(&early)));
        }
        let output = takeover(stage, ground, session)?;
        if !output.status.success() {
            broken.push(format!("(1) going on failed: {}", stage::told(&output)));
        }
        let after = stage.look(ground, Some(session))?;
        if self.control {
            sql(ground, &format!("UPDATE leases SET fence = {fence}, holder = 'the control', expires = 9e15"))?;
        }
        Ok(Taken { session: session.to_owned(), evidence: Evidence { heard: Vec::new(), before, after }, broken })
    }
}

/// Tries until the lease has ended.
fn takeover(stage: &Stage, ground: &Ground, session: &str) -> Result<Output> {
    let mut last = None;
    within(LEASE, "the lease ends", || {
        let output = stage.run(ground, &["--resume", session])?;
        let held = stage::told(&output).contains("in use by");
        last = Some(output);
        Ok(!held)
    })?;
    last.context("it was never tried")
}

/// The process that came back says why it stops.
fn parting(ended: &Ended) -> Vec<String> {
    let said = ended.heard.iter().filter_map(|told| told["message"].as_str()).chain([ended.errors.as_str()]);
    let said: Vec<&str> = said.filter(|text| !text.is_empty()).collect();
    let clear = said.iter().any(|text| text.contains("another process"));
    if ended.status.code() == Some(1) && clear {
        return Vec::new();
    }
    vec![format!("the process that came back ended with {} and said: {}", ended.status, said.join(" / "))]
}

/// What the process changed after it came back.
fn changed(before: &Seen, after: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    if before.events != after.events {
        let more = after.events.len().saturating_sub(before.events.len());
        broken.push(format!("it wrote to the journal after it came back: {more} more events"));
    }
    if before.lines != after.lines {
        broken.push(format!("it changed files after it came back: {:?} became {:?}", before.lines, after.lines));
    }
    broken
}

fn signal(name: &str, child: &Child) -> Result<()> {
    command::run(Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()))
}

/// Looks again and again until something is so.
fn within(time: Duration, what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let began = Instant::now();
    while !is_so()? {
        if time < began.elapsed() {
            bail!("in {} s it did not happen that {what}", time.as_secs());
        }
        stage::wait(BLINK);
    }
    Ok(())
}

fn sql(ground: &Ground, statement: &str) -> Result<String> {
    let file = ground.journal()?.join("journal.sqlite3");
    let output = sqlite(&file).arg(statement).output().context("cannot start sqlite3")?;
    if !output.status.success() {
        bail!("sqlite3 says: {}", stage::told(&output));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn sqlite(file: &Path) -> Command {
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg(file);
    sqlite
}
