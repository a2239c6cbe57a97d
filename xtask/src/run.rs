//! Starts the product: the tour in a folder made for it and then the dashboard, or whatever the caller asks for.

use crate::binary::{self, Profile};
use crate::steps::Steps;
use crate::{demo, place};
use anyhow::{Context, Result, bail};
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// What the tour is asked. The scripted model says the same whatever it is asked; a real one would do it.
const PROMPT: &str = "Look around in this project, collect its TODOs in REPORT.md, and show what you cannot do here.";

/// `cargo xtask run [-- ARGS]`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    match arguments.split_first() {
        None => tour(),
        Some((dashes, passed)) if dashes == "--" && !passed.is_empty() => given(passed),
        Some(_) => bail!("arguments for boxagnts follow two dashes: `cargo xtask run -- --help`"),
    }
}

fn given(arguments: &[String]) -> Result<ExitCode> {
    let program = binary::build(&mut Steps::new(binary::STEPS), Profile::Dev)?;
    become_it(Command::new(&program).args(arguments))
}

fn tour() -> Result<ExitCode> {
    let mut steps = Steps::new(binary::STEPS + 1);
    let program = binary::build(&mut steps, Profile::Dev)?;
    let demo = steps.step("a folder for the tour", demo::prepare)?;
    let asked = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let code = show(&program, &arguments(&demo.project, asked))?;
    let verified = show(&program, &verify(&demo.project))?;
    eprintln!("\nWhat the world says afterwards:");
    let mut findings = demo.findings(asked);
    findings.push((
        verified == ExitCode::SUCCESS,
        "the log of what was allowed and refused is as it was signed".to_owned(),
    ));
    for (good, finding) in &findings {
        eprintln!("  {} {finding}", if *good { "yes" } else { "NO " });
    }
    if code != ExitCode::SUCCESS || !findings.iter().all(|(good, _)| *good) {
        return Ok(ExitCode::FAILURE);
    }
    eprintln!("\nNow the same in a browser: open the link, and ask it to show you around.");
    serve(&program, &demo.project)
}

/// The dashboard on the tour's folder, until it is interrupted. The link is the last thing that is said.
fn serve(program: &Path, project: &Path) -> Result<ExitCode> {
    let project = place::shown(project);
    let words = ["--workspace-dir", &project, "--model", "demo/tour"];
    eprintln!("\n$ {} {}\n", place::shown(program), words.join(" "));
    become_it(Command::new(program).args(words))
}

/// A person at a terminal is asked about the report; where nobody is, it is granted beforehand.
fn arguments(project: &Path, asked: bool) -> Vec<String> {
    let project = place::shown(project);
    let granted: &[&str] = if asked { &[] } else { &["--allow", "fs.write:/workspace/REPORT.md"] };
    let words = ["run", "-p", PROMPT, "--model", "demo/tour", "--workspace-dir", &project];
    words.iter().chain(granted).map(|word| (*word).to_owned()).collect()
}

fn verify(project: &Path) -> Vec<String> {
    ["audit", "verify", "--workspace-dir", &place::shown(project)].map(str::to_owned).to_vec()
}

/// Shows a command as a person would repeat it, and runs it.
fn show(program: &Path, arguments: &[String]) -> Result<ExitCode> {
    let quoted = arguments.iter().map(|word| if word.contains(' ') { format!("\"{word}\"") } else { word.clone() });
    eprintln!("\n$ {} {}\n", place::shown(program), quoted.collect::<Vec<_>>().join(" "));
    start(Command::new(program).args(arguments))
}

/// The program takes this one's place, so that signals and the terminal are its own.
#[cfg(unix)]
fn become_it(command: &mut Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec()).context("cannot start boxagnts")
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> Result<ExitCode> {
    start(command)
}

fn start(command: &mut Command) -> Result<ExitCode> {
    let status = command.status().context("cannot start boxagnts")?;
    // A program that was ended by a signal has no code of its own.
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(ExitCode::from(code))
}
