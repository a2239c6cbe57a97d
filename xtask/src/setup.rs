//! What the machine needs, and what is done about what is missing.
//!
//! Only the WebAssembly target is installed without asking: it belongs to the toolchain and touches nothing else.

use crate::command;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::Command;

/// The target of the guests.
const TARGET: &str = "wasm32-wasip2";

/// The oldest Rust that builds the product, as in the root `Cargo.toml`.
const RUST: (u32, u32) = (1, 95);

/// Makes sure that everything can be built, or says what to install and how.
pub(crate) fn setup() -> Result<()> {
    check_rust(&command::text(Command::new("rustc").arg("--version"))?)?;
    if !command::answers("git", &["--version"]) {
        bail!("git is missing; install it: `apt install git`, `dnf install git` or `brew install git`");
    }
    check_node()?;
    if has_target()? {
        return Ok(());
    }
    if !command::answers("rustup", &["--version"]) {
        bail!(
            "the Rust target {TARGET} is missing and so is rustup; install rustup from https://rustup.rs, or the target from where this Rust came from"
        );
    }
    command::run(Command::new("rustup").args(["target", "add", TARGET]))
        .with_context(|| format!("the guests need the Rust target {TARGET}; repeat with a network"))
}

/// The oldest Node that builds the dashboard, as in `dashboard/package.json`.
const NODE: (u32, u32) = (20, 19);

fn check_node() -> Result<()> {
    let cure = "install Node from https://nodejs.org, or with `apt install nodejs npm`, `dnf install nodejs` or `brew install node`";
    if !command::answers("node", &["--version"]) || !command::answers("npm", &["--version"]) {
        bail!("Node with npm is missing, which builds the dashboard; {cure}");
    }
    let version = command::text(Command::new("node").arg("--version"))?;
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < NODE {
        bail!("Node {} is too old, {}.{} is needed; {cure}", version.trim(), NODE.0, NODE.1);
    }
    Ok(())
}

fn check_rust(version: &str) -> Result<()> {
    let numbers = version.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = numbers.split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < RUST {
        bail!("{} is too old, {}.{} is needed: `rustup update stable`", version.trim(), RUST.0, RUST.1);
    }
    Ok(())
}

/// Whether the toolchain has the standard library of the guests, installed by rustup or not.
fn has_target() -> Result<bool> {
    let folder = command::text(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(Path::new(folder.trim()).is_dir())
}

#[cfg(test)]
mod tests {
    use super::check_rust;

    #[test]
    fn an_old_rust_is_named_with_its_cure() {
        let error = check_rust("rustc 1.94.1 (abc 2026-01-01)").unwrap_err().to_string();
        assert!(error.contains("1.94.1") && error.contains("rustup update"), "{error}");
    }

    #[test]
    fn a_newer_rust_is_good_whatever_its_channel() {
        for version in ["rustc 1.95.0 (abc 2026-04-14)", "rustc 1.97.0-nightly (abc)", "rustc 2.0.0"] {
            check_rust(version).unwrap();
        }
    }

    #[test]
    fn words_that_are_no_version_are_too_old() {
        assert!(check_rust("").is_err());
        assert!(check_rust("rustc unknown").is_err());
    }
}
