//! A whole turn of the program, from its start to its exit, against a scripted model on the wire of a real one.

use super::sample::{Sample, ratio, time};
use super::spent;
use super::table::{Table, shown};
use crate::binary::{self, Profile};
use crate::{command, place};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Calls of the long turn: one in each step, so that each waits for the model's next word.
const CALLS: usize = 20;

/// The folder of the workspace that turns write into.
const WRITTEN: &str = "out";

/// What the model says last; it proves that every call was answered.
const END: &str = "Everything was done.";

/// A home and a workspace for turns that nobody looks at afterwards.
pub(crate) struct Home {
    folder: PathBuf,
}

impl Home {
    /// Empty of journals, with files to read in the workspace.
    pub(crate) fn fresh(name: &str) -> Result<Self> {
        let home = Self { folder: place::made().join("bench-home").join(name) };
        if home.folder.exists() {
            fs::remove_dir_all(&home.folder)?;
        }
        fs::create_dir_all(home.workspace())?;
        for number in 0..CALLS {
            fs::write(home.workspace().join(format!("file-{number}.txt")), format!("This is file {number}.\n"))?;
        }
        Ok(home)
    }

    fn workspace(&self) -> PathBuf {
        self.folder.join("workspace")
    }

    /// Takes away what turns have written, so that the next one makes it new and has no earlier content to keep.
    fn without_written(&self) -> Result<()> {
        match fs::remove_dir_all(self.workspace().join(WRITTEN)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// A server on this workspace, at any free port.
    pub(crate) fn serve(&self, program: &Path) -> Command {
        let mut serve = Command::new(program);
        serve.args(["--port", "0"]).current_dir(self.workspace()).env_clear().env("HOME", &self.folder);
        serve
    }

    /// What programs show to the server that runs on this workspace.
    pub(crate) fn token(&self) -> Result<String> {
        let servers = self.folder.join(".local/state/boxagnts/servers");
        let mut folders = fs::read_dir(&servers).with_context(|| format!("cannot read {}", servers.display()))?;
        let note = folders.next().context("there is no server")??.path().join("server.json");
        let note: Value = serde_json::from_slice(&fs::read(note)?)?;
        Ok(note["token"].as_str().context("a server has a token")?.to_owned())
    }

    /// A turn with the model of this address.
    pub(crate) fn run(&self, program: &Path, base_url: &str, arguments: &[&str]) -> Command {
        let mut run = Command::new(program);
        run.args(["run", "-p", "Go", "--model", "openai/x"]).args(arguments).current_dir(self.workspace());
        run.env_clear().env("HOME", &self.folder).env("OPENAI_BASE_URL", base_url).stdin(Stdio::null());
        run
    }
}

/// The scripted model as a process of its own; it ends when this is dropped.
pub(crate) struct Model {
    process: Child,
    base_url: String,
}

impl Model {
    /// One that asks for these calls, one in each step, in every conversation.
    fn start(program: &Path, home: &Home, name: &str, calls: &[Value]) -> Result<Self> {
        let mut replies: Vec<Value> = calls.iter().map(|call| json!({"calls": [call]})).collect();
        replies.push(json!({"text": END}));
        Self::saying(program, home, name, &json!({"order": "step", "replies": replies}))
    }

    /// One that says what a script says.
    pub(crate) fn saying(program: &Path, home: &Home, name: &str, script: &Value) -> Result<Self> {
        let file = home.folder.join(format!("{name}.json"));
        fs::write(&file, script.to_string())?;
        let mut start = Command::new(program);
        let mut process = start.arg("--script").arg(file).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().context("the scripted model has an output")?;
        BufReader::new(output).read_line(&mut line)?;
        Ok(Self { process, base_url: line.trim().to_owned() })
    }

    /// What belongs into `OPENAI_BASE_URL`.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A turn of so many calls.
struct Turn {
    what: String,
    model: Model,
    calls: usize,
    runs: Runs,
}

/// How long some program took, again and again.
#[derive(Default)]
struct Runs {
    /// On the clock.
    times: Sample,
    /// Computing.
    spent: Sample,
}

impl Runs {
    fn add(&mut self, command: &mut Command) -> Result<()> {
        self.spent.add(spent::by_programs(|| {
            self.times.add(time(command)?);
            Ok(())
        })?);
        Ok(())
    }
}

/// By turns: the program with no call, one and many; programs that do nothing; one write that reaches the disk.
pub(crate) fn measure(program: &Path, rounds: usize) -> Result<Table> {
    let (home, model) = (Home::fresh("turn")?, binary::program("scripted-model", Profile::Release)?);
    let mut turns = turns(&home, &model)?;
    for turn in &turns {
        check(&home, program, turn)?;
    }
    let python = interpreter();
    let (mut least, mut interpreted, mut synced) = (Runs::default(), Runs::default(), Runs::default());
    for _ in 0..rounds {
        for turn in &mut turns {
            home.without_written()?;
            turn.runs.add(&mut ask(&home, program, turn))?;
        }
        least.add(&mut Command::new("/bin/true"))?;
        if let Some(python) = &python {
            interpreted.add(Command::new(python).args(["-c", "pass"]))?;
        }
        synced.times.add(sync(&home)?);
    }
    Ok(table(&turns, [("/bin/true", &least), ("python3 -c pass", &interpreted), ("one fsync of 4 KiB", &synced)]))
}

fn turns(home: &Home, model: &Path) -> Result<Vec<Turn>> {
    let read = |number: usize| json!({"tool": "read", "input": {"path": format!("file-{number}.txt")}});
    let write = |number: usize| json!({"tool": "write", "input": {"path": format!("{WRITTEN}/file-{number}.txt"), "content": "written\n"}});
    let turn = |name: &str, what: String, calls: Vec<Value>| -> Result<Turn> {
        let model = Model::start(model, home, name, &calls)?;
        Ok(Turn { what, model, calls: calls.len(), runs: Runs::default() })
    };
    Ok(vec![
        turn("none", "`run` without a call".to_owned(), Vec::new())?,
        turn("read", "`run` with one `read`".to_owned(), vec![read(0)])?,
        turn("reads", format!("`run` with {CALLS} `read`"), (0..CALLS).map(read).collect())?,
        turn("write", "`run` with one `write`".to_owned(), vec![write(0)])?,
        turn("writes", format!("`run` with {CALLS} `write`"), (0..CALLS).map(write).collect())?,
    ])
}

fn ask(home: &Home, program: &Path, turn: &Turn) -> Command {
    home.run(program, &turn.model.base_url, &["--permission-mode", "accept-edits"])
}

/// A turn that did not do what it should would be fast for the wrong reason.
fn check(home: &Home, program: &Path, turn: &Turn) -> Result<()> {
    let text = command::text(ask(home, program, turn).args(["--output-format", "stream-json"]))?;
    let events = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_done = |event: &Value| event["type"] == "call.finished" && event["outcome"] == "done";
    let done = events.filter(is_done).count();
    if done != turn.calls || !END.split(' ').all(|word| text.contains(word)) {
        bail!("{}: {done} calls were done:\n{text}", turn.what);
    }
    Ok(())
}

/// Python itself, behind whatever chooses among its versions.
fn interpreter() -> Option<PathBuf> {
    let named = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().ok()?;
    named.status.success().then(|| String::from_utf8_lossy(&named.stdout).trim().into())
}

/// How long this disk takes to keep something, which every record of a change waits for.
fn sync(home: &Home) -> Result<Duration> {
    let mut file = fs::File::options().create(true).append(true).open(home.folder.join("synced"))?;
    let began = Instant::now();
    file.write_all(&[0; 4096])?;
    file.sync_data()?;
    Ok(began.elapsed())
}

fn table(turns: &[Turn], yardsticks: [(&str, &Runs); 3]) -> Table {
    let least = yardsticks[0].1.times.median();
    let mut table =
        Table::new("A turn, from start to exit", ["what", "count", "p50", "p99", "p50 ÷ /bin/true", "computing"]);
    let ours = turns.iter().map(|turn| (turn.what.as_str(), &turn.runs));
    for (what, runs) in ours.chain(yardsticks).filter(|(_, runs)| runs.times.len() != 0) {
        let sample = &runs.times;
        let against = format!("{:.1}", ratio(sample.median(), least));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        let spent = if runs.spent.len() == 0 { String::new() } else { shown(runs.spent.mean()) };
        table.row([what.to_owned(), sample.len().to_string(), median, worst, against, spent]);
    }
    for (one, many) in [(1, 2), (3, 4)] {
        let (one, many) = (&turns[one].runs, &turns[many]);
        let calls = u32::try_from(CALLS - 1).unwrap_or(u32::MAX);
        let further = |more: Duration, less: Duration| shown(more.saturating_sub(less) / calls);
        let (times, spent) = (&many.runs.times, &many.runs.spent);
        let clock = further(times.median(), one.times.median());
        let computing = further(spent.mean(), one.spent.mean());
        table.note(format!("each further call of {}: {clock}, of which {computing} computing", many.what));
    }
    table.note(
        "measured elsewhere, on 2 shared cores: a turn with one call 266 ms (Codex, sandboxed), 34 to 49 ms (ZeroClaw, \
         without a sandbox); each further call 3.9 ms (ZeroClaw), 157 to 198 ms (Codex). Goals: one call ≤ 27 ms, each \
         further read ≤ 1.2 ms, each further write one fsync more",
    );
    table
}
