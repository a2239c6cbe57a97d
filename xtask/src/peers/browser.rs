//! A browser that nobody here wrote, driving the real program: what the dashboard does with what really happens, and that
//! nothing hostile runs in it.
//!
//! The tests are those of `dashboard/tests/real`; they start the program and the scripted model themselves.

use crate::binary::{self, Profile};
use crate::steps::Steps;
use crate::{command, dashboard, place};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// How many steps [`compare`] takes.
pub(super) const STEPS: usize = 4;

/// The names that it goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How a browser is had where it is not.
const INSTALL: &str = "`apt install chromium`, `dnf install chromium` or `brew install --cask chromium`";

/// Whether the tests failed; what did is above, in their own words. Without a browser that is said, and nothing driven.
pub(super) fn compare(steps: &mut Steps, program: &Path) -> Result<Vec<String>> {
    let browser = steps.step("a browser", browser)?;
    let model = steps.step("the scripted model", || binary::program("scripted-model", Profile::Dev))?;
    steps.step("what drives the browser", dashboard::install)?;
    steps.step("the dashboard in a browser", || {
        let Some(browser) = browser else {
            println!("no Chromium is here, so the dashboard was not driven; install it: {INSTALL}");
            return Ok(Vec::new());
        };
        drive(browser, program, &model)
    })
}

/// The browser's name; installed, where that can be done without asking anybody.
fn browser() -> Result<Option<&'static str>> {
    if let Some(found) = found() {
        return Ok(Some(found));
    }
    if command::answers("apt-get", &["--version"]) && is_root()? {
        let apt = |arguments: &[&str]| {
            command::run(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        let installed = apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-y", "-qq", "chromium"]));
        if let Err(error) = installed {
            println!("Chromium cannot be installed: {error:#}");
        }
    }
    Ok(found())
}

fn found() -> Option<&'static str> {
    BROWSERS.into_iter().find(|name| command::answers(name, &["--version"]))
}

fn is_root() -> Result<bool> {
    Ok(command::text(Command::new("id").arg("-u"))?.trim() == "0")
}

fn drive(browser: &str, program: &Path, model: &Path) -> Result<Vec<String>> {
    let mut tests = Command::new("npm");
    tests.args(["run", "--silent", "real"]).current_dir(place::dashboard_sources());
    // The tests take the first one on the path, which is this one.
    tests.env_remove("CHROMIUM").env("BOXAGNTS_BIN", program).env("BOXAGNTS_SCRIPTED_MODEL", model);
    let status = tests.status().context("cannot start npm")?;
    println!("the dashboard was driven with {browser} ({status})");
    Ok(if status.success() { Vec::new() } else { vec!["the dashboard in a browser\n  see the tests above".to_owned()] })
}
