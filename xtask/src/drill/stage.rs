//! The folders and programs of one lane of a drill: everything that a run touches is in here.

use super::model::Model;
use super::verdict::Seen;
use super::witness::Witness;
use super::{Programs, scenario};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What runs after each other in one place share: the model, the witness, and the compiled tools.
pub(super) struct Stage {
    folder: PathBuf,
    product: PathBuf,
    model: Model,
    /// Who counts requests.
    pub(super) witness: Witness,
}

/// The folders of one run.
pub(super) struct Ground {
    /// Both of the others; kept when something was wrong.
    pub(super) folder: PathBuf,
    pub(super) workspace: PathBuf,
    pub(super) data: PathBuf,
}

impl Ground {
    /// Fresh folders of this name below another one.
    pub(super) fn new(above: &Path, name: &str) -> Result<Self> {
        let folder = above.join(name);
        let (workspace, data) = (folder.join("workspace"), folder.join("data"));
        for path in [&workspace, &data] {
            fs::create_dir_all(path).with_context(|| format!("cannot create {}", path.display()))?;
        }
        let ground = Self { folder, workspace, data };
        ground.furnish()?;
        Ok(ground)
    }

    fn furnish(&self) -> Result<()> {
        let (name, text) = scenario::OLD;
        fs::write(self.workspace.join(name), text).context("cannot furnish the workspace")
    }

    /// The same folders as if nothing had happened in them. The workspace stays the same folder, so that its journal gets
    /// the same name.
    pub(super) fn clear(&self) -> Result<()> {
        for entry in fs::read_dir(&self.workspace)? {
            fs::remove_file(entry?.path())?;
        }
        fs::remove_dir_all(&self.data)?;
        fs::create_dir_all(&self.data)?;
        self.furnish()
    }

    /// Gone, since nothing was wrong.
    pub(super) fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.folder).with_context(|| format!("cannot remove {}", self.folder.display()))
    }

    /// The folder of the journal, once there is one.
    pub(super) fn journal(&self) -> Result<PathBuf> {
        let all = self.data.join("boxagnts/workspaces");
        let mut found = fs::read_dir(&all).with_context(|| format!("there is no {}", all.display()))?;
        Ok(found.next().context("no journal was made")??.path())
    }
}

