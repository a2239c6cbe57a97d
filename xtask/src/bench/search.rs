//! `grep` and `glob` over a big tree, against ripgrep on one thread with equal results, and against the same guests over
//! a filesystem that asks nobody.

use super::sample::{Sample, ratio, time};
use super::table::{Table, shown};
use super::tree;
use super::worker::Worker;
use crate::{command, rival};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::path::Path;

/// Notes that people leave for themselves: common enough to be found in any tree.
const PATTERN: &str = "TODO|FIXME";

/// One tool and what it is compared with.
struct Rivals {
    tool: &'static str,
    input: Value,
    theirs: &'static [&'static str],
    named: &'static str,
    /// What the worker calls it.
    case: &'static str,
    /// What follows the number of all results, when not all are shown.
    counted: &'static str,
}

/// By turns: ours as a call inside a running program, ours as a program, theirs as a program.
pub(crate) fn measure(program: &Path, rounds: usize, named: Option<&Path>) -> Result<Table> {
    let folder = tree::tree(named)?;
    let (files, bytes) = tree::extent(&folder)?;
    let title = format!("Search over {files} files, {} MB", bytes / 1_000_000);
    let mut table = Table::new(title, ["what", "count", "p50", "p99", "p50 ÷ ripgrep"]);
    if !rival::is_here() {
        table.note(format!("ripgrep was not measured: {}", rival::INSTALL));
        return Ok(table);
    }
    let mut workers = [Worker::start("bench_door", &folder)?, Worker::start("bench_plain", &folder)?];
    for rivals in rivals() {
        let results = check_equal(program, &folder, &rivals)?;
        race(&mut table, program, &folder, &rivals, &mut workers, rounds)?;
        table.note(format!("`{}` and `{}` found the same {results}.", rivals.tool, rivals.named));
    }
    table.note("goals: grep ≤ 2 (1.2) × ripgrep, glob ≤ 2 × ripgrep, as calls; grep ≤ 1.15 × the plain filesystem");
    Ok(table)
}

fn rivals() -> [Rivals; 2] {
    [
        Rivals {
            tool: "grep",
            input: json!({"pattern": PATTERN}),
            theirs: &["--line-number", "--no-heading", "--regexp", PATTERN],
            named: "rg -j1 -n PATTERN",
            case: "grep",
            counted: "matching lines",
        },
        Rivals {
            tool: "glob",
            input: json!({"pattern": "**"}),
            theirs: &["--files"],
            named: "rg -j1 --files",
            case: "glob",
            counted: "files",
        },
    ]
}

fn race(
    table: &mut Table,
    program: &Path,
    folder: &Path,
    rivals: &Rivals,
    [worker, plain]: &mut [Worker; 2],
    rounds: usize,
) -> Result<()> {
    let theirs = || rival::ripgrep(folder, rivals.theirs);
    let ours = || rival::call(program, folder, rivals.tool, &rivals.input);
    let (mut called, mut started, mut yardstick) = (Sample::default(), Sample::default(), Sample::default());
    let mut unasked = Sample::default();
    for _ in 0..rounds {
        called.add_all(worker.times(rivals.case, 1)?);
        unasked.add_all(plain.times(rivals.case, 1)?);
        started.add(time(&mut ours())?);
        yardstick.add(time(&mut theirs())?);
    }
    let as_call = format!("{}, a call through the door", rivals.tool);
    let as_program = format!("{}, `boxagnts tool call`", rivals.tool);
    let as_plain = format!("{}, the same guest over the library's plain filesystem", rivals.tool);
    let rows =
        [(as_call, &called), (as_plain, &unasked), (as_program, &started), (rivals.named.to_owned(), &yardstick)];
    for (what, sample) in rows {
        let against = format!("{:.2}", ratio(sample.median(), yardstick.median()));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what, sample.len().to_string(), median, worst, against]);
    }
    let mediated = ratio(called.median(), unasked.median());
    table.note(format!("`{}`, mediated ÷ plain: {mediated:.2}", rivals.tool));
    Ok(())
}

/// Fails when the two do not find equally much; `cargo xtask peers` compares what they find.
fn check_equal(program: &Path, folder: &Path, rivals: &Rivals) -> Result<String> {
    let text = command::text(&mut rival::call(program, folder, rivals.tool, &rivals.input))?;
    let ours = total(&text, rivals.counted).context("our answer does not say how many results there are")?;
    let theirs = rival::found(&mut rival::ripgrep(folder, rivals.theirs))?.lines().count();
    if ours != theirs {
        bail!("{} found {ours} {}, {} found {theirs}", rivals.tool, rivals.counted, rivals.named);
    }
    Ok(format!("{theirs} {}", rivals.counted))
}

/// How many results there are: the second number of the note `[500 of 1234 files; …]`, else one for each line.
fn total(text: &str, counted: &str) -> Option<usize> {
    match text.lines().find(|line| line.starts_with('[') && line.contains(" of ")) {
        Some(note) => note.split(" of ").nth(1)?.split(counted).next()?.trim().parse().ok(),
        None => Some(text.lines().filter(|line| !line.starts_with('[')).count()),
    }
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn a_bounded_answer_says_how_much_there_is() {
        let note = "[500 of 1234 matching lines, which are in 99 files; narrow the pattern, path or glob]";
        assert_eq!(total(&format!("a:1:x\n{note}\n"), "matching lines"), Some(1234));
        assert_eq!(total("a\n[1 of 38700 files; narrow the pattern or path to see the others]", "files"), Some(38_700));
    }

    #[test]
    fn a_whole_answer_is_counted_by_its_lines() {
        assert_eq!(total("a\nb\n", "files"), Some(2));
    }
}
