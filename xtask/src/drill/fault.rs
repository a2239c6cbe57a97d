//! A disk that fails: one call of the record after the other gets an error, or is the last thing that the program does.
//!
//! strace changes what the system answers, so that the program is the real one. Which calls there are is counted first;
//! then each of them fails once, in a run of its own. Short writes come from a limit on the length of files instead: up
//! to it a write is done in part, as on a disk that is full.

use super::run::{self, Ended};
use super::stage::{self, Ground, Stage};
use super::{Options, Programs, folder, scenario, trace};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The most places of one fault; they are spread evenly where there are more.
const MOST: usize = 600;

/// How many faults are between two lines of progress.
const LINE: usize = 100;

/// One kind of fault at one kind of call.
struct Fault {
    name: &'static str,
    /// The system calls, as strace names them.
    calls: &'static str,
    /// What strace does to one of them.
    does: &'static str,
    /// Whether only calls on the journal count; else all of the program's do.
    on_journal: bool,
}

/// Syncs are the record's alone, wherever they are; the other calls count where they touch the journal.
const FAULTS: [Fault; 10] = [
    Fault { name: "failed write", calls: "pwrite64", does: "error=EIO", on_journal: true },
    Fault { name: "write on a full disk", calls: "pwrite64", does: "error=ENOSPC", on_journal: true },
    Fault { name: "death at a write", calls: "pwrite64", does: "signal=KILL", on_journal: true },
    Fault { name: "failed sync", calls: "fsync,fdatasync", does: "error=EIO", on_journal: false },
    Fault { name: "sync on a full disk", calls: "fsync,fdatasync", does: "error=ENOSPC", on_journal: false },
    Fault { name: "death at a sync", calls: "fsync,fdatasync", does: "signal=KILL", on_journal: false },
    Fault { name: "failed read", calls: "pread64", does: "error=EIO", on_journal: true },
    Fault { name: "failed opening or naming", calls: NAMES, does: "error=EIO", on_journal: true },
    Fault { name: "no right to open or name", calls: NAMES, does: "error=EACCES", on_journal: true },
    Fault { name: "death at opening or naming", calls: NAMES, does: "signal=KILL", on_journal: true },
];

/// Calls that open, make, measure, lock and name files.
const NAMES: &str = "openat,mkdir,linkat,ftruncate,flock,fcntl,fchown,chmod,newfstatat,statx";

/// The drill; whether everything held.
pub(super) fn drill(programs: &Programs, options: &Options) -> Result<bool> {
    if !trace::is_here() {
        bail!("strace is not here; {}", trace::INSTALL);
    }
    let (most, began) = (options.runs.unwrap_or(MOST), Instant::now());
    let stage = Stage::new(programs, &folder("fault")?, scenario::script)?;
    let mut bench = Bench { stage: &stage, ground: Ground::new(stage.folder(), "run")?, done: 0, failed: 0 };
    let journal = bench.warm_up()?;
    for fault in &FAULTS {
        bench.everywhere(fault, &journal, most)?;
    }
    bench.short_writes(most)?;
    println!("drill fault: {} faults, {} failed; {:.0} s", bench.done, bench.failed, began.elapsed().as_secs_f64());
    Ok(bench.failed == 0)
}

struct Bench<'a> {
    stage: &'a Stage,
    ground: Ground,
    done: usize,
    failed: usize,
}

