//! Runs attacks, and insists on what must be true after any of them.
//!
//! Whatever was tried: each call has one result and the model can read it; the receipts say what was refused and by
//! which rule, once; the log is intact; the program lives, and what is permitted works afterwards in the same session.

use crate::scene::Scene;
use boxagnts_tests::terminal::Person;
use boxagnts_tests::{Ended, ScriptedModel};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// What must become of a call.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// One receipt says that this effect was refused, by a rule of which this is a part.
    Refused(String, &'static str),
    /// It was not understood, and so nothing was decided: there is no receipt.
    Rejected,
    /// The model is told that nothing is there; the log says that this effect was refused, and that none was allowed.
    Absent(String),
    /// A limit ended it, which the model is told in these words, and nothing was refused.
    Stopped(&'static str),
    /// It ended, however it did, without any effect that would have had to be refused.
    Empty,
    /// It ended, however it did; the world says whether it did harm.
    Harmless,
    /// It works and says this, whatever else it met on the way.
    Said(String),
    /// It worked, and its result has this in it.
    Done(String),
}

/// A call and its fate.
#[derive(Debug, Clone)]
pub(crate) struct Attack {
    pub(crate) tool: &'static str,
    /// A text is sent as it stands.
    pub(crate) input: Value,
    pub(crate) fate: Fate,
}

impl Attack {
    pub(crate) fn new(tool: &'static str, input: Value, fate: Fate) -> Self {
        Self { tool, input, fate }
    }

    /// A call of `read`.
    pub(crate) fn read(path: &str, fate: Fate) -> Self {
        Self::new("read", json!({ "path": path }), fate)
    }

    /// A call of `write`.
    pub(crate) fn write(path: &str, fate: Fate) -> Self {
        Self::new("write", json!({"path": path, "content": "attacked"}), fate)
    }

    /// A script.
    pub(crate) fn script(script: &str, fate: Fate) -> Self {
        Self::new("bash", json!({ "script": script }), fate)
    }
}

/// The effect, refused by this rule.
pub(crate) fn refused(effect: &str, rule: &'static str) -> Fate {
    Fate::Refused(effect.to_owned(), rule)
}

/// It worked and says this.
pub(crate) fn done(words: &str) -> Fate {
    Fate::Done(words.to_owned())
}

/// Everything that a person could give with options.
pub(crate) const EVERYTHING: [&str; 8] =
    ["--permission-mode", "bypass", "--allow", "fs.read:/", "--allow", "fs.write:/", "--allow", "network:*"];

/// Calls in one message of the model: as many as run side by side.
const AT_ONCE: usize = 8;

/// What a run left to be looked at.
pub(crate) struct Aftermath {
    pub(crate) ended: Ended,
    /// Everything that the model was told.
    pub(crate) told: String,
    /// The receipts of the session, in their order.
    pub(crate) receipts: Vec<Value>,
    pub(crate) session: String,
}

/// Makes these attacks in one session with these options, then reads a file that anybody may read.
pub(crate) fn storm(scene: &Scene, attacks: &[Attack], flags: &[&str]) -> Aftermath {
    storm_in(scene, attacks, flags, &[], AT_ONCE)
}

/// The same in another workspace, which `place` names, with so many calls side by side.
pub(crate) fn storm_in(scene: &Scene, attacks: &[Attack], flags: &[&str], place: &[&str], at_once: usize) -> Aftermath {
    // What stands beside the file may be swapped for what is refused while it is looked for.
    let twin = Attack::new("glob", json!({"pattern": "README.*"}), Fate::Said("README.md".into()));
    let calls = |attacks: &[Attack]| -> Value {
        let calls = attacks.iter().map(|attack| json!({"tool": attack.tool, "input": attack.input}));
        json!({"calls": calls.collect::<Vec<_>>()})
    };
    let messages = attacks.chunks(at_once).chain([std::slice::from_ref(&twin)]).map(calls);
    let replies: Vec<Value> = messages.chain([json!({"text": "The last word."})]).collect();
    // Each run has a model of its own, which keeps what it was asked in the same place.
    let _ = fs::remove_file(scene.house.outside().join("requests.jsonl"));
    let model = ScriptedModel::start(&scene.house, &json!(replies));
    let flags = [flags, place, &["--output-format", "json"]].concat();
    let mut command = model.command(&scene.house, &flags);
    command.envs(scene.environment.iter().cloned());
    let mut command = if scene.is_careless { carelessly(&command) } else { command };
    let ended = Ended::of(&command.output().unwrap());
    let result = ended.json();
    assert_eq!((&result["reason"], &result["text"]), (&json!("answered"), &json!("The last word.")), "{ended:?}");
    let requests = model.requests();
    assert_eq!(requests.len(), replies.len(), "the model was asked after each message");
    assert!(requests.iter().all(|request| request["violations"] == json!([])), "what the model got is well-formed");
    let session = result["session"].as_str().unwrap().to_owned();
    let events = [&["session", "show", &session, "--output-format", "json"], place].concat();
    let events = scene.house.run(events).code(0).json();
    let receipts = receipts(scene, &session, place);
    let attacks: Vec<&Attack> = attacks.iter().chain([&twin]).collect();
    let results = results(events.as_array().unwrap());
    assert_eq!(results.len(), attacks.len(), "each call has a result");
    let judged = attacks.iter().zip(&results).map(|(attack, (call, result))| judge(attack, result, &receipts, call));
    let wrong: Vec<String> = judged.filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    verify(scene, place);
    Aftermath { ended, told: json!(requests).to_string(), receipts, session }
}

/// The same program, where every file is made for everybody.
pub(crate) fn carelessly(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "umask 000 && exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| value.map(|value| (name, value))));
    shell.current_dir(command.get_current_dir().unwrap());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// What a program is while it waits for a person.
pub(crate) struct Size {
    /// The most memory that it ever had, in MiB.
    pub(crate) most_memory: u64,
    pub(crate) open_files: usize,
}

/// Makes these attacks one after the other, and looks at the program when it then asks a person something.
pub(crate) fn size_after(scene: &Scene, attacks: &[Attack], flags: &[&str]) -> Size {
    let calls = attacks.iter().map(|attack| json!({"calls": [{"tool": attack.tool, "input": attack.input}]}));
    let asks = json!({"calls": [{"tool": "write", "input": {"path": "asked", "content": "x"}}]});
    let replies: Vec<Value> = calls.chain([asks, json!({"text": "Done."})]).collect();
    let (model, mut person) = (ScriptedModel::start(&scene.house, &json!(replies)), Person::new());
    let mut child = person.starts(&mut model.command(&scene.house, flags));
    person.sees("Allow?", 1);
    let process = Path::new("/proc").join(child.id().to_string());
    let status = fs::read_to_string(process.join("status")).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let most_memory = most.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10;
    let open_files = fs::read_dir(process.join("fd")).unwrap().count();
    person.types("n\n");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    Size { most_memory, open_files }
}

/// The receipts of a session.
pub(crate) fn receipts(scene: &Scene, session: &str, place: &[&str]) -> Vec<Value> {
    let show = ["audit", "show", "--session", session, "--limit", "100000", "--output-format", "json"];
    scene.house.run([&show, place].concat()).code(0).json().as_array().unwrap().clone()
}

/// Insists that the log is as it was written.
pub(crate) fn verify(scene: &Scene, place: &[&str]) {
    let verify = [&["audit", "verify", "--output-format", "json"], place].concat();
    assert_eq!(scene.house.run(verify).code(0).json()["intact"], true);
}

/// Each call in the order in which the model asked for it, with what it came to. Insists that each has exactly one.
fn results(events: &[Value]) -> Vec<(String, Value)> {
    let mut finished: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "call.finished") {
        finished.entry(event["call"].as_str().unwrap()).or_default().push(&event["body"]);
    }
    let messages = events.iter().filter(|event| event["type"] == "message");
    let asked = messages.flat_map(|event| event["body"]["calls"].as_array().unwrap());
    let one = |call: &Value| {
        let id = call["id"].as_str().unwrap();
        let results = finished.remove(id).unwrap_or_default();
        assert_eq!(results.len(), 1, "the results of {call}");
        (id.to_owned(), results[0].clone())
    };
    let results = asked.map(one).collect();
    assert!(finished.is_empty(), "results without a call: {finished:?}");
    results
}

/// Whether a call met its fate; if not, what went wrong.
fn judge(attack: &Attack, result: &Value, receipts: &[Value], call: &str) -> Result<(), String> {
    let of_call = receipts.iter().filter(|receipt| receipt["call"] == call && receipt["type"] == "effect");
    let of_call: Vec<&Value> = of_call.map(|receipt| &receipt["body"]).collect();
    let refusals: Vec<&&Value> = of_call.iter().filter(|body| body["decision"] == "refused").collect();
    let (told, outcome) = (result["content"].to_string(), &result["outcome"]);
    let wrong = match &attack.fate {
        _ if told.len() <= 20 => Some("the model is told nothing".to_owned()),
        Fate::Refused(effect, rule) => {
            let by: Vec<&str> = refusals
                .iter()
                .filter(|body| body["effect"] == effect.as_str())
                .filter_map(|body| body["rule"].as_str())
                .collect();
            // Scripts and attacking guests go on after a refusal, and say themselves how they ended.
            let is_told = ["bash", "probe"].contains(&attack.tool) || outcome == "denied";
            (by.len() != 1 || !by[0].contains(rule) || !is_told)
                .then(|| "one receipt was to name the decision and its rule".to_owned())
        }
        Fate::Rejected => (outcome != "rejected" || !of_call.is_empty())
            .then(|| "it was to be rejected before anything was decided".to_owned()),
        Fate::Absent(effect) => {
            let refused = refusals.iter().filter(|body| body["effect"] == effect.as_str()).count();
            let is_told = outcome == "rejected" && told.contains("does not exist");
            let allowed = of_call.iter().any(|body| body["effect"] == effect.as_str() && body["decision"] == "allowed");
            (refused != 1 || allowed || !is_told)
                .then(|| "it was not to be there, for the model, and to be refused in the log".to_owned())
        }
        Fate::Stopped(limit) => (outcome != "limited" || !told.contains(limit) || !refusals.is_empty())
            .then(|| format!("it was to be stopped by {limit}")),
        Fate::Empty => (!refusals.is_empty()).then(|| "nothing was to be refused".to_owned()),
        Fate::Harmless => None,
        Fate::Said(words) => {
            (outcome != "done" || !told.contains(words.as_str())).then(|| format!("it was to say {words}"))
        }
        Fate::Done(words) => {
            let words = json!(words).to_string();
            let is_there = told.contains(words.trim_matches('"'));
            (outcome != "done" || !refusals.is_empty() || !is_there).then(|| format!("it was to work and say {words}"))
        }
    };
    wrong.map_or(Ok(()), |wrong| Err(format!("{wrong}: {attack:?}\ncame to {result}\nwith the receipts {of_call:#?}")))
}
