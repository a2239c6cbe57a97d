//! The power goes out: the scenario's writes are recorded once, and every beginning of them becomes a disk of its own,
//! without what was not synced, with all of it, and with some of it in any order and torn. The real program opens each.

use super::disk::{Deed, Disk, Found, Loss};
use super::random::Random;
use super::stage::{self, Ground, Stage};
use super::{Options, Programs, fault, folder, run, scenario, trace, verdict};
use anyhow::{Context, Result, bail};
use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The most beginnings that are looked at.
const MOST: usize = 1500;

/// What is lost of each beginning; chance has two turns.
const LOSSES: [Loss; 4] = [Loss::All, Loss::Nothing, Loss::Some, Loss::Some];

/// How many disks are between two that go on with the session.
const GOES_ON: usize = 12;

/// How many disks are between two lines of progress.
const LINE: usize = 250;

/// The drill; whether everything held.
pub(super) fn drill(programs: &Programs, options: &Options) -> Result<bool> {
    if !trace::is_here() {
        bail!("strace is not here; {}", trace::INSTALL);
    }
    let began = Instant::now();
    let stage = Stage::new(programs, &folder("power")?, scenario::script)?;
    let ground = Ground::new(stage.folder(), "run")?;
    let output = stage.run(&ground, &[])?;
    if !output.status.success() {
        bail!("the scenario fails when nobody disturbs it: {}", stage::told(&output));
    }
    ground.clear()?;
    let deeds = recorded(&stage, &ground)?;
    let mut bench = Bench::new(&stage, ground, deeds)?;
    let places = fault::spread(bench.deeds.len(), options.runs.unwrap_or(MOST));
    println!(
        "drill power: {} of {} beginnings, {} losses each, --seed {}",
        places.len(),
        bench.deeds.len(),
        LOSSES.len(),
        options.seed
    );
    for place in places {
        for (turn, loss) in LOSSES.into_iter().enumerate() {
            bench.lose(place, loss, &mut Random::new(options.seed, place * LOSSES.len() + turn))?;
        }
    }
    let control = bench.control()?;
    println!(
        "drill power: {} disks, {} refused with a reason, {} went on, {} failed; {:.0} s",
        bench.seen.len(),
        bench.refused,
        bench.went_on,
        bench.failed,
        began.elapsed().as_secs_f64()
    );
    println!("negative control: a disk that never syncs is {}", if control { "found" } else { "NOT found" });
    Ok(bench.failed == 0 && control)
}

/// The deeds of a run that nobody disturbs, as far as they are about our data or the workspace.
fn recorded(stage: &Stage, ground: &Ground) -> Result<Vec<Deed>> {
    stage.witness.forget()?;
    let log = stage.folder().join("account");
    let mut arguments = trace::ACCOUNT.map(str::to_owned).to_vec();
    arguments.extend(["-o".to_owned(), log.display().to_string()]);
    let task = stage.task(stage.under("strace", &arguments, ground), ground, &["--output-format", "stream-json"]);
    let ended = run::broken_off(task, |_| Ok(()))?;
    if !ended.status.success() {
        bail!("the scenario fails under strace: {}", ended.errors);
    }
    let inside = format!("{}/", ground.folder.display());
    let matters = |path: &str| path.starts_with(&inside) && !path.ends_with("-shm");
    let deeds = trace::deeds(&fs::read_to_string(log)?);
    Ok(deeds.into_iter().filter(|deed| matters(deed.path())).collect())
}

struct Bench<'a> {
    stage: &'a Stage,
    ground: Ground,
    deeds: Vec<Deed>,
    /// The journal's file stays the same one on the disk: a journal whose file is another one is a copy.
    database: PathBuf,
    aside: PathBuf,
    /// Disks that were looked at: many beginnings look alike.
    seen: HashSet<u64>,
    refused: usize,
    went_on: usize,
    failed: usize,
}

impl<'a> Bench<'a> {
    fn new(stage: &'a Stage, ground: Ground, deeds: Vec<Deed>) -> Result<Self> {
        let database = ground.journal()?.join("journal.sqlite3");
        let aside = stage.folder().join("journal-aside");
        fs::rename(&database, &aside).context("there is no journal")?;
        Ok(Self { stage, ground, deeds, database, aside, seen: HashSet::new(), refused: 0, went_on: 0, failed: 0 })
    }

