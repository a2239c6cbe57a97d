//! Builds the dashboard and lays it out as the product embeds it: each file, and its smaller form beside it.
//!
//! What did not change is neither installed nor built again.

use crate::tally::Tally;
use crate::{command, place};
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file that says what the dashboard was built from.
const STAMP: &str = "stamp";

/// Installs what the build needs, builds, and lays the result out.
pub(crate) fn build() -> Result<()> {
    let stamp = stamp()?;
    let stamp_file = place::dashboard().join(STAMP);
    if fs::read_to_string(&stamp_file).is_ok_and(|written| written == stamp) {
        return Ok(());
    }
    install()?;
    command::run(&mut npm(&["run", "--silent", "build"]))?;
    let fresh = place::made().join("dashboard.new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).with_context(|| format!("cannot remove {}", fresh.display()))?;
    }
    command::run(Command::new("node").arg("pack.mjs").arg(&fresh).current_dir(place::dashboard_sources()))?;
    fs::write(fresh.join(STAMP), stamp).with_context(|| format!("cannot write into {}", fresh.display()))?;
    if place::dashboard().exists() {
        fs::remove_dir_all(place::dashboard())?;
    }
    fs::rename(&fresh, place::dashboard()).context("cannot lay out the dashboard")
}

/// Checks the types, and runs the tests that need no browser.
pub(crate) fn test() -> Result<Tally> {
    install()?;
    let good = [&["run", "--silent", "check"][..], &["test", "--silent"]]
        .map(|arguments| command::run(&mut npm(arguments)).is_ok());
    let count = |wanted| good.iter().filter(|good| **good == wanted).count() as u64;
    Ok(Tally { passed: count(true), failed: count(false) })
}

/// The libraries that the lock file names, once for each lock file.
pub(crate) fn install() -> Result<()> {
    let sources = place::dashboard_sources();
    let lock = fs::read(sources.join("package-lock.json")).context("the dashboard has no lock file")?;
    let done = sources.join("node_modules/.installed");
    if fs::read(&done).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    command::run(&mut npm(&["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
        .context("the libraries of the dashboard cannot be installed; repeat with a network")?;
    fs::write(&done, lock).with_context(|| format!("cannot write {}", done.display()))
}

fn npm(arguments: &[&str]) -> Command {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(place::dashboard_sources());
    npm
}

/// Changes with every byte that decides what the dashboard is.
fn stamp() -> Result<String> {
    let mut files = Vec::new();
    collect(&place::dashboard_sources(), &mut files)?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.strip_prefix(place::root()).unwrap_or(&file).to_string_lossy().as_bytes());
        hasher.write(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// The sources: tests and what was made of them decide nothing.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["node_modules", "dist", "tests"].contains(&name.as_str()) {
                collect(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}
