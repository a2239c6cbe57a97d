//! Drills: a test that runs once more, in a network of its own.
//!
//! Nothing in the product can be told to trust a private address, so what happens at public ones is shown in a network
//! namespace: its loopback answers for addresses of the internet, and nothing outside exists.

#![expect(clippy::disallowed_methods, reason = "a drill starts its own test again")]

use std::process::Command;

/// Set for the second run.
const INSIDE: &str = "BOXAGNTS_DRILL";

/// Addresses of the public internet for which this machine answers in a drill, without any interface having them.
pub const PUBLIC: &str = "93.184.216.0/24";

/// A public address that an interface of this machine has in a drill.
pub const OWN: &str = "93.184.217.1";

/// Says whether this is the run inside a drill's network. If not, it has made that run, and panics unless it passed.
///
/// `name` is the test's own, as the harness prints it. A machine that cannot make such a network fails the test and
/// says so, because nothing was shown on it.
pub fn inside(name: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let network = format!("ip link set lo up && ip route add local {PUBLIC} dev lo && ip address add {OWN}/32 dev lo");
    let probe = Command::new("unshare").args(["-rnm", "sh", "-c", &network]).output();
    match probe {
        Ok(probe) if probe.status.success() => {}
        Ok(probe) => panic!("NOT SHOWN: no network namespace here: {}", String::from_utf8_lossy(&probe.stderr)),
        Err(error) => panic!("NOT SHOWN: no network namespace here: unshare cannot be started: {error}"),
    }
    let this = std::env::current_exe().expect("a test knows its program");
    let run = format!("{network} && exec \"$0\" --exact \"$1\" --nocapture");
    let output = Command::new("unshare")
        .args(["-rnm", "sh", "-c", &run])
        .arg(this)
        .arg(name)
        .env(INSIDE, "1")
        .output()
        .expect("it could be started a moment ago");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "the drill {name} failed:\n{said}");
    false
}
