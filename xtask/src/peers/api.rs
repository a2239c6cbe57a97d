//! Schemathesis against the server's interface: requests made from its own description, well-formed and not. None may
//! bring the server to an error of its own, be answered with something that the description does not have, or be answered
//! at all without a login.

use crate::steps::Steps;
use crate::{command, place};
use anyhow::{Context, Result};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How many steps [`compare`] takes.
pub(super) const STEPS: usize = 1;

/// The version that is asked. A newer one is a change like any other.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// Requests for each route.
const EXAMPLES: &str = "25";

/// What would end the login, ask a model, or open a line for ever.
const LEFT_OUT: &str = "^/api/v1/(logout|models/test|stream)$";

/// What is wrong with the interface, one line each. Where Schemathesis is not here and cannot be fetched, that is said.
pub(super) fn compare(steps: &mut Steps, program: &Path) -> Result<Vec<String>> {
    steps.step("Schemathesis against the interface of the server", || ask(program))
}

fn ask(program: &Path) -> Result<Vec<String>> {
    if !command::answers("python3", &["-c", "import venv, ensurepip"]) {
        println!("python3 is not here, so the interface was not tried by Schemathesis; `apt install python3-venv`");
        return Ok(Vec::new());
    }
    let folder = match fetched() {
        Ok(folder) => folder,
        Err(error) => {
            println!("the interface was not tried, because Schemathesis could not be fetched: {error:#}");
            return Ok(Vec::new());
        }
    };
    let server = Server::start(program, &folder)?;
    let report = folder.join("report.txt");
    let mut ask = Command::new(folder.join("venv/bin/schemathesis"));
    ask.arg("run").arg(format!("{}/api/v1/openapi.json", server.address));
    ask.args(["--header", &format!("Authorization: Bearer {}", server.token)]);
    ask.args([
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]);
    ask.args([
        "--max-examples",
        EXAMPLES,
        "--generation-deterministic",
        "--no-color",
        "--exclude-path-regex",
        LEFT_OUT,
    ]);
    let output = ask.current_dir(&folder).stdin(Stdio::null()).output().context("cannot start Schemathesis")?;
    fs::write(&report, &output.stdout).with_context(|| format!("cannot write {}", report.display()))?;
    if output.status.success() {
        return Ok(Vec::new());
    }
    Ok(vec![format!("Schemathesis found something: {}", place::shown(&report))])
}

fn fetched() -> Result<PathBuf> {
    let folder = place::made().join("peers/api").join(SCHEMATHESIS.replace('=', "-"));
    if !folder.join("whole").exists() {
        // What a fetch left behind that did not end is of no use.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        command::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS];
        command::run(Command::new(folder.join("venv/bin/python")).args(install))?;
        fs::write(folder.join("whole"), "").context("cannot say that it is whole")?;
    }
    Ok(folder)
}

/// A server on a workspace of its own, which ends with this value.
struct Server {
    process: Child,
    address: String,
    token: String,
}

impl Server {
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let (home, workspace) = (folder.join("home"), folder.join("workspace"));
        for place in [&home, &workspace] {
            // There is none before the first time.
            let _ = fs::remove_dir_all(place);
            fs::create_dir_all(place).with_context(|| format!("cannot create {}", place.display()))?;
        }
        let mut start = Command::new(program);
        start.args(["--port", "0", "--model", "demo/tour"]).current_dir(&workspace).env_clear().env("HOME", &home);
        let mut process = start.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut link = String::new();
        BufReader::new(process.stdout.take().context("it has an output")?).read_line(&mut link)?;
        let address = link.split("/#").next().unwrap_or_default().to_owned();
        let mut servers = fs::read_dir(home.join(".local/state/boxagnts/servers"))?;
        let note = servers.next().context("the server left no note")??.path().join("server.json");
        let note: Value = serde_json::from_slice(&fs::read(note)?)?;
        let token = note["token"].as_str().context("a server has a token")?.to_owned();
        Ok(Self { process, address, token })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which its answers told.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
