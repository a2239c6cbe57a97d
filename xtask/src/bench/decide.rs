//! What a decision costs, under the defaults, fifty grants and five ceilings with globs.

use super::sample::Sample;
use super::table::{Table, shown};
use crate::command;
use anyhow::{Context, Result, bail};
use std::process::Command;
use std::time::Duration;

/// The goal: 99 of a hundred decisions take less.
const GOAL: Duration = Duration::from_micros(10);

/// The example that measures; the law is built alone, which takes a minute and not the many of the whole product.
const EXAMPLE: &str = "bench_decide";

/// Decides each case 20,000 times, on one thread.
pub(crate) fn measure() -> Result<Table> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--release", "--package", "boxagnts-capability", "--example", EXAMPLE]);
    let built = command::artifacts(&mut cargo)?.into_iter().find(|artifact| artifact.name == EXAMPLE);
    let program = built.and_then(|built| built.program).with_context(|| format!("cargo built no `{EXAMPLE}`"))?;
    let told = command::text(&mut Command::new(program))?;
    let mut table = Table::new("One decision", ["what", "count", "p50", "p99"]);
    let mut all = Sample::default();
    for line in told.lines() {
        let Some((what, times)) = line.split_once('\t') else { bail!("`{EXAMPLE}` said `{line}`") };
        let times: Result<Vec<u64>, _> = times.split(' ').map(str::parse).collect();
        let times: Vec<Duration> = times?.into_iter().map(Duration::from_nanos).collect();
        let mut sample = Sample::default();
        sample.add_all(times.iter().copied());
        all.add_all(times);
        let [median, worst] = [sample.median(), sample.percentile(99)].map(shown);
        table.row([what.to_owned(), sample.len().to_string(), median, worst]);
    }
    let (median, worst) = (all.median(), all.percentile(99));
    table.row(["all of them".to_owned(), all.len().to_string(), shown(median), shown(worst)]);
    let verdict = if worst < GOAL { "met" } else { "missed" };
    table.note(format!("p99 of all: {} (goal {}): {verdict}", shown(worst), shown(GOAL)));
    Ok(table)
}
