//! Builds the product's program, from nothing.

use crate::steps::Steps;
use crate::{command, guests, pack, setup};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// How the program is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// For running and testing: one profile for both, so that nothing is built twice.
    Dev,
    /// For measuring and shipping.
    Release,
}

/// What every command needs first, as three steps: the machine, the guests and their pack.
pub(crate) fn prepare(steps: &mut Steps) -> Result<()> {
    steps.step("setup", setup::setup)?;
    let guests = steps.step("guests", guests::build)?;
    steps.step("pack of the guests", || pack::pack(&guests))
}

/// Prepares and builds `boxagnts`, as four steps.
pub(crate) fn build(steps: &mut Steps, profile: Profile) -> Result<PathBuf> {
    prepare(steps)?;
    steps.step("boxagnts", || program("boxagnts", profile))
}

/// Builds one program of the Cargo workspace.
///
/// With `--workspace`, although one program is asked for: cargo then unites the features of libraries in the same way each
/// time, and builds the engine once.
pub(crate) fn program(name: &str, profile: Profile) -> Result<PathBuf> {
    let mut cargo = command::cargo();
    cargo.args(["build", "--workspace", "--bin", name]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    let artifacts = command::artifacts(&mut cargo)?;
    let program = artifacts.into_iter().find(|artifact| artifact.name == name).and_then(|found| found.program);
    program.with_context(|| format!("cargo built no program `{name}`"))
}
