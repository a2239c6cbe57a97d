//! Measures the product against the yardsticks of `docs/performance.md`, each in the same run and by turns.
//!
//! A figure on its own says little about another machine; the ratio to a yardstick that ran beside it does.

mod crowd;
mod decide;
mod door;
mod machine;
mod record;
mod sample;
mod search;
mod serve;
mod shape;
mod shell;
mod size;
mod spent;
mod start;
mod stream;
mod table;
mod tree;
mod turn;
mod wire;
mod worker;

use crate::binary::{self, Profile};
use crate::steps::Steps;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::process::ExitCode;
use table::Table;

/// What can be measured, in the order in which it is.
const NAMES: [&str; 12] =
    ["decide", "door", "bash", "crowd", "shape", "record", "start", "turn", "stream", "serve", "search", "size"];

/// How often each thing is measured unless the caller says otherwise.
const ROUNDS: usize = 20;

/// What the caller asked for.
pub(crate) struct Options {
    names: Vec<String>,
    rounds: usize,
    tree: Option<PathBuf>,
}

/// `cargo xtask bench`.
pub(crate) fn bench(arguments: &[String]) -> Result<ExitCode> {
    let options = parse(arguments)?;
    // A decision needs the law alone.
    let is_of_the_law = options.names.iter().all(|name| name == "decide");
    let mut steps = Steps::new(options.names.len() + if is_of_the_law { 0 } else { binary::STEPS });
    let program = if is_of_the_law { PathBuf::new() } else { binary::build(&mut steps, Profile::Release)? };
    let mut tables = Vec::new();
    for name in &options.names {
        tables.push(steps.step(name, || measure(name, &program, &options))?);
    }
    println!("\n{}\n", machine::line());
    for table in tables {
        println!("{table}");
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(name: &str, program: &std::path::Path, options: &Options) -> Result<Table> {
    match name {
        "decide" => decide::measure(),
        "door" => door::measure(options.rounds),
        "record" => record::measure(options.rounds),
        "bash" => shell::measure(options.rounds),
        "crowd" => crowd::measure(options.rounds),
        "shape" => shape::measure(options.rounds),
        "turn" => turn::measure(program, options.rounds),
        "serve" => serve::measure(program, options.rounds),
        "stream" => stream::measure(program, options.rounds),
        "start" => start::measure(program, options.rounds),
        "search" => search::measure(program, options.rounds, options.tree.as_deref()),
        _ => size::measure(program),
    }
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { names: Vec::new(), rounds: ROUNDS, tree: None };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--rounds" => {
                let number = arguments.next().context("--rounds takes a number")?;
                options.rounds = number.parse().with_context(|| format!("`{number}` is no number of rounds"))?;
            }
            "--tree" => options.tree = Some(arguments.next().context("--tree takes a folder")?.into()),
            name if NAMES.contains(&name) => options.names.push(name.to_owned()),
            other => bail!("`{other}` cannot be measured; there are {}", NAMES.join(", ")),
        }
    }
    if options.rounds == 0 {
        bail!("at least one round is needed");
    }
    if options.names.is_empty() {
        options.names = NAMES.map(str::to_owned).to_vec();
    }
    Ok(options)
}