impl Bench<'_> {
    /// A run that nobody disturbs, and then the name of the journal's folder, which is the same in each run.
    fn warm_up(&self) -> Result<PathBuf> {
        let output = self.stage.run(&self.ground, &[])?;
        if !output.status.success() {
            bail!("the scenario fails when nobody disturbs it: {}", stage::told(&output));
        }
        self.ground.journal()
    }

    /// The fault at each of its calls.
    fn everywhere(&mut self, fault: &Fault, journal: &Path, most: usize) -> Result<()> {
        self.ground.clear()?;
        self.stage.witness.forget()?;
        let log = self.stage.folder().join("calls");
        self.traced(&arguments(fault, journal, None, &log))?;
        let places = longest(&fs::read_to_string(&log)?);
        let chosen = spread(places, most);
        println!("{}: {} of {places} places ({} {})", fault.name, chosen.len(), fault.does, fault.calls);
        for place in chosen {
            self.ground.clear()?;
            self.stage.witness.forget()?;
            let ended = self.traced(&arguments(fault, journal, Some(place), &log))?;
            let mut broken = Vec::new();
            if fault.calls.contains("fsync") && fault.does.starts_with("error") {
                broken.extend(wrote_on(&fs::read_to_string(&log)?));
            }
            self.judge(&format!("{} {place}", fault.name), fault.does.starts_with("signal"), &ended, broken)?;
        }
        Ok(())
    }

    fn traced(&self, arguments: &[String]) -> Result<Ended> {
        let command = self.stage.under("strace", arguments, &self.ground);
        run::broken_off(self.stage.task(command, &self.ground, &["--output-format", "stream-json"]), |_| Ok(()))
    }

    /// Files that cannot grow beyond a length, for lengths up to the journal's own.
    fn short_writes(&mut self, most: usize) -> Result<()> {
        self.ground.clear()?;
        self.warm_up()?;
        let files = fs::read_dir(self.ground.journal()?)?.flatten();
        let longest = files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).max().unwrap_or(0);
        let places = usize::try_from(longest.div_ceil(512))?;
        let chosen = spread(places, most);
        println!("short write: {} of {places} lengths", chosen.len());
        for blocks in chosen {
            self.ground.clear()?;
            self.stage.witness.forget()?;
            // The limit counts in blocks of 512 bytes (POSIX, `ulimit`). Beyond it there is a signal that ends a program
            // which does not look; a disk that is full has none, so it is left out.
            let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
            let command = self.stage.under("sh", &["-c".to_owned(), script, "sh".to_owned()], &self.ground);
            let task = self.stage.task(command, &self.ground, &["--output-format", "stream-json"]);
            let ended = run::broken_off(task, |_| Ok(()))?;
            self.judge(&format!("short write {blocks}"), false, &ended, Vec::new())?;
        }
        Ok(())
    }

    fn judge(&mut self, what: &str, deadly: bool, ended: &Ended, mut broken: Vec<String>) -> Result<()> {
        broken.extend(manners(ended, deadly));
        match run::judge(self.stage, &self.ground, ended) {
            Ok(judged) => broken.extend(judged.broken),
            Err(error) => broken.push(format!("(1) {error:#}")),
        }
        self.done += 1;
        if self.done.is_multiple_of(LINE) {
            println!("  {} faults, {} failed", self.done, self.failed);
        }
        if broken.is_empty() {
            return Ok(());
        }
        self.failed += 1;
        println!("{what} FAILED");
        for line in &broken {
            println!("  {line}");
        }
        // The next one needs the same folders; what is kept is a copy of the journal and the files.
        let kept = self.stage.folder().join(what.replace(' ', "-"));
        copy(&self.ground.folder, &kept)?;
        println!("  kept in {}", kept.display());
        Ok(())
    }
}

fn arguments(fault: &Fault, journal: &Path, place: Option<usize>, log: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = ["-f", "-y", "-qq", "-s", "0", "-o"].map(str::to_owned).to_vec();
    arguments.push(log.display().to_string());
    if fault.on_journal {
        for name in ["", "journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm", "blobs"] {
            let path = if name.is_empty() { journal.to_owned() } else { journal.join(name) };
            arguments.extend(["-P".to_owned(), path.display().to_string()]);
        }
    }
    let traced = if fault.on_journal { fault.calls.to_owned() } else { format!("{},pwrite64", fault.calls) };
    arguments.extend(["-e".to_owned(), format!("trace={}", if place.is_some() { &traced } else { fault.calls })]);
    if let Some(place) = place {
        arguments.extend(["-e".to_owned(), format!("inject={}:{}:when={place}", fault.calls, fault.does)]);
    }
    arguments
}

/// How many calls the thread with the most of them makes: strace counts for each thread on its own.
fn longest(log: &str) -> usize {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let calls = log.lines().filter(|line| line.contains('(') && !line.contains("resumed>"));
    for thread in calls.filter_map(|line| line.split_whitespace().next()) {
        *counts.entry(thread).or_insert(0) += 1;
    }
    counts.into_values().max().unwrap_or(0)
}

/// At most so many numbers from 1 to another, evenly.
pub(super) fn spread(all: usize, most: usize) -> Vec<usize> {
    if all <= most { (1..=all).collect() } else { (1..=most).map(|at| at * all / most).collect() }
}

/// How a program ends whose disk fails: with a message and not with a panic, unless it was killed.
fn manners(ended: &Ended, deadly: bool) -> Vec<String> {
    let mut broken = Vec::new();
    if ended.errors.contains("panicked") {
        broken.push(format!("it panicked: {}", ended.errors));
    }
    match ended.status.code() {
        Some(0) => {}
        Some(1) if !ended.errors.trim().is_empty() || ended.heard.iter().any(|told| told["type"] == "error") => {}
        Some(1) => broken.push("it failed without a word".to_owned()),
        Some(137) | None if deadly => {}
        _ => broken.push(format!("it ended with {}: {}", ended.status, ended.errors)),
    }
    broken
}

/// X04: after a sync of the journal that failed, nothing is written to it any more.
fn wrote_on(log: &str) -> Vec<String> {
    let is_journal = |line: &&str| line.contains("journal.sqlite3-wal>");
    let mut rest = log.lines().skip_while(|line| !(line.contains("(INJECTED)") && is_journal(line)));
    let Some(failed) = rest.next() else { return Vec::new() };
    let later = rest.filter(is_journal).filter(|line| line.contains("pwrite64(") || line.contains("sync("));
    later.map(|line| format!("after {failed} came {line}")).take(1).collect()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}
