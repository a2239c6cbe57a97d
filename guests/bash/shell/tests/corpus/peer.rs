//! The same case in the GNU bash of this machine.

use std::io::Write;
use std::process::{Command, Stdio};

use super::format::{Case, Outcome};
use super::place::Place;

/// The version of this machine's bash, when it is 5 or later.
pub(crate) fn version() -> Option<String> {
    let output = Command::new("bash").args(["-c", "echo ${BASH_VERSINFO[0]} $BASH_VERSION"]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (major, version) = text.trim().split_once(' ')?;
    (5 <= major.parse::<u32>().ok()?).then(|| version.to_owned())
}

/// Runs a case with the commands of this machine.
pub(crate) fn run(case: &Case) -> Outcome {
    let place = Place::of(case);
    let mut child = Command::new("timeout")
        .args(["20", "bash", "--norc", "--noprofile", "-c", &case.script])
        .current_dir(place.workspace())
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", place.workspace())
        .env("TMPDIR", place.temporary())
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("bash was there a moment ago");
    let mut stdin = child.stdin.take().expect("it is piped");
    // A script that does not read closes the pipe.
    let _ = stdin.write_all(case.stdin.as_deref().unwrap_or_default().as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it runs");
    place.outcome(case, &output.stdout, output.status.code().unwrap_or(-1))
}