impl Stage {
    /// A stage whose model follows a script that may name the witness.
    pub(super) fn new(programs: &Programs, folder: &Path, script: fn(&str) -> Value) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let witness = Witness::start()?;
        let model = Model::start(&programs.model, folder, &script(&witness.origin()))?;
        Ok(Self { folder: folder.to_owned(), product: programs.product.clone(), model, witness })
    }

    /// The folder for what runs leave.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The program with this stage as its world.
    fn prepared(&self, mut command: Command, ground: &Ground) -> Command {
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (variable, part) in
            [("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")]
        {
            command.env(variable, self.folder.join(part));
        }
        command.env("XDG_DATA_HOME", &ground.data).env("HOME", &self.folder);
        command.env("OPENAI_BASE_URL", &self.model.base_url).env("OPENAI_API_KEY", "none");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The program as it is.
    pub(super) fn plain(&self, ground: &Ground) -> Command {
        self.prepared(Command::new(&self.product), ground)
    }

    /// The program under another one, which takes it as its last arguments.
    pub(super) fn under(&self, wrapper: &str, arguments: &[String], ground: &Ground) -> Command {
        let mut command = Command::new(wrapper);
        command.args(arguments).arg(&self.product);
        self.prepared(command, ground)
    }

    /// Adds what makes a command a run of the agent.
    pub(super) fn task(&self, mut command: Command, ground: &Ground, more: &[&str]) -> Command {
        command.args(["run", "-p", "go on", "--model", "openai/x", "--permission-mode", "accept-edits"]);
        command.args(["--allow", &format!("network.get:{}", self.witness.origin()), "--workspace-dir"]);
        command.arg(&ground.workspace).args(more);
        command
    }

    /// What a run to its end gives back.
    pub(super) fn run(&self, ground: &Ground, more: &[&str]) -> Result<Output> {
        self.task(self.plain(ground), ground, more).output().context("cannot start boxagnts")
    }

    fn json(&self, ground: &Ground, arguments: &[&str]) -> Result<Value> {
        let output = self.asked(ground, arguments)?;
        if !output.status.success() {
            bail!("`boxagnts {}` says: {}", arguments.join(" "), told(&output));
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("`boxagnts {}`", arguments.join(" ")))
    }

    /// The answer to a question whose answer may be no.
    fn answer(&self, ground: &Ground, arguments: &[&str]) -> Result<Value> {
        let output = self.asked(ground, arguments)?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`boxagnts {}` says: {}", arguments.join(" "), told(&output)))
    }

    fn asked(&self, ground: &Ground, arguments: &[&str]) -> Result<Output> {
        let mut command = self.plain(ground);
        command.args(arguments).args(["--output-format", "json", "--workspace-dir"]).arg(&ground.workspace);
        command.output().context("cannot start boxagnts")
    }

    /// The sessions that are there.
    pub(super) fn sessions(&self, ground: &Ground) -> Result<Vec<Value>> {
        Ok(self.json(ground, &["session", "list"])?.as_array().cloned().unwrap_or_default())
    }

    /// What can be seen from outside, with the events of a session if there is one.
    pub(super) fn look(&self, ground: &Ground, session: Option<&str>) -> Result<Seen> {
        let began = Instant::now();
        let events = match session {
            Some(session) => self.json(ground, &["session", "show", session])?.as_array().cloned().unwrap_or_default(),
            None => Vec::new(),
        };
        let took = began.elapsed();
        let lines = scenario::lines(&ground.workspace).into_iter().collect();
        let old = fs::read_to_string(ground.workspace.join(scenario::OLD.0)).unwrap_or_default();
        let (log, receipts) = match session {
            Some(session) => (self.answer(ground, &["audit", "verify"])?, self.receipts(ground, session)?),
            None => (Value::Null, BTreeMap::new()),
        };
        Ok(Seen { events, lines, requests: self.witness.counts()?, old, took, log, receipts })
    }

    /// How many lines of the log are about an effect of each call of a session.
    fn receipts(&self, ground: &Ground, session: &str) -> Result<BTreeMap<String, usize>> {
        let mut receipts = BTreeMap::new();
        let log = self.json(ground, &["audit", "show", "--session", session, "--limit", "100000"])?;
        let effects = log.as_array().into_iter().flatten().filter(|receipt| receipt["type"] == "effect");
        for call in effects.filter_map(|receipt| receipt["call"].as_str()) {
            *receipts.entry(call.to_owned()).or_default() += 1;
        }
        Ok(receipts)
    }

    /// What is left in our folders and should not be, and processes of ours that still run.
    pub(super) fn left_behind(&self, ground: &Ground) -> Result<Vec<String>> {
        let mut left = Vec::new();
        if let Ok(journal) = ground.journal() {
            for path in files(&journal)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let is_blob = name.len() == 62 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
                let is_journal = name.starts_with("journal.");
                if !is_blob && !is_journal {
                    left.push(format!("the file {}", path.display()));
                }
            }
        }
        for part in ["tmp", "stage"] {
            let folder = self.folder.join("cache/boxagnts").join(part);
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
            left.extend(entries.map(|entry| format!("{} in the cache", entry.path().display())));
        }
        left.extend(processes(&ground.folder).map(|process| format!("the process {process}")));
        Ok(left)
    }
}

/// What a program said when it failed, on one line.
pub(super) fn told(output: &Output) -> String {
    let text = [&output.stderr[..], &output.stdout[..]].concat();
    let text = String::from_utf8_lossy(&text).trim().replace('\n', " / ");
    format!("{} {}", output.status, text.chars().take(600).collect::<String>())
}

/// Waits for a moment with the grain of a tenth of a millisecond or so.
pub(super) fn wait(time: Duration) {
    std::thread::sleep(time);
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

/// Processes that name a folder in their arguments and are not dead.
fn processes(folder: &Path) -> impl Iterator<Item = String> {
    let folder = folder.display().to_string();
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(move |entry| {
        let arguments = fs::read(entry.path().join("cmdline")).ok()?;
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        arguments.contains(&folder).then(|| format!("{} ({arguments})", entry.file_name().display()))
    })
}
