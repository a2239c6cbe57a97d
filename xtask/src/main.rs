//! Sets up, builds, tests, measures, breaks and starts the product: `cargo xtask --help`.
//!
//! There is nothing to install but Rust, Node and git: this program builds the guests, compiles them ahead of time, packs them
//! where the product's own build finds them, and only then builds the product. It is no part of what is shipped.
//!
//! Start with [`setup`] (what the machine needs), [`guests`] and [`pack`] (what the product is built from).

mod bench;
mod binary;
mod command;
mod dashboard;
mod demo;
mod drill;
mod fuzz;
mod guests;
mod pack;
mod peers;
mod place;
mod rival;
mod run;
mod setup;
mod steps;
mod tally;
mod test;

use anyhow::{Result, bail};
use std::process::ExitCode;
use steps::Steps;

const HELP: &str = "\
Sets up, builds, tests, measures and starts BoxAgnts.

Usage: cargo xtask COMMAND [ARGUMENTS]

Commands:
  run [-- ARGS]     build everything, take the tour in a folder made for it, and start the dashboard there;
                    with ARGS, start `boxagnts ARGS` instead
  test [FILTER]...  build everything and run every test; FILTER goes to the test runner
  build [--release] build the guests, their pack and the program
  law               check the rules of the house alone
  peers             compare the tools, and the wire of models, with foreign programs, and drive the dashboard
  drill NAME        break the program from outside and see whether its promises hold: kill (at any moment),
                    fault (a disk that fails), freeze (a process that stands still), power (that goes out)
                    --runs N      how many runs or places (1,000 kills; at most 600 places of each fault)
                    --seed N      where chance begins
                    --only N      of the kills this run alone
  drill guards      take each guard out of a copy, one at a time, and see whether a test turns red
                    --only ID     this guard alone
  fuzz [TARGET]...  read what nobody would write, and see whether what must hold does: path, capability, template,
                    address, manifest, settings, event, reply, secret, input
                    --seconds N   how long for each target (20); 0 runs the kept inputs alone
                    --seed N      where chance begins
  bench [NAME]...   measure against the yardsticks: decide, door, record, start, serve, search, size
                    --tree DIR    the big tree to search (else one is made of registry sources)
                    --rounds N    how often each thing is measured
  ci-help           what `.ci/run` does, and how to run one step of it

What is missing on this machine is named with the command that installs it.
";

const CI_HELP: &str = "\
.ci/run checks a clean checkout and fails on the first thing that is wrong:

  cargo fmt --all --check                              (also in guests/)
  cargo xtask test
  cargo xtask fuzz
  cargo clippy --workspace --all-targets -- -D warnings   (also in guests/)
  cargo xtask law
  cargo xtask peers
  cargo doc --workspace --no-deps

It needs Rust with rustup, Node and git. It keeps what it builds in
${XDG_CACHE_HOME:-$HOME/.cache}/boxagnts-ci when that can be written.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("help", &[][..]),
    };
    dispatch(name, rest).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(name: &str, rest: &[String]) -> Result<ExitCode> {
    if rest.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--help" || argument == "-h") {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    match name {
        "run" => run::run(rest),
        "test" => test::test(rest),
        "build" => build(rest),
        "law" => test::law(rest),
        "peers" => peers::peers(rest),
        "drill" => drill::drill(rest),
        "fuzz" => fuzz::fuzz(rest),
        "bench" => bench::bench(rest),
        "ci-help" => print_and_succeed(CI_HELP),
        "help" | "--help" | "-h" => print_and_succeed(HELP),
        unknown => bail!("there is no command `{unknown}`; `cargo xtask --help` lists them"),
    }
}

fn build(rest: &[String]) -> Result<ExitCode> {
    let profile = match rest {
        [] => binary::Profile::Dev,
        [flag] if flag == "--release" => binary::Profile::Release,
        _ => bail!("`cargo xtask build` takes `--release` or nothing"),
    };
    let mut steps = Steps::new(binary::STEPS);
    let program = binary::build(&mut steps, profile)?;
    println!("{}", place::shown(&program));
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::unnecessary_wraps, reason = "every command of the dispatch answers alike")]
fn print_and_succeed(text: &str) -> Result<ExitCode> {
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}
