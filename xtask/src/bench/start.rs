//! How long the program takes to say its version, which is the least that any use of it costs.

use super::sample::{Sample, ratio, time};
use super::table::{Table, shown};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// Starts of each program in one turn.
const BATCH: usize = 10;

pub(crate) fn measure(program: &Path, rounds: usize) -> Result<Table> {
    let (mut ours, mut least) = (Sample::default(), Sample::default());
    // The first start reads the program from the disk.
    time(Command::new(program).arg("--version"))?;
    for _ in 0..rounds * BATCH {
        ours.add(time(Command::new(program).arg("--version"))?);
        least.add(time(&mut Command::new("/bin/true"))?);
    }
    let mut table = Table::new("Start of the program", ["what", "count", "p50", "p99", "p50 ÷ /bin/true"]);
    for (what, sample) in [("boxagnts --version", &ours), ("/bin/true", &least)] {
        let against = format!("{:.2}", ratio(sample.median(), least.median()));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what.to_owned(), sample.len().to_string(), median, worst, against]);
    }
    table.note("goal: p50 ≤ 4 ms");
    Ok(table)
}
