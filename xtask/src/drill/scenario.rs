//! What the model asks for: calls whose effects have a mark of their own, so that each can be counted from outside.

use serde_json::{Value, json};
use std::path::Path;

/// How a mark is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// As a line in this file of the workspace.
    Line(&'static str),
    /// As a request for the path of its name.
    Request,
}

/// Every mark of the scenario. The input of exactly one call of the script holds its name.
pub(super) const MARKS: [(&str, Trace); 9] = [
    ("k01", Trace::Line("log.txt")),
    ("k02", Trace::Line("made.txt")),
    ("k03", Trace::Request),
    ("k04", Trace::Line("log.txt")),
    ("k05", Trace::Line("log.txt")),
    ("k06", Trace::Line("side.txt")),
    ("k07", Trace::Line("old.txt")),
    ("k08", Trace::Request),
    ("k09", Trace::Line("log.txt")),
];

/// A file that is there before, and what is in it; the scenario overwrites it once, as a whole.
pub(super) const OLD: (&str, &str) = ("old.txt", "what stood here before\n");

/// The script, for a witness at an origin. Its replies follow the conversation and not the requests: a run that goes on
/// gets what comes next, and a step that was never recorded is said again.
pub(super) fn script(origin: &str) -> Value {
    let bash = |script: &str| json!({"tool": "bash", "input": {"script": script}});
    let write = |path: &str, text: &str| json!({"tool": "write", "input": {"path": path, "content": text}});
    let fetch = |mark: &str| json!({"tool": "web_fetch", "input": {"url": format!("{origin}/{mark}")}});
    let read = json!({"tool": "read", "input": {"path": "log.txt"}});
    let done = json!({"text": "Done."});
    json!({"order": "step", "replies": [
        {"text": "I begin. ", "calls": [bash("echo k01 >> log.txt")]},
        {"text": "Two at once. ", "calls": [write("made.txt", "k02\n"), read]},
        {"calls": [fetch("k03")]},
        {"calls": [bash("echo k04 >> log.txt; wc -l < log.txt; echo k05 >> log.txt")]},
        {"text": "Three. ", "calls": [bash("echo k06 >> side.txt"), write("old.txt", "k07\n"), fetch("k08")]},
        {"calls": [bash("cat side.txt old.txt; echo k09 >> log.txt")]},
        done, done, done, done, done, done,
    ]})
}

/// How often each line mark stands in the files of a workspace.
pub(super) fn lines(workspace: &Path) -> Vec<(String, usize)> {
    let count = |(mark, trace): &(&str, Trace)| {
        let Trace::Line(file) = trace else { return None };
        // No file, no mark.
        let text = std::fs::read_to_string(workspace.join(file)).unwrap_or_default();
        Some(((*mark).to_owned(), text.lines().filter(|line| line == mark).count()))
    };
    MARKS.iter().filter_map(count).filter(|(_, count)| *count != 0).collect()
}
