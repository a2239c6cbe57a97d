//! What the record costs on a disk: an event, a list, a start among many sessions, a long session.

use super::sample::{Sample, ratio};
use super::table::{Table, shown};
use super::worker::Worker;
use crate::place;
use anyhow::Result;
use std::fs;

/// What the worker knows, what it is called here, how often it is done in one turn, and the goal.
const CASES: [(&str, &str, usize, &str); 10] = [
    ("crash", "an event, safe from the end of the process", 100, "≤ 150 µs"),
    ("receipt", "the same with the receipt of a reading call", 100, "≤ 50 µs more"),
    ("receipt-list", "the same with a list of 10,000 paths, kept once", 10, ""),
    ("seal", "a checkpoint inside, of what these wrote", 1, ""),
    ("power", "an event, safe from the loss of power", 10, ""),
    ("newest", "newest 50 of 10,000 sessions", 20, "≤ 2 ms"),
    ("start-small", "start: open, claim, first event, 1 session", 5, ""),
    ("start-large", "the same with 10,000 sessions", 5, "≤ 20 ms more"),
    ("read", "read of a session of 5,000 events", 2, ""),
    ("resume", "the same with its claim, which checks it", 2, "≤ 50 ms"),
];

/// Measures by turns: a batch of each.
pub(crate) fn measure(rounds: usize) -> Result<Table> {
    let folder = place::made().join("bench-record");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut worker = Worker::start("bench_record", &folder)?;
    let mut samples = CASES.map(|_| Sample::default());
    for _ in 0..rounds {
        for ((case, _, batch, _), sample) in CASES.iter().zip(&mut samples) {
            sample.add_all(worker.times(case, *batch)?);
        }
    }
    drop(worker);
    fs::remove_dir_all(&folder)?;
    let least = samples[0].median();
    let mut table = Table::new("The record on a disk", ["what", "count", "p50", "p99", "p50 ÷ an event", "goal (p50)"]);
    for ((_, what, _, goal), sample) in CASES.iter().zip(&samples) {
        let times = [shown(sample.median()), shown(sample.percentile(99))];
        let [median, worst] = times;
        let against = format!("{:.1}", ratio(sample.median(), least));
        table.row([(*what).to_owned(), sample.len().to_string(), median, worst, against, (*goal).to_owned()]);
    }
    table.note("the disk is the one that the folder `target` lies on");
    Ok(table)
}
