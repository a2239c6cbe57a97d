//! Runs one target for a time: `cargo xtask fuzz` starts it, and keeps what ends this process.
//!
//! `fuzz list` names the targets. `fuzz NAME SECONDS SEED CORPUS LAST` runs one and keeps in the corpus what breaks it; each
//! input is written to the file `LAST` before it is run, its length in eight bytes before it.

#![expect(clippy::disallowed_methods, reason = "a program of development: it is told files and a time")]

use boxagnts_fuzz::driver::{Found, Ran, attempt, run};
use boxagnts_fuzz::targets::TARGETS;
use boxagnts_fuzz::{Target, corpus};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => {
            for target in TARGETS {
                println!("{}", target.name);
            }
            ExitCode::SUCCESS
        }
        [name, seconds, seed, corpus, last] => {
            let target = TARGETS.iter().find(|target| target.name == name);
            let (Some(target), Ok(seconds), Ok(seed)) = (target, seconds.parse(), seed.parse()) else { return usage() };
            fuzz(target, Duration::from_secs(seconds), seed, Path::new(corpus), Path::new(last)).unwrap_or_else(
                |error| {
                    eprintln!("error: {error}");
                    ExitCode::from(2)
                },
            )
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("fuzz list | fuzz NAME SECONDS SEED CORPUS LAST");
    ExitCode::from(2)
}

fn fuzz(target: &Target, time: Duration, seed: u64, corpus: &Path, last: &Path) -> io::Result<ExitCode> {
    let last = File::create(last)?;
    // A disk that is full must not end the search; what is lost is one input that ended the process.
    let before = |input: &[u8]| {
        let length = u64::try_from(input.len()).unwrap_or_default().to_le_bytes();
        let _ = last.write_all_at(&[&length, input].concat(), 0);
    };
    // What a panic says is told once, with the input that was made small.
    std::panic::set_hook(Box::new(|_| ()));
    let kept = corpus::kept(corpus, target.name)?;
    for (name, input) in &kept {
        before(input);
        if let Err(why) = attempt(target, input) {
            println!("{}: the kept input {name} breaks it: {why}", target.name);
            return Ok(ExitCode::FAILURE);
        }
    }
    let began = Instant::now();
    let replayed = kept.len();
    let inputs = kept.into_iter().map(|(_, input)| input).collect();
    match run(target, inputs, seed, |_| began.elapsed() < time, before) {
        Ok(Ran { inputs, taken }) => {
            let (name, seconds) = (target.name, began.elapsed().as_secs_f64());
            let (rate, share) = (per(inputs, seconds), 100.0 * per(taken, per(inputs, 1.0)));
            println!("{name:<12} {replayed:>4} kept {inputs:>10} drawn {share:>3.0} % read {rate:>9.0} a second");
            Ok(ExitCode::SUCCESS)
        }
        Err(Found { input, why }) => {
            let file = corpus::keep(corpus, target.name, &input)?;
            println!("{}: {why}\n  the input is kept as {}", target.name, file.display());
            println!("  it says {:?}", String::from_utf8_lossy(&input));
            println!("  again: cargo xtask fuzz {} --seconds 0", target.name);
            Ok(ExitCode::FAILURE)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per(count: u64, of: f64) -> f64 {
    if of == 0.0 { 0.0 } else { count as f64 / of }
}
