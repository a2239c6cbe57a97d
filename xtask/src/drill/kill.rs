//! `kill -9` of the real program at any moment: of the clock, or before the nth system call of one of its threads.

use super::control::{LIES, undetected};
use super::random::Random;
use super::run::{self, Ended, Judged};
use super::stage::{self, Ground, Stage};
use super::verdict::Evidence;
use super::{Options, Programs, folder, scenario, trace};
use anyhow::{Context, Result, bail};
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Runs of the full drill.
const RUNS: usize = 1000;

/// Runs of the drill that the tests take along.
pub(super) const SHORT: usize = 25;

/// Runs that go on at once: most of a run is waiting for a disk or for a moment.
const LANES: usize = 2;

/// The system calls of a thread among which one is chosen. The thread that writes the journal makes about so many.
const CALLS: u64 = 420;

/// How many good runs are between two lines of progress.
const LINE: usize = 50;

/// What the lanes share.
struct Lanes {
    seed: u64,
    only: Option<usize>,
    runs: usize,
    /// How long a run takes that nobody disturbs.
    usual: Duration,
    with_strace: bool,
    next: AtomicUsize,
    tally: Mutex<Tally>,
}

/// What all lanes add to.
#[derive(Default)]
struct Tally {
    /// Runs that were killed in time, and those that had ended before.
    killed: usize,
    ended: usize,
    failed: Vec<usize>,
    slowest: Duration,
    /// The farthest good run that was killed: what lies are told about.
    farthest: Option<Evidence>,
}

/// The drill; whether everything held.
pub(super) fn drill(programs: &Programs, options: &Options) -> Result<bool> {
    let (runs, began) = (options.runs.unwrap_or(RUNS), Instant::now());
    let with_strace = trace::is_here();
    if !with_strace {
        println!("strace is not here, so no kill is aimed at a system call; {}", trace::INSTALL);
    }
    println!("drill kill: {runs} runs, --seed {}", options.seed);
    let above = folder("kill")?;
    let stages: Vec<Stage> = (0..LANES)
        .map(|lane| Stage::new(programs, &above.join(format!("lane-{lane}")), scenario::script))
        .collect::<Result<_>>()?;
    let usual = stages.iter().map(warm_up).collect::<Result<Vec<_>>>()?.into_iter().max().unwrap_or_default();
    println!("a run that nobody disturbs takes {} ms", usual.as_millis());
    let lanes = Lanes {
        seed: options.seed,
        only: options.only,
        runs,
        usual,
        with_strace,
        next: AtomicUsize::new(0),
        tally: Mutex::default(),
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = stages.iter().map(|stage| scope.spawn(|| lanes.lane(stage))).collect();
        running.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| bail!("a lane of the drill panicked")))
    })?;
    sum_up(&lanes.tally.into_inner().unwrap_or_else(PoisonError::into_inner), began)
}

/// A run that nobody disturbs: everything is compiled and unpacked after it, and its duration is known.
fn warm_up(stage: &Stage) -> Result<Duration> {
    let mut took = Duration::ZERO;
    for name in ["cold", "warm"] {
        let ground = Ground::new(stage.folder(), name)?;
        let began = Instant::now();
        let output = stage.run(&ground, &[])?;
        took = began.elapsed();
        if !output.status.success() {
            bail!("the scenario fails when nobody disturbs it: {}", stage::told(&output));
        }
        ground.remove()?;
    }
    Ok(took)
}

