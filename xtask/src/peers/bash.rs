//! The GNU bash of this machine against the recorded corpus of the shell.
//!
//! What our shell should do is recorded from GNU bash; `guests/bash/shell/examples/corpus.rs` asks that bash again, script by
//! script. A difference says that the record is not what bash does, here or any more.

use crate::command;
use crate::steps::Steps;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How many steps [`compare`] takes.
pub(super) const STEPS: usize = 2;

/// How GNU bash is had where it is not.
const INSTALL: &str = "`apt install bash`, `dnf install bash` or `brew install bash`";

/// The scripts that bash answers in another way than recorded. Without a GNU bash 5 that is said, and nothing compared.
pub(super) fn compare(steps: &mut Steps) -> Result<Vec<String>> {
    let corpus = steps.step("the corpus of the shell", build)?;
    steps.step("GNU bash against the corpus", || ask(&corpus))
}

/// Builds the program that walks through the corpus for this machine: a guest's target is the sandbox.
fn build() -> Result<PathBuf> {
    let mut build = command::guests_cargo();
    build.args(["build", "--package", "boxagnts-guest-shell", "--example", "corpus", "--target", &command::host()?]);
    let mut programs = command::artifacts(&mut build)?.into_iter().filter_map(|artifact| artifact.program);
    programs.next_back().context("cargo built no corpus")
}

fn ask(corpus: &Path) -> Result<Vec<String>> {
    let output = Command::new(corpus).arg("peers").stderr(Stdio::inherit()).output();
    told(&output.with_context(|| format!("cannot start {}", corpus.display()))?)
}

/// What the program said: its last line counts, and what stands before it are differences.
fn told(output: &Output) -> Result<Vec<String>> {
    let text = String::from_utf8_lossy(&output.stdout);
    let Some(last) = text.lines().next_back() else { bail!("the corpus was not walked through ({})", output.status) };
    if text.starts_with("skipped: ") {
        println!("{last}, so the corpus was not compared; install it: {INSTALL}");
        return Ok(Vec::new());
    }
    println!("{last}");
    Ok(if output.status.success() { Vec::new() } else { text.split("==== ").skip(1).map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::ExitStatus;

    fn ended(code: i32, text: &str) -> Output {
        Output { status: ExitStatus::from_raw(code << 8), stdout: text.into(), stderr: Vec::new() }
    }

    #[test]
    fn each_script_that_differs_is_a_difference() {
        let differing = ended(1, "GNU bash 5.2\n==== loops/while\na\n==== loops/for\nb\n318 same, 2 different\n");
        assert_eq!(told(&differing).unwrap().len(), 2);
        assert!(told(&ended(0, "GNU bash 5.2\n320 same, 0 different\n")).unwrap().is_empty());
    }

    #[test]
    fn a_machine_without_bash_has_no_differences_and_a_program_that_says_nothing_failed() {
        let skipped = ended(0, "skipped: there is no GNU bash 5 on this machine\n");
        assert!(told(&skipped).unwrap().is_empty());
        assert!(told(&ended(101, "")).is_err());
    }
}
