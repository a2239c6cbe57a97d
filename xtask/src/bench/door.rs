//! What a call costs: the smallest tool through the door, against starting a program that does nothing.

use super::sample::{Sample, ratio, time};
use super::table::{Table, shown};
use super::worker::Worker;
use crate::{command, demo};
use anyhow::Result;
use std::process::Command;

/// Calls and programs in one turn.
const BATCH: usize = 50;

/// Containers in one turn; each costs as much as many calls.
const CONTAINERS: usize = 5;

/// Measures by turns: a batch of calls, a batch of programs, a few programs in a container.
pub(crate) fn measure(rounds: usize) -> Result<Table> {
    let has_bwrap = command::answers("bwrap", &["--ro-bind", "/", "/", "true"]);
    let mut worker = Worker::start("bench_door", &demo::prepare()?.project)?;
    worker.times("noop", BATCH)?;
    let (mut calls, mut reads, mut programs, mut containers) =
        (Sample::default(), Sample::default(), Sample::default(), Sample::default());
    for _ in 0..rounds {
        calls.add_all(worker.times("noop", BATCH)?);
        reads.add_all(worker.times("read", BATCH)?);
        for _ in 0..BATCH {
            programs.add(time(&mut Command::new("/bin/true"))?);
        }
        for _ in 0..if has_bwrap { CONTAINERS } else { 0 } {
            containers.add(time(Command::new("bwrap").args(["--ro-bind", "/", "/", "true"]))?);
        }
    }
    let mut table = Table::new("One call through the door", ["what", "count", "p50", "p99", "p50 ÷ /bin/true"]);
    let rows = [
        ("no-op guest", &calls),
        ("read guest, a small file", &reads),
        ("fork+exec /bin/true", &programs),
        ("bwrap --ro-bind / / true", &containers),
    ];
    for (what, sample) in rows.into_iter().filter(|(_, sample)| sample.len() != 0) {
        let against = ratio(sample.median(), programs.median());
        let times = [shown(sample.median()), shown(sample.percentile(99))];
        let [median, worst] = times;
        table.row([what.to_owned(), sample.len().to_string(), median, worst, format!("{against:.2}")]);
    }
    if has_bwrap {
        let worst = ratio(calls.percentile(99), containers.percentile(99));
        table.note(format!("p99 of the no-op call ÷ p99 of bubblewrap: {worst:.3} (goal 0.05); p50 goal: 0.25"));
    } else {
        table.note("bubblewrap was not measured: install it with `apt install bubblewrap`");
    }
    Ok(table)
}
