//! Breaks the real program from outside, again and again, and looks whether its promises hold.
//!
//! Every drill starts `boxagnts` with real files against the scripted model, does something bad to it (`kill`, `fault`,
//! `freeze`, `power`) and then judges by what is left: the world that the calls changed, the witness that counted
//! requests, and the journal as the program itself shows it. `guards` is another kind: it breaks the code and judges the
//! tests. `docs/drills.md` says what each does and what it found.
//!
//! Start with [`stage`] (one run's folders and programs), [`scenario`] (what the model asks for) and [`verdict`] (the
//! invariants, pure).

mod control;
mod disk;
mod fault;
mod freeze;
mod guards;
mod kill;
mod model;
mod power;
mod random;
mod run;
mod scenario;
mod stage;
mod trace;
mod verdict;
mod witness;

use crate::binary::{self, Profile};
use crate::place;
use crate::steps::Steps;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What can be drilled.
const NAMES: [&str; 5] = ["kill", "fault", "freeze", "power", "guards"];

/// What the caller asked for.
pub(crate) struct Options {
    /// How many runs a drill of chance has, and how many places one of every place takes at most.
    runs: Option<usize>,
    /// Where chance begins; the same one gives the same moments again.
    seed: u64,
    /// Of a drill of chance this run alone.
    only: Option<usize>,
}

/// The programs that are drilled with.
pub(crate) struct Programs {
    product: PathBuf,
    model: PathBuf,
}

/// `cargo xtask drill NAME`.
pub(crate) fn drill(arguments: &[String]) -> Result<ExitCode> {
    let Some((name, rest)) = arguments.split_first() else { bail!("which drill? {}", NAMES.join(", ")) };
    if !NAMES.contains(&name.as_str()) {
        bail!("there is no drill `{name}`; there are {}", NAMES.join(", "));
    }
    if name == "guards" {
        return guards::drill(rest).map(exit);
    }
    let options = parse(rest)?;
    let programs = programs()?;
    let good = match name.as_str() {
        "kill" => kill::drill(&programs, &options)?,
        "fault" => fault::drill(&programs, &options)?,
        "freeze" => freeze::drill(&programs)?,
        _ => power::drill(&programs, &options)?,
    };
    Ok(exit(good))
}

fn exit(good: bool) -> ExitCode {
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The short form of the drill of kills, with programs that are there; whether everything held.
pub(crate) fn short(product: &Path, model: &Path) -> Result<bool> {
    let programs = Programs { product: product.to_owned(), model: model.to_owned() };
    kill::drill(&programs, &Options { runs: Some(kill::SHORT), seed: 1, only: None })
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options { runs: None, seed: 1, only: None };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let value = arguments.next().with_context(|| format!("`{name}` takes a value"))?;
        let number = || value.parse::<u64>().with_context(|| format!("`{name} {value}` is no number"));
        match name.as_str() {
            "--runs" => options.runs = Some(usize::try_from(number()?)?),
            "--seed" => options.seed = number()?,
            "--only" => options.only = Some(usize::try_from(number()?)?),
            unknown => bail!("`cargo xtask drill` takes --runs, --seed and --only, not `{unknown}`"),
        }
    }
    Ok(options)
}

/// What the environment names, as it does for the tests, else what is built now.
fn programs() -> Result<Programs> {
    let named = |variable: &str| std::env::var_os(variable).map(PathBuf::from);
    if let (Some(product), Some(model)) = (named("BOXAGNTS_BIN"), named("BOXAGNTS_SCRIPTED_MODEL")) {
        return Ok(Programs { product, model });
    }
    let mut steps = Steps::new(binary::STEPS + 1);
    let product = binary::build(&mut steps, Profile::Dev)?;
    let model = steps.step("scripted model", || binary::program("scripted-model", Profile::Dev))?;
    Ok(Programs { product, model })
}

/// The folder of a drill, empty. What the last one kept is gone with it.
fn folder(name: &str) -> Result<PathBuf> {
    let folder = place::made().join("drill").join(name);
    // There is none before the first time.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}
