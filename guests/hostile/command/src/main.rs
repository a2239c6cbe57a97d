//! An ordinary program for `wasi:cli/command`, which knows nothing of the typed world.
//!
//! Without options it echoes its arguments, one per line, and its standard input. Options attack or
//! inspect: `--exit N` ends with that code (the component model keeps only whether it is 0), `--stderr TEXT` writes to standard error, `--env` lists the
//! environment, `--read PATH` copies a file to standard output, `--flood N` writes N bytes to it,
//! `--spin` never ends, `--trace PATH` neither, and writes a byte to that file each turn, `--order`
//! says in which order a table of hashes has its numbers, `--clocks` what is left of a second at both
//! clocks, twenty times.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let mut arguments = std::env::args().skip(1);
    let mut code = ExitCode::SUCCESS;
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_default();
        match argument.as_str() {
            "--exit" => code = ExitCode::from(value().parse::<u8>().unwrap_or(1)),
            "--stderr" => eprintln!("{}", value()),
            "--env" => {
                for (name, value) in std::env::vars_os() {
                    writeln!(out, "{}={}", name.to_string_lossy(), value.to_string_lossy())?;
                }
            }
            "--read" => out.write_all(&std::fs::read(value())?)?,
            "--flood" => flood(&mut out, value().parse().unwrap_or(0))?,
            "--trace" => {
                let mut trace = std::fs::File::create(value())?;
                loop {
                    trace.write_all(b".")?;
                }
            }
            "--order" => {
                let table: HashSet<u8> = (0..32).collect();
                writeln!(out, "{table:?}")?;
            }
            "--clocks" => clocks(&mut out)?,
            "--spin" => loop {
                std::hint::black_box(());
            },
            _ => writeln!(out, "argument: {argument}")?,
        }
    }
    let mut input = String::new();
    io::stdin().lock().read_to_string(&mut input)?;
    if !input.is_empty() {
        writeln!(out, "stdin: {input}")?;
    }
    out.flush()?;
    Ok(code)
}

fn clocks(out: &mut impl Write) -> io::Result<()> {
    let begin = Instant::now();
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(3));
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        writeln!(out, "{}", wall.subsec_nanos())?;
        writeln!(out, "{}", begin.elapsed().subsec_nanos())?;
    }
    Ok(())
}

fn flood(out: &mut impl Write, bytes: usize) -> io::Result<()> {
    let block = [b'x'; 4096];
    let mut left = bytes;
    while 0 < left {
        let part = left.min(block.len());
        out.write_all(&block[..part])?;
        left -= part;
    }
    Ok(())
}
