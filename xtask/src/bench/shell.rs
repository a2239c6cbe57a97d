//! How long the tool `bash` takes for a script that does nothing, against GNU bash.

use super::sample::{Sample, ratio, time};
use super::table::{Table, shown};
use super::worker::Worker;
use crate::demo;
use anyhow::Result;
use std::process::Command;

/// Calls and programs in one turn.
const BATCH: usize = 20;

/// By turns: calls of our shell through the door, calls of the smallest guest there is, starts of GNU bash.
pub(crate) fn measure(rounds: usize) -> Result<Table> {
    let mut worker = Worker::start("bench_door", &demo::prepare()?.project)?;
    worker.times("bash", BATCH)?;
    worker.times("noop", BATCH)?;
    let (mut ours, mut least, mut theirs) = (Sample::default(), Sample::default(), Sample::default());
    for _ in 0..rounds {
        ours.add_all(worker.times("bash", BATCH)?);
        least.add_all(worker.times("noop", BATCH)?);
        for _ in 0..BATCH {
            theirs.add(time(Command::new("bash").args(["-c", "true"]))?);
        }
    }
    let mut table = Table::new("The shell, warm", ["what", "count", "p50", "p99", "p50 ÷ bash -c true"]);
    let rows = [("bash guest, `true`", &ours), ("no-op guest", &least), ("bash -c true", &theirs)];
    for (what, sample) in rows {
        let against = format!("{:.2}", ratio(sample.median(), theirs.median()));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what.to_owned(), sample.len().to_string(), median, worst, against]);
    }
    table.note("goal: p50 ≤ 10 ms (2 × bash -c true)");
    Ok(table)
}
