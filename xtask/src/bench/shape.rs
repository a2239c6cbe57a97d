//! Guests inside the program, or in a child for each workspace: what the start, a call and the memory of either cost.
//!
//! The child is the simplest one there could be: the measuring program itself, asked over a pipe. It does nothing for a
//! call but to run it, so that a real one, which carries permits, questions and earlier states over the pipe, costs more.

use super::sample::{Sample, ratio};
use super::table::{Table, shown};
use super::worker::Worker;
use crate::demo;
use anyhow::{Context, Result};
use std::time::Instant;

/// Calls in one turn.
const BATCH: usize = 50;

/// Workspaces that are in use at the same time while memory is looked at.
const WORKSPACES: usize = 10;

/// By turns: a call inside, a call over the pipe; a new workspace inside, a new child.
pub(crate) fn measure(rounds: usize) -> Result<Table> {
    let project = demo::prepare()?.project;
    let mut inside = Worker::start("bench_door", &project)?;
    inside.times("noop", BATCH)?;
    let (mut calls, mut piped) = (Sample::default(), Sample::default());
    let (mut workspaces, mut children) = (Sample::default(), Sample::default());
    let mut child_memory = Vec::new();
    for _ in 0..rounds {
        calls.add_all(inside.times("noop", BATCH)?);
        for _ in 0..BATCH {
            let asked = Instant::now();
            inside.times("noop", 1)?;
            piped.add(asked.elapsed());
        }
        workspaces.add_all(inside.times("workspace", 1)?);
        let begun = Instant::now();
        let mut child = inside.again()?;
        child.times("noop", 1)?;
        children.add(begun.elapsed());
        child_memory.push(*child.numbers("held", 0)?.first().context("the child tells its memory")?);
    }
    let mut table = Table::new("Process shape", ["what", "count", "p50", "p99", "p50 ÷ inside"]);
    let rows = [
        ("a call inside the program", &calls, &calls),
        ("the same call over a pipe to a child", &piped, &calls),
        ("a new workspace and its first call, inside", &workspaces, &workspaces),
        ("the same in a new child, from its start", &children, &workspaces),
    ];
    for (what, sample, yardstick) in rows {
        let against = format!("{:.2}", ratio(sample.median(), yardstick.median()));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what.to_owned(), sample.len().to_string(), median, worst, against]);
    }
    table.note(memory(&mut inside, child_memory)?);
    Ok(table)
}

fn memory(inside: &mut Worker, mut children: Vec<u64>) -> Result<String> {
    let held = inside.numbers("held", WORKSPACES)?;
    let [before, during] = held[..] else { anyhow::bail!("the worker said {held:?} of its memory") };
    children.sort_unstable();
    let child = children.get(children.len() / 2).copied().unwrap_or_default();
    let each = during.saturating_sub(before) / WORKSPACES as u64;
    Ok(format!(
        "private memory of a workspace after one call: {} KiB inside, {} KiB as a child",
        each >> 10,
        child >> 10
    ))
}
