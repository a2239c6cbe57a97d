//! `cargo xtask fuzz`: runs each target of `fuzz/` for a time, and keeps the input that ends one.
//!
//! A target is a process of its own. An invariant that breaks, and a panic, are told and kept by that process; here is kept
//! what it cannot tell: the input under which it was killed, ran out of stack or never ended.

use crate::binary::{self, Profile};
use crate::{command, place};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant, SystemTime};

/// Seconds for each target unless the caller says otherwise.
const SECONDS: u64 = 20;

/// How long a target may go on after its time: it ends after the batch that it is at, and makes small what it found.
const GRACE: Duration = Duration::from_mins(2);

/// How often a target is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What the caller asked for.
struct Options {
    targets: Vec<String>,
    seconds: u64,
    seed: u64,
}

/// `cargo xtask fuzz [TARGET]... [--seconds N] [--seed N]`.
pub(crate) fn fuzz(arguments: &[String]) -> Result<ExitCode> {
    let program = binary::program("fuzz", Profile::Dev)?;
    let known = command::text(Command::new(&program).arg("list"))?;
    let known: Vec<&str> = known.lines().collect();
    let options = parse(arguments, &known)?;
    let mut good = true;
    for target in &options.targets {
        good &= one(&program, target, &options)?;
    }
    println!("seed {}: {}", options.seed, if good { "everything held" } else { "something broke" });
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn parse(arguments: &[String], known: &[&str]) -> Result<Options> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut options = Options { targets: Vec::new(), seconds: SECONDS, seed: now.as_secs() };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64> {
            let value = arguments.next().with_context(|| format!("`{argument}` takes a number"))?;
            value.parse().with_context(|| format!("`{argument} {value}` is no number"))
        };
        match argument.as_str() {
            "--seconds" => options.seconds = number()?,
            "--seed" => options.seed = number()?,
            name if known.contains(&name) => options.targets.push(name.to_owned()),
            other => bail!("there is no target `{other}`; there are {}", known.join(", ")),
        }
    }
    if options.targets.is_empty() {
        options.targets = known.iter().map(|name| (*name).to_owned()).collect();
    }
    Ok(options)
}

/// Runs one target; whether everything held.
fn one(program: &Path, target: &str, options: &Options) -> Result<bool> {
    let corpus = place::root().join("fuzz/corpus");
    let folder = place::made().join("fuzz");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let last = folder.join(format!("{target}.last"));
    let mut start = Command::new(program);
    start.args([target, &options.seconds.to_string(), &options.seed.to_string()]).arg(&corpus).arg(&last);
    let mut child = start.spawn().with_context(|| format!("cannot start {}", program.display()))?;
    let end = Instant::now() + Duration::from_secs(options.seconds) + GRACE;
    let why = loop {
        match child.try_wait()? {
            Some(status) if status.code().is_some() => return Ok(status.success()),
            Some(status) => break format!("it ended with {status}"),
            None if end < Instant::now() => {
                child.kill()?;
                child.wait()?;
                break "it did not end".to_owned();
            }
            None => std::thread::sleep(LOOK),
        }
    };
    let input = last_input(&last).context("the input under which it happened is lost")?;
    let file = keep(&corpus.join(target), &input)?;
    println!("{target}: {why}\n  the input is kept as {}", file.display());
    println!("  again: cargo xtask fuzz {target} --seconds 0");
    Ok(false)
}

/// What was written before it was run: its length in eight bytes, then itself; what follows is of an earlier one.
fn last_input(file: &Path) -> Result<Vec<u8>> {
    let whole = fs::read(file)?;
    let (length, rest) = whole.split_first_chunk::<8>().context("nothing was run")?;
    let length = usize::try_from(u64::from_le_bytes(*length))?;
    Ok(rest.get(..length).context("it was not written to its end")?.to_vec())
}

fn keep(folder: &Path, input: &[u8]) -> Result<PathBuf> {
    let free = (1_u32..10_000).map(|number| folder.join(format!("ended-{number}"))).find(|file| !file.exists());
    let file = free.context("a name is free")?;
    fs::write(&file, input).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Options> {
        let arguments: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        parse(&arguments, &["path", "input"])
    }

    #[test]
    fn a_run_is_what_was_asked_for() {
        let options = parsed("path --seconds 3600 --seed 7").expect("it can be meant");
        assert_eq!((options.targets, options.seconds, options.seed), (vec!["path".to_owned()], 3600, 7));
        let all = parsed("").expect("it can be meant");
        assert_eq!((all.targets, all.seconds), (vec!["path".to_owned(), "input".to_owned()], SECONDS));
        assert!(parsed("pth").is_err() && parsed("--seconds").is_err() && parsed("--seconds x").is_err());
    }

    #[test]
    fn the_last_input_ends_where_its_length_says() {
        let file = std::env::temp_dir().join(format!("boxagnts-fuzz-{}.last", std::process::id()));
        fs::write(&file, b"\x02\0\0\0\0\0\0\0abold").expect("it can be written");
        assert_eq!(last_input(&file).expect("it can be read"), b"ab");
        fs::write(&file, b"\x09\0\0\0\0\0\0\0ab").expect("it can be written");
        assert!(last_input(&file).is_err());
        fs::remove_file(&file).expect("it can be removed");
    }
}
