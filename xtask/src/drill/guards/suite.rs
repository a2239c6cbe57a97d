//! The tests of the copy: built once, then called by name.

use super::tree;
use crate::command::{self, Artifact};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long the named tests of one program may take. Without a guard against what does not end, a test may not end.
const LONGEST: Duration = Duration::from_mins(2);

/// How often a running test is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Every test of the copy, by its name without the modules that it stands in.
pub(super) struct Suite {
    programs: Vec<Program>,
    /// The number of the program, and the test's whole name there.
    tests: BTreeMap<String, Vec<(usize, String)>>,
}

/// A program of tests.
struct Program {
    path: PathBuf,
    /// Where it runs: the folder of its package.
    package: PathBuf,
}

impl Suite {
    /// Builds the programs and the tests of the copy.
    pub(super) fn build() -> Result<Self> {
        built(&["build", "--workspace", "--bins"])?;
        let mut suite = Self { programs: Vec::new(), tests: BTreeMap::new() };
        for Artifact { manifest, program, is_test, .. } in built(&["test", "--workspace", "--no-run"])? {
            if let (Some(path), Some(package), true) = (program, manifest.parent(), is_test) {
                suite.take(Program { path, package: package.to_owned() })?;
            }
        }
        Ok(suite)
    }

    fn take(&mut self, program: Program) -> Result<()> {
        let listed = command::text(program.command().args(["--list", "--format", "terse"]))?;
        for whole in listed.lines().filter_map(|line| line.strip_suffix(": test")) {
            let name = whole.rsplit("::").next().unwrap_or(whole).to_owned();
            self.tests.entry(name).or_default().push((self.programs.len(), whole.to_owned()));
        }
        self.programs.push(program);
        Ok(())
    }

    /// Runs these tests with the guards as the switches say, program by program, and gives the names of those that
    /// turned red. With `first` it ends with the first program that has some. What they say is kept in `log`.
    pub(super) fn red(&self, tests: &BTreeSet<&str>, first: bool, log: &Path) -> Result<Vec<String>> {
        let mut by_program: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for name in tests {
            let found = self.tests.get(*name).with_context(|| format!("no test of the copy is called {name}"))?;
            for (program, whole) in found {
                by_program.entry(*program).or_default().push(whole);
            }
        }
        let mut red = Vec::new();
        for (program, names) in by_program {
            red.extend(self.programs[program].run(&names, log)?);
            if first && !red.is_empty() {
                break;
            }
        }
        Ok(red)
    }
}

impl Program {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.package).env("CARGO_MANIFEST_DIR", &self.package).stdin(Stdio::null());
        // The copy's own programs are beside its tests; what the caller has built has every guard.
        for built in ["BOXAGNTS_BIN", "BOXAGNTS_SCRIPTED_MODEL", "BOXAGNTS_HOSTILE_GUESTS"] {
            command.env_remove(built);
        }
        command
    }

    fn run(&self, names: &[&str], log: &Path) -> Result<Vec<String>> {
        let output = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = self.command();
        command.arg("--exact").args(names).stdout(output.try_clone()?).stderr(output);
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.path.display()))?;
        let ended = wait(&mut child)?;
        let said = String::from_utf8_lossy(&fs::read(log)?).into_owned();
        let verdict = |line: &str| {
            let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
            Some((name.rsplit("::").next().unwrap_or(name).to_owned(), verdict.to_owned()))
        };
        let verdicts: Vec<(String, String)> = said.lines().filter_map(verdict).collect();
        let mut red: Vec<String> =
            verdicts.into_iter().filter(|(_, verdict)| verdict.starts_with("FAILED")).map(|(name, _)| name).collect();
        match ended {
            None => red.push(format!("{} did not end", shortened(names))),
            Some(true) if !said.contains(&format!("{} passed", names.len())) => {
                bail!("{} did not run all of {names:?}", self.path.display());
            }
            // A process that dies takes its verdicts along.
            Some(false) if red.is_empty() => red.push(format!("{} broke", shortened(names))),
            Some(_) => {}
        }
        Ok(red)
    }
}

fn shortened(names: &[&str]) -> String {
    let name = |whole: &&str| whole.rsplit("::").next().unwrap_or(whole).to_owned();
    names.iter().map(name).collect::<Vec<_>>().join(" or ")
}

/// What cargo builds in the copy, with a target of the drill's own. A switch looks odd to the compiler, which says so of
/// each one; that is kept in a file, and shown when there is an error in it.
fn built(arguments: &[&str]) -> Result<Vec<Artifact>> {
    let log = tree::folder().join("log/build.txt");
    let said = File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
    let mut cargo = command::cargo();
    cargo.args(arguments).arg("--message-format=json-render-diagnostics").stderr(said);
    cargo.current_dir(tree::root()).env("CARGO_TARGET_DIR", tree::folder().join("target"));
    // The pack of the caller is copied, and found by its usual place.
    let output = cargo.env_remove("BOXAGNTS_PACK").output().context("cannot start cargo")?;
    if output.status.success() {
        return Ok(command::artifacts_in(&String::from_utf8_lossy(&output.stdout)));
    }
    let said = fs::read_to_string(&log)?;
    let from = said.find("\nerror").unwrap_or(0);
    bail!("the copy cannot be built; {} has all of it:\n{}", log.display(), &said[from..]);
}

/// Whether a program ended well; nothing, when it had to be ended.
fn wait(child: &mut Child) -> Result<Option<bool>> {
    let began = Instant::now();
    while began.elapsed() < LONGEST {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        std::thread::sleep(LOOK);
    }
    let mut family = vec![child.id()];
    family.extend(descendants(child.id()));
    for process in family {
        // It may have ended by itself since.
        let _ = Command::new("kill").args(["-KILL", &process.to_string()]).stderr(Stdio::null()).status();
    }
    child.wait()?;
    Ok(None)
}

/// The processes that one has started, and those that these have started.
fn descendants(process: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().filter_map(Result::ok);
    let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<u32> = children
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect();
    let further: Vec<u32> = children.iter().flat_map(|child| descendants(*child)).collect();
    [children, further].concat()
}
