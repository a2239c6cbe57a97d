//! The official clients of OpenAI's interface, in Python and JavaScript, against the scripted server.
//!
//! Our provider is tested against that server, so the server must be right: the clients have to understand everything that
//! it sends, and it must find nothing wrong with what they ask. Both clients walk through one script and tell what they
//! understood, which `xtask/peers/openai/expected.jsonl` has in full.

use crate::steps::Steps;
use crate::{command, place};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// How many steps [`compare`] takes.
pub(super) const STEPS: usize = 3;

/// The versions that are compared with. A newer one is a change like any other.
const PYTHON: &str = "openai==3.51.0";
const JAVASCRIPT: &str = "openai@7.55.0";

/// A client and how it is had.
struct Client {
    language: &'static str,
    /// What says that it is missing, and how it is installed.
    needs: &'static [(&'static str, &'static [&'static str])],
    install: &'static str,
    version: &'static str,
    /// Fetches the client into an empty folder.
    fetch: fn(&Path) -> Result<()>,
    /// The walk through the script, beside this module's data.
    walk: &'static str,
    /// What runs it.
    runner: fn(&Path) -> Command,
}

const CLIENTS: [Client; 2] = [
    Client {
        language: "Python",
        needs: &[("python3", &["-c", "import venv, ensurepip"])],
        install: "`apt install python3-venv`, `dnf install python3` or `brew install python`",
        version: PYTHON,
        fetch: fetch_python,
        walk: "client.py",
        runner: python,
    },
    Client {
        language: "JavaScript",
        needs: &[("node", &["--version"]), ("npm", &["--version"])],
        install: "`apt install nodejs npm`, `dnf install nodejs` or `brew install node`",
        version: JAVASCRIPT,
        fetch: fetch_javascript,
        walk: "client.mjs",
        runner: |_| Command::new("node"),
    },
];

/// What the clients and the server understand differently, one line each. A client that is not here, or cannot be
/// fetched, is named and left out.
pub(super) fn compare(steps: &mut Steps) -> Result<Vec<String>> {
    let server = steps.step("the scripted server", build)?;
    let mut differences = Vec::new();
    for client in CLIENTS {
        let name = format!("the official {} client against the scripted server", client.language);
        differences.extend(steps.step(&name, || client.compare(&server))?);
    }
    Ok(differences)
}

impl Client {
    fn compare(&self, server: &Path) -> Result<Vec<String>> {
        if let Some((missing, _)) = self.needs.iter().find(|(program, question)| !command::answers(program, question)) {
            println!(
                "{missing} is not here, so the {} client was not compared; install it: {}",
                self.language, self.install
            );
            return Ok(Vec::new());
        }
        let folder = match self.fetched() {
            Ok(folder) => folder,
            Err(error) => {
                println!("the {} client was not compared, because it could not be fetched: {error:#}", self.language);
                return Ok(Vec::new());
            }
        };
        let record = folder.join("requests.jsonl");
        // There is none before the first time.
        let _ = fs::remove_file(&record);
        let server = Server::start(server, &record)?;
        // A module of JavaScript finds its packages beside itself, so the walk is put there.
        let walk = folder.join(self.walk);
        fs::copy(ours().join(self.walk), &walk).with_context(|| format!("cannot write {}", walk.display()))?;
        let told = command::text((self.runner)(&folder).arg(walk).arg(&server.base_url))?;
        drop(server);
        Ok([differences(self.language, &told)?, violations(self.language, &record)?].concat())
    }

    /// The folder with this version of the client, fetched once.
    fn fetched(&self) -> Result<PathBuf> {
        let folder =
            place::made().join("peers/openai").join(self.version.replace(['=', '@'], "-") + "-" + self.language);
        if !folder.join("whole").exists() {
            // What a fetch left behind that did not end is of no use.
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            (self.fetch)(&folder)?;
            fs::write(folder.join("whole"), "").context("cannot say that it is whole")?;
        }
        Ok(folder)
    }
}

fn fetch_python(folder: &Path) -> Result<()> {
    command::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    command::run(python(folder).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON]))
}

fn python(folder: &Path) -> Command {
    Command::new(folder.join("venv/bin/python"))
}

fn fetch_javascript(folder: &Path) -> Result<()> {
    let quiet = ["install", "--silent", "--no-audit", "--no-fund", "--prefix"];
    command::run(Command::new("npm").args(quiet).arg(folder).arg(JAVASCRIPT))
}

/// The scripts, in the checkout.
fn ours() -> PathBuf {
    place::root().join("xtask/peers/openai")
}

fn build() -> Result<PathBuf> {
    let mut build = command::cargo();
    build.args(["build", "--package", "boxagnts-testkit", "--bin", "scripted-model"]);
    let mut programs = command::artifacts(&mut build)?.into_iter().filter_map(|artifact| artifact.program);
    programs.next_back().context("cargo built no scripted-model")
}

/// The scripted server, which ends with this value.
struct Server {
    process: Child,
    base_url: String,
}

impl Server {
    fn start(program: &Path, record: &Path) -> Result<Self> {
        let mut start = Command::new(program);
        start.arg("--script").arg(ours().join("script.json")).arg("--record").arg(record).stdout(Stdio::piped());
        let process = start.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { process, base_url: String::new() };
        let Some(output) = server.process.stdout.take() else { bail!("the scripted server has no output") };
        BufReader::new(output).read_line(&mut server.base_url).context("the scripted server names no address")?;
        server.base_url.truncate(server.base_url.trim_end().len());
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The steps that a client understood in another way than it should.
fn differences(language: &str, told: &str) -> Result<Vec<String>> {
    let path = ours().join("expected.jsonl");
    let expected = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(compared(language, &values(&expected)?, &values(told)?))
}

fn compared(language: &str, expected: &[Value], told: &[Value]) -> Vec<String> {
    let longest = expected.len().max(told.len());
    let pairs = (0..longest).map(|at| (expected.get(at), told.get(at)));
    let differing = pairs.filter(|(expected, told)| expected != told);
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    let line = |(expected, told)| {
        format!("{language} client\n  should understand: {}\n  understood: {}", shown(expected), shown(told))
    };
    differing.map(line).collect()
}

/// What the server found wrong with the client's requests.
fn violations(language: &str, record: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(record).with_context(|| format!("cannot read {}", record.display()))?;
    let requests = values(&text)?;
    let wrong = requests.iter().flat_map(|request| request["violations"].as_array().into_iter().flatten());
    Ok(wrong.map(|fault| format!("{language} client: the scripted server refuses what it asks: {fault}")).collect())
}

fn values(lines: &str) -> Result<Vec<Value>> {
    let value = |line| serde_json::from_str(line).with_context(|| format!("this is no JSON: {line}"));
    lines.lines().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::compared;
    use serde_json::json;

    #[test]
    fn a_step_that_is_missing_or_different_is_named() {
        let expected = [json!({"step": "a"}), json!({"step": "b"})];
        assert!(compared("x", &expected, &expected).is_empty());
        let told = compared("x", &expected, &[json!({"step": "c"})]);
        assert_eq!(told.len(), 2);
        assert!(told[0].contains(r#"understood: {"step":"c"}"#) && told[1].contains("understood: nothing"), "{told:?}");
    }
}
