//! Builds the product's program, from nothing.

use crate::steps::Steps;
use crate::{command, dashboard, guests, pack, place, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How the program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For running and testing: one profile for both, so that nothing is built twice.
    Dev,
    /// For measuring and shipping.
    Release,
}

/// How many steps [`build`] has.
pub(crate) const STEPS: usize = 5;

/// Checks the machine, builds the guests, packs them and builds `boxagnts`: the steps that every command begins with.
pub(crate) fn build(steps: &mut Steps, profile: Profile) -> Result<PathBuf> {
    steps.step("setup", setup::setup)?;
    steps.step("dashboard", dashboard::build)?;
    let guests = steps.step("guests", guests::build)?;
    steps.step("pack of the guests", || pack::pack(&guests))?;
    steps.step("boxagnts", || whole(program("boxagnts", profile)?))
}

/// Fails for a program that does not have its tools inside, whatever the reason: it can be built, and is good for nothing.
fn whole(program: PathBuf) -> Result<PathBuf> {
    command::run(Command::new(&program).args(["tool", "list"]).stdout(Stdio::null()))
        .context("the program was built without its tools")?;
    Ok(program)
}

/// Builds one program of the Cargo workspace.
///
/// With `--workspace`, although one program is asked for: cargo then unites the features of libraries in the same way each
/// time, and builds the engine once.
pub(crate) fn program(name: &str, profile: Profile) -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--workspace", "--bin", name]);
    if profile == Profile::Release {
        // By name, and not only by its usual place, so that a release never carries another pack than the one just made.
        cargo.arg("--release").env("BOXAGNTS_PACK", place::pack()).env("BOXAGNTS_DASHBOARD", place::dashboard());
    }
    let artifacts = command::artifacts(&mut cargo)?;
    let program = artifacts.into_iter().find(|artifact| artifact.name == name).and_then(|found| found.program);
    program.with_context(|| format!("cargo built no program `{name}`"))
}
