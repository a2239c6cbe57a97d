//! `kill -9` of the real program at any moment: of the clock, or before the nth system call of one of its threads.

use super::control::{LIES, undetected};
use super::random::Random;
use super::run::{self, Ended, Judged};
use super::stage::{self, Ground, Stage};
use super::verdict::Evidence;
use super::{Options, Programs, folder, scenario, trace};
use anyhow::{Context, Result, bail};
use std::process::Child;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    let lane = |stage: &Stage| -> Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let killed = tally.lock().unwrap_or_else(PoisonError::into_inner).killed;
            // A run that had ended before its moment does not count; it must not be that all of them have.
            if runs <= killed || runs * 2 <= number || options.only.is_some_and(|only| only < number) {
                return Ok(());
            }
            if options.only.is_some_and(|only| only != number) {
                continue;
            }
            one(stage, options.seed, number, usual, with_strace, &tally)
                .with_context(|| format!("run {number} of seed {}", options.seed))?;
        }
    };
    std::thread::scope(|scope| {
        let lanes: Vec<_> = stages.iter().map(|stage| scope.spawn(|| lane(stage))).collect();
        lanes.into_iter().try_for_each(|lane| lane.join().unwrap_or_else(|_| bail!("a lane of the drill panicked")))
    })?;
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    sum_up(&tally, began)
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

fn one(stage: &Stage, seed: u64, number: usize, usual: Duration, aim: bool, tally: &Mutex<Tally>) -> Result<()> {
    let mut random = Random::new(seed, number);
    let ground = Ground::new(stage.folder(), &format!("run-{number}"))?;
    stage.witness.forget()?;
    // Every third is aimed at a system call.
    let (how, ended) = if aim && number % 3 == 2 {
        let call = 1 + random.below(CALLS);
        (format!("before system call {call} of a thread"), at_call(stage, &ground, call)?)
    } else {
        let most = u64::try_from(usual.as_micros()).unwrap_or(u64::MAX) * 21 / 20;
        let moment = Duration::from_micros(random.below(most));
        (format!("after {} µs", moment.as_micros()), at_moment(stage, &ground, moment)?)
    };
    let judged = run::judge(stage, &ground, &ended);
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    let broken = match judged {
        Ok(judged) => tally.take(&ended, judged),
        Err(error) => vec![format!("(1) {error:#}")],
    };
    if broken.is_empty() {
        ground.remove()?;
    } else {
        tally.failed.push(number);
        println!("run {number} FAILED, killed {how} (repeat: --seed {seed} --only {number})");
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
