//! A thousand calls at once: how long they take together, how evenly, what a neighbour feels, how much memory they hold.

use super::sample::{Sample, ratio, time};
use super::table::{Table, shown};
use super::worker::Worker;
use crate::demo;
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Calls in a crowd, and programs in one.
const CROWD: usize = 1000;

/// Guests that live at the same time while their memory is looked at: fewer than the engine has places.
const LIVE: usize = 200;

/// How often they are; each look takes seconds and says nearly the same.
const LOOKS: usize = 3;

/// By turns: a crowd of calls, a crowd with a neighbour, a crowd of programs; then guests that only live.
pub(crate) fn measure(rounds: usize) -> Result<Table> {
    let project = demo::prepare()?.project;
    let mut worker = Worker::start("bench_door", &project)?;
    worker.times("crowd", CROWD)?;
    let (mut whole, mut each, mut first) = (Sample::default(), Sample::default(), Sample::default());
    let (mut single, mut programs) = (Sample::default(), Sample::default());
    for _ in 0..rounds {
        let times = worker.times("crowd", CROWD)?;
        whole.add(times.iter().max().copied().unwrap_or_default());
        first.add(times.iter().min().copied().unwrap_or_default());
        each.add_all(times);
        let beside = worker.numbers("neighbour", CROWD)?;
        single.add(Duration::from_nanos(*beside.first().context("the worker tells of the neighbour")?));
        programs.add(programs_at_once()?);
    }
    let mut table =
        Table::new(format!("{CROWD} calls at once"), ["what", "count", "p50", "p99", "p50 ÷ the same of /bin/true"]);
    let rows = [
        ("all of them", &whole),
        ("one of them, from the common begin", &each),
        ("the first of them", &first),
        ("a call of another session, begun when half had ended", &single),
        ("fork+exec /bin/true as often, on each core one after the other", &programs),
    ];
    for (what, sample) in rows {
        let against = format!("{:.3}", ratio(sample.median(), programs.median()));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what.to_owned(), sample.len().to_string(), median, worst, against]);
    }
    table.note("goal: all of them ≤ 0.20 (0.10) × as many programs");
    table.note(memory(&project)?);
    Ok(table)
}

/// The same number of programs, on all cores.
fn programs_at_once() -> Result<Duration> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let cores: Vec<_> = (0..cores)
            .map(|core| {
                let share = (core..CROWD).step_by(cores);
                scope.spawn(|| share.map(|_| time(&mut Command::new("/bin/true"))).collect::<Result<Vec<_>>>())
            })
            .collect();
        cores
            .into_iter()
            .try_for_each(|core| core.join().map_or_else(|_| anyhow::bail!("a core stopped"), |all| all.map(drop)))
    })?;
    Ok(begun.elapsed())
}

/// What live guests hold, and what they leave behind. In a fresh process each time: the engine keeps some memory of ended
/// guests for later ones, which would look like none.
fn memory(project: &Path) -> Result<String> {
    let (mut held, mut kept) = (Vec::new(), Vec::new());
    for _ in 0..LOOKS {
        let looked = Worker::start("bench_door", project)?.numbers("live", LIVE)?;
        let [before, during, after] = looked[..] else { anyhow::bail!("the worker told {looked:?} of the memory") };
        held.push(during.saturating_sub(before) / LIVE as u64 / 1024);
        kept.push(after.saturating_sub(before) / LIVE as u64 / 1024);
    }
    Ok(format!(
        "private memory per live instance, {LIVE} at once: {held:?} KiB (goal 128, stretch 96); still held when they have ended: {kept:?} KiB"
    ))
}
