//! Records and compares the corpus.
//!
//! `record` asks the GNU bash of this machine anew and writes the files of the corpus. `peers` compares
//! what is recorded with that bash. `ours` shows where the shell differs from what is recorded. `docs`
//! writes the table of differences. A second word chooses a feature, or one case by `feature/case`.
//! `product PROGRAM` runs the corpus through `PROGRAM tool call bash` instead, in the sandbox.
//! `run SCRIPT` shows what the shell makes of a script in an empty workspace.

#[path = "../tests/corpus/features.rs"]
mod corpus;

use std::env;
use std::fs;
use std::process::ExitCode;

use boxagnts_guest_shell::{Disk, Request};
use corpus::format::{Case, Outcome, render, shown};
use corpus::{Feature, features, ours, peer, table};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let chosen = arguments.get(1).map_or("", String::as_str);
    match arguments.first().map(String::as_str) {
        Some("record") => record(chosen),
        Some("peers") => peers(chosen),
        Some("ours") => compare(chosen, "ours", ours::run),
        Some("docs") => docs(),
        Some("product") => through(chosen, arguments.get(2).map_or("", String::as_str)),
        Some("run") => try_script(chosen),
        _ => {
            eprintln!(
                "usage: corpus record|peers|ours|docs [feature[/case]], product PROGRAM [feature[/case]], or run SCRIPT"
            );
            ExitCode::FAILURE
        }
    }
}

fn is_chosen(feature: &Feature, case: &Case, chosen: &str) -> bool {
    chosen.is_empty() || chosen == feature.name || chosen == table::id(feature, &case.name)
}

fn record(chosen: &str) -> ExitCode {
    if peer::version().is_none() {
        eprintln!("there is no GNU bash 5 on this machine");
        return ExitCode::FAILURE;
    }
    for mut feature in features() {
        for position in 0..feature.cases.len() {
            if is_chosen(&feature, &feature.cases[position], chosen) {
                feature.cases[position].expected = peer::run(&feature.cases[position]);
            }
        }
        fs::write(&feature.file, render(&feature.cases)).expect("the corpus can be written");
    }
    ExitCode::SUCCESS
}

fn peers(chosen: &str) -> ExitCode {
    let Some(version) = peer::version() else {
        println!("skipped: there is no GNU bash 5 on this machine");
        return ExitCode::SUCCESS;
    };
    println!("GNU bash {version}");
    compare(chosen, "bash", peer::run)
}

fn compare(chosen: &str, who: &str, run: impl Fn(&Case) -> Outcome) -> ExitCode {
    let (mut same, mut different) = (0, 0);
    for feature in features() {
        for case in feature.cases.iter().filter(|case| is_chosen(&feature, case, chosen)) {
            let outcome = run(case);
            if outcome == case.expected {
                same += 1;
                continue;
            }
            different += 1;
            println!("==== {}", table::id(&feature, &case.name));
            println!("{}---- recorded\n{}---- {who}\n{}", case.script, shown(&case.expected), shown(&outcome));
        }
    }
    println!("{same} the same, {different} different");
    if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What the product makes of the scripts that this shell, as a program of this machine, gets right.
fn through(program: &str, chosen: &str) -> ExitCode {
    let known = table::known();
    let open_line = |text: &str| text.is_empty() || text.ends_with('\n');
    let (mut same, mut different) = (0, 0);
    for feature in features() {
        for case in feature.cases.iter().filter(|case| is_chosen(&feature, case, chosen)) {
            // The sandbox makes no links, as the page says.
            if known.contains_key(&table::id(&feature, &case.name)) || case.script.contains("ln -s") {
                continue;
            }
            let mut outcome = corpus::component::run(program.as_ref(), case);
            // Before a note, the tool ends a line that the script left open.
            if !open_line(&case.expected.stdout) && outcome.stdout.ends_with('\n') {
                outcome.stdout.pop();
            }
            if outcome == case.expected {
                same += 1;
                continue;
            }
            different += 1;
            println!("==== {}\n{}", table::id(&feature, &case.name), case.script);
            println!("---- recorded\n{}---- product\n{}", shown(&case.expected), shown(&outcome));
        }
    }
    println!("{same} the same, {different} different");
    if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn try_script(script: &str) -> ExitCode {
    let place = corpus::place::Place::of(&Case::default());
    let disk = Disk::below(&place.root().to_string_lossy());
    match boxagnts_guest_shell::run(disk, Request { script, ..Request::default() }) {
        Ok(answer) => {
            print!("{}", answer.stdout.text());
            eprint!("{}", answer.stderr.text());
            eprintln!("[exit code {}] {}", answer.status, answer.stopped.unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn docs() -> ExitCode {
    let page = fs::read_to_string(table::page()).expect("the page is there");
    let updated = table::updated(&page, &features()).expect("the page has a place for the table");
    fs::write(table::page(), updated).expect("the page can be written");
    ExitCode::SUCCESS
}
