//! Runs every test that needs only Rust, Node and git.

use crate::binary::{self, Profile};
use crate::steps::Steps;
use crate::tally::{Tally, tally};
use crate::{command, dashboard, drill, place};
use anyhow::{Context, Result};
use serde_json::Value;
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, ExitCode};

/// `cargo xtask test`: prepares, tests the product, its documentation and the guests, and sums up.
pub(crate) fn test(filters: &[String]) -> Result<ExitCode> {
    let drills = filters.is_empty();
    let mut steps = Steps::new(binary::STEPS + if drills { 6 } else { 5 });
    let program = binary::build(&mut steps, Profile::Dev)?;
    let model = steps.step("scripted model", || binary::program("scripted-model", Profile::Dev))?;
    let mut suites = vec![
        ("tests of the product", steps.step("tests of the product", || product(&program, &model, filters))?),
        ("examples in the documentation", steps.step("examples in the documentation", || examples(filters))?),
        ("tests of the guests", steps.step("tests of the guests", || guests(filters))?),
        ("tests of the dashboard", steps.step("tests of the dashboard", dashboard::test)?),
    ];
    if drills {
        suites.push(("the short drill of kills", steps.step("the short drill of kills", || killed(&program, &model))?));
    }
    Ok(sum_up(&suites, &steps))
}

/// The program is killed at some moments; a thousand of them are `cargo xtask drill kill`.
fn killed(program: &Path, model: &Path) -> Result<Tally> {
    let good = drill::short(program, model)?;
    Ok(Tally { passed: u64::from(good), failed: u64::from(!good) })
}

/// `cargo xtask law`: the rules of the house alone.
pub(crate) fn law(filters: &[String]) -> Result<ExitCode> {
    let mut cargo = command::cargo();
    cargo.args(["test", "--package", "xtask", "--test", "law", "--"]).args(filters);
    command::run(&mut cargo)?;
    Ok(ExitCode::SUCCESS)
}

/// Tests drive the programs that were just built, and load the attack programs that were just built.
fn product(program: &Path, model: &Path, filters: &[String]) -> Result<Tally> {
    let mut runner = command::cargo();
    if command::answers("cargo", &["nextest", "--version"]) {
        runner.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass"]);
        runner.args(filters);
    } else {
        runner.args(["test", "--workspace", "--all-targets", "--no-fail-fast", "--"]);
        runner.args(filters);
    }
    runner.env("BOXAGNTS_BIN", program).env("BOXAGNTS_SCRIPTED_MODEL", model);
    runner.env("BOXAGNTS_HOSTILE_GUESTS", place::hostile());
    tally(with_colours(&mut runner))
}

fn examples(filters: &[String]) -> Result<Tally> {
    tally(with_colours(command::cargo().args(["test", "--workspace", "--doc", "--no-fail-fast", "--"]).args(filters)))
}

/// What a guest computes is tested as a program of this machine; how it behaves in the sandbox is tested by the product.
fn guests(filters: &[String]) -> Result<Tally> {
    let mut cargo = command::guests_cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast", "--target", &command::host()?]);
    for hostile in hostile_packages()? {
        cargo.args(["--exclude", &hostile]);
    }
    tally(with_colours(cargo.arg("--").args(filters)))
}

/// The attack programs attack a host, so this machine never runs them.
fn hostile_packages() -> Result<Vec<String>> {
    let metadata = command::text(command::guests_cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata is JSON")?;
    let hostile = place::guests().join("hostile");
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let packages = packages
        .filter(|package| package["manifest_path"].as_str().is_some_and(|path| Path::new(path).starts_with(&hostile)));
    Ok(packages.filter_map(|package| package["name"].as_str().map(str::to_owned)).collect())
}

/// Colours survive the pipe through which the results are counted.
fn with_colours(command: &mut Command) -> &mut Command {
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

fn sum_up(suites: &[(&str, Tally)], steps: &Steps) -> ExitCode {
    let mut total = Tally::default();
    println!();
    for (name, counted) in suites {
        total += *counted;
        println!("{name:<30} {:>5} passed {:>5} failed", counted.passed, counted.failed);
    }
    println!("all of it took {}", steps.elapsed());
    println!("tests: {} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
