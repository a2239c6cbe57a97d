//! The same case in the shell of the tool.

use std::panic::catch_unwind;
use std::thread;
use std::time::Duration;

use boxagnts_guest_shell::{Disk, Request, run as run_script};

use super::format::{Case, Outcome};
use super::place::Place;

/// Without optimisation the language needs more stack than a thread of a test has.
const STACK: usize = 64 * 1024 * 1024;

/// No script of the corpus needs as long; one that never ends should not hold up the others.
const LONGEST: Duration = Duration::from_secs(5);

/// Runs a case as the tool does.
pub(crate) fn run(case: &Case) -> Outcome {
    let case = case.clone();
    let thread = thread::Builder::new().stack_size(STACK).spawn(move || {
        let place = Place::of(&case);
        let request = Request { script: &case.script, stdin: case.stdin.clone(), kept: None, longest: Some(LONGEST) };
        let disk = Disk::below(&place.root().to_string_lossy());
        let answer = catch_unwind(move || run_script(disk, request).expect("the machine has timers"));
        match answer {
            Ok(answer) => {
                let mut stdout = answer.stdout.text().into_bytes();
                if let Some(reason) = answer.stopped {
                    stdout.extend(format!("[stopped: {reason}]\n").bytes());
                }
                place.outcome(&case, &stdout, answer.status)
            }
            Err(_) => place.outcome(&case, b"[panicked]\n", -1),
        }
    });
    thread.expect("there is room for a thread").join().expect("the panic was caught")
}