impl Lanes {
    /// Takes one run after the other until enough were killed.
    fn lane(&self, stage: &Stage) -> Result<()> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let killed = self.tally().killed;
            // A run that had ended before its moment does not count; it must not be that all of them have.
            if self.runs <= killed || self.runs * 2 <= number || self.only.is_some_and(|only| only < number) {
                return Ok(());
            }
            if self.only.is_none_or(|only| only == number) {
                self.one(stage, number).with_context(|| format!("run {number} of seed {}", self.seed))?;
            }
        }
    }

    fn one(&self, stage: &Stage, number: usize) -> Result<()> {
        let ground = Ground::new(stage.folder(), &format!("run-{number}"))?;
        stage.witness.forget()?;
        let (how, ended) = self.break_off(stage, &ground, number)?;
        let judged = run::judge(stage, &ground, &ended);
        let mut tally = self.tally();
        let broken = match judged {
            Ok(judged) => tally.take(&ended, judged),
            Err(error) => vec![format!("(1) {error:#}")],
        };
        if broken.is_empty() {
            ground.remove()?;
        } else {
            tally.failed.push(number);
            println!("run {number} FAILED, killed {how} (repeat: --seed {} --only {number})", self.seed);
            println!("  kept in {}", ground.folder.display());
            for line in &broken {
                println!("  {line}");
            }
        }
        let done = tally.killed + tally.ended;
        if done.is_multiple_of(LINE) {
            println!("  {done} runs, {} failed", tally.failed.len());
        }
        Ok(())
    }

    /// Every third run is aimed at a system call, the others at a moment.
    fn break_off(&self, stage: &Stage, ground: &Ground, number: usize) -> Result<(String, Ended)> {
        let mut random = Random::new(self.seed, number);
        if self.with_strace && number % 3 == 2 {
            let call = 1 + random.below(CALLS);
            return Ok((format!("before system call {call} of a thread"), at_call(stage, ground, call)?));
        }
        let most = u64::try_from(self.usual.as_micros()).unwrap_or(u64::MAX) * 21 / 20;
        let moment = Duration::from_micros(random.below(most));
        Ok((format!("after {} µs", moment.as_micros()), at_moment(stage, ground, moment)?))
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn at_moment(stage: &Stage, ground: &Ground, moment: Duration) -> Result<Ended> {
    let command = stage.task(stage.plain(ground), ground, &["--output-format", "stream-json"]);
    run::broken_off(command, |child: &mut Child| {
        stage::wait(moment);
        // It may have ended before.
        let _ = child.kill();
        Ok(())
    })
}

fn at_call(stage: &Stage, ground: &Ground, call: u64) -> Result<Ended> {
    let inject = format!("inject=%desc,%file:signal=KILL:when={call}");
    let arguments = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=%desc,%file", "-e", &inject].map(str::to_owned);
    let command = stage.under("strace", &arguments, ground);
    run::broken_off(stage.task(command, ground, &["--output-format", "stream-json"]), |_| Ok(()))
}

impl Tally {
    /// Counts a run, and gives back what was wrong with it.
    fn take(&mut self, ended: &Ended, judged: Judged) -> Vec<String> {
        if ended.status.success() {
            self.ended += 1;
        } else {
            self.killed += 1;
        }
        self.slowest = self.slowest.max(judged.restart);
        let mut broken = judged.broken;
        if ended.errors.contains("panicked") {
            broken.push(format!("it panicked: {}", ended.errors));
        }
        let length = |evidence: &Evidence| evidence.before.events.len();
        let farther = self.farthest.as_ref().is_none_or(|farthest| length(farthest) < length(&judged.evidence));
        if broken.is_empty() && farther {
            self.farthest = Some(judged.evidence);
        }
        broken
    }
}

fn sum_up(tally: &Tally, began: Instant) -> Result<bool> {
    let missed = match &tally.farthest {
        Some(evidence) => undetected(evidence),
        None => bail!("no run was good, so that nothing can be said about the verdict"),
    };
    println!(
        "drill kill: {} runs killed, {} ended before, {} failed; the slowest restart took {} ms; {:.0} s",
        tally.killed,
        tally.ended,
        tally.failed.len(),
        tally.slowest.as_millis(),
        began.elapsed().as_secs_f64()
    );
    println!("negative control: {} of {} lies were found", LIES.len() - missed.len(), LIES.len());
    for name in &missed {
        println!("  NOT found: {name}");
    }
    Ok(tally.failed.is_empty() && missed.is_empty())
}
