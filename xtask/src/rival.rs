//! The product's search beside ripgrep's, asked the same question of the same folder.

use crate::{command, place};
use anyhow::{Result, bail};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// How to get ripgrep.
pub(crate) const INSTALL: &str =
    "install ripgrep: `apt install ripgrep`, `brew install ripgrep` or `cargo install ripgrep`";

/// Whether ripgrep is here.
pub(crate) fn is_here() -> bool {
    command::answers("rg", &["--version"])
}

/// ripgrep with the rules of our tools: hidden files yes, the inside of `.git` no, ignore files of the folder and of
/// nothing around it, also where there is no repository.
pub(crate) fn ripgrep(folder: &Path, arguments: &[&str]) -> Command {
    let mut ripgrep = Command::new("rg");
    ripgrep.current_dir(folder).args(["--no-config", "--threads=1", "--hidden", "--glob=!.git"]);
    ripgrep.args(["--no-require-git", "--no-ignore-global", "--no-ignore-parent"]).args(arguments);
    ripgrep
}

/// What ripgrep finds; nothing is an answer too.
pub(crate) fn found(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    // 1 says that nothing matched (GUIDE.md of ripgrep, "Exit status").
    if !output.status.success() && output.status.code() != Some(1) {
        bail!("ripgrep ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// One call of a tool of ours by hand, in a home of its own so that no journal of a person grows.
pub(crate) fn call(program: &Path, folder: &Path, tool: &str, input: &Value) -> Command {
    let mut call = Command::new(program);
    let home = place::made().join("rival-home");
    for (variable, part) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_CONFIG_HOME", "config"),
    ] {
        call.env(variable, home.join(part));
    }
    call.args(["tool", "call", tool, &input.to_string(), "--workspace-dir"]).arg(folder);
    call
}
