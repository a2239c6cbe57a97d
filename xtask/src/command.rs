//! Other programs: how they are started, and what cargo says that it built.

use crate::place;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The cargo that started this program, at the top of the checkout.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(place::root());
    // Cargo told this program about its own package. Build scripts that look at the same variables would take a build from
    // here for another one than the same build by hand, and do it again each time.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| OWN.iter().any(|own| name.starts_with(own))) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// What the names of the variables begin with that are about one package.
const OWN: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];

/// The same for the guests, freed from what would turn their build into another one.
pub(crate) fn guests_cargo() -> Command {
    let mut cargo = cargo();
    cargo.current_dir(place::guests()).env("CARGO_TARGET_DIR", place::guests_target());
    // These would replace the target and the vector instructions that `guests/.cargo/config.toml` asks for.
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_BUILD_RUSTFLAGS"] {
        cargo.env_remove(variable);
    }
    cargo
}

/// Runs a program to its end and fails when it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("{} failed ({status})", shown(command));
    }
    Ok(())
}

/// What a program writes to its standard output; its diagnostics go to ours.
pub(crate) fn text(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", shown(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} did not write text", shown(command)))
}

/// Whether a program runs at all when it is asked for its version.
pub(crate) fn answers(program: &str, arguments: &[&str]) -> bool {
    let quiet =
        Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// The target triple of this machine.
pub(crate) fn host() -> Result<String> {
    let version = text(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc does not name its host")
}

/// One thing that cargo built or found to be fresh.
pub(crate) struct Artifact {
    /// The manifest of its package.
    pub(crate) manifest: PathBuf,
    /// The name of the library or program.
    pub(crate) name: String,
    /// Every file that came out.
    pub(crate) files: Vec<PathBuf>,
    /// The program, when it is one.
    pub(crate) program: Option<PathBuf>,
    /// Whether the program holds tests.
    pub(crate) is_test: bool,
}

/// Builds with cargo and tells what came out, wherever cargo puts it.
pub(crate) fn artifacts(build: &mut Command) -> Result<Vec<Artifact>> {
    Ok(artifacts_in(&text(build.arg("--message-format=json-render-diagnostics"))?))
}

/// What came out, by cargo's messages.
pub(crate) fn artifacts_in(messages: &str) -> Vec<Artifact> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter(|message| message["reason"] == "compiler-artifact").map(|message| artifact(&message)).collect()
}

fn artifact(message: &Value) -> Artifact {
    let path = |value: &Value| value.as_str().map(PathBuf::from);
    Artifact {
        manifest: path(&message["manifest_path"]).unwrap_or_default(),
        name: message["target"]["name"].as_str().unwrap_or_default().to_owned(),
        files: message["filenames"].as_array().into_iter().flatten().filter_map(path).collect(),
        program: path(&message["executable"]),
        is_test: message["profile"]["test"].as_bool().unwrap_or(false),
    }
}

/// The command as a person would type it, near enough to repeat it.
fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    format!("`{}`", std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" "))
}