    /// Where the world is: its files are as they were at that moment, whatever the record lost.
    fn is_world(&self, deed: &Deed) -> bool {
        Path::new(deed.path()).starts_with(&self.ground.workspace)
    }

    fn found(&self, place: usize, loss: Loss, random: &mut Random, honest: bool) -> Found {
        let old = self.ground.workspace.join(scenario::OLD.0).display().to_string();
        let (mut world, mut record) = (Disk::with(&old, scenario::OLD.1.as_bytes()), Disk::default());
        for deed in &self.deeds[..place] {
            if self.is_world(deed) {
                world.take(deed);
            } else if honest || !matches!(deed, Deed::Sync(path) if path.ends_with("-wal")) {
                record.take(deed);
            }
        }
        let (_, files) = world.after(Loss::Nothing, random);
        let (folders, more) = record.after(loss, random);
        (folders, files.into_iter().chain(more).collect())
    }

    /// One disk: laid out, opened, judged.
    fn lose(&mut self, place: usize, loss: Loss, random: &mut Random) -> Result<()> {
        let found = self.found(place, loss, random, true);
        let mut hasher = DefaultHasher::new();
        found.hash(&mut hasher);
        if !self.seen.insert(hasher.finish()) {
            return Ok(());
        }
        let broken = self.judge(&found, self.seen.len().is_multiple_of(GOES_ON))?;
        if self.seen.len().is_multiple_of(LINE) {
            println!("  {} disks, {} failed", self.seen.len(), self.failed);
        }
        if !broken.is_empty() {
            self.failed += 1;
            println!("after {place} deeds, {loss:?} lost: FAILED; the last deed was {}", self.deeds[place - 1].told());
            for line in &broken {
                println!("  {line}");
            }
        }
        Ok(())
    }

    fn judge(&mut self, found: &Found, go_on: bool) -> Result<Vec<String>> {
        self.lay_out(found)?;
        let (sessions, marks) = (self.stage.sessions(&self.ground), scenario::lines(&self.ground.workspace));
        let sessions = match sessions {
            Ok(sessions) => sessions,
            Err(error) => {
                let told = format!("{error:#}");
                let rude = told.contains("panicked") || told.contains("signal");
                if rude || !marks.is_empty() {
                    return Ok(vec![format!("{} effects happened, and the journal is refused: {told}", marks.len())]);
                }
                self.refused += 1;
                return Ok(Vec::new());
            }
        };
        let session = sessions.first().and_then(|session| session["session"].as_str());
        let seen = match self.stage.look(&self.ground, session) {
            Ok(seen) => seen,
            Err(error) => return Ok(vec![format!("(1) {error:#}")]),
        };
        let mut broken = verdict::durable(&seen);
        if let Some(session) = session.filter(|_| go_on) {
            self.went_on += 1;
            let output = self.stage.run(&self.ground, &["--resume", session])?;
            if output.status.success() {
                broken.extend(verdict::durable(&self.stage.look(&self.ground, Some(session))?));
            } else {
                broken.push(format!("(1) going on failed: {}", stage::told(&output)));
            }
        }
        Ok(broken)
    }

    /// Makes the ground look like the disk.
    fn lay_out(&self, (folders, files): &Found) -> Result<()> {
        if self.database.exists() {
            fs::rename(&self.database, &self.aside)?;
        }
        self.ground.clear()?;
        fs::remove_file(self.ground.workspace.join(scenario::OLD.0))?;
        for folder in folders {
            fs::create_dir_all(folder)?;
        }
        for (path, bytes) in files {
            let path = Path::new(path);
            // A nameless file is gone with the process.
            if path.display().to_string().ends_with(" (deleted)") {
                continue;
            }
            if path == self.database {
                fs::rename(&self.aside, path)?;
            }
            fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(())
    }

    /// A disk that does not sync the log although it says so must be found out.
    fn control(&mut self) -> Result<bool> {
        let last_effect = self.deeds.iter().rposition(|deed| self.is_world(deed)).context("nothing happened")?;
        let found = self.found(last_effect + 1, Loss::All, &mut Random::new(0, 0), false);
        Ok(!self.judge(&found, false)?.is_empty())
    }
}
