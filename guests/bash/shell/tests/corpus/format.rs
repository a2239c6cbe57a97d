//! The files of the corpus: cases as plain text.
//!
//! A line that begins with `%% ` begins a section; what follows up to the next one is its text. A case is
//! its script, then what it finds (`file PATH`, `stdin`), then what GNU bash made of it: `stdout`,
//! `exit N` when it is not 0, `left PATH` for each file that is new or changed, `gone PATH` for each that
//! is missing. The latter are written by the recorder, never by hand.

use std::collections::BTreeMap;
use std::fmt::Write;

const MARK: &str = "%% ";
const OPEN: &str = " (no newline at the end)";
const BINARY: &str = " (binary)";

/// One script with all that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Case {
    /// What it shows, unique in its file.
    pub(crate) name: String,
    /// The script.
    pub(crate) script: String,
    /// Files that it finds.
    pub(crate) files: BTreeMap<String, String>,
    /// What it reads.
    pub(crate) stdin: Option<String>,
    /// What GNU bash made of it.
    pub(crate) expected: Outcome,
}

/// What a script did that can be compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// What it printed.
    pub(crate) stdout: String,
    /// How it ended.
    pub(crate) status: i32,
    /// Files that are new or changed; of a binary file only that it is there.
    pub(crate) left: BTreeMap<String, Option<String>>,
    /// Files that are gone.
    pub(crate) gone: Vec<String>,
}

/// Reads the cases of one file.
pub(crate) fn parse(text: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    for (heading, body) in sections(text)? {
        let (heading, open) = heading.strip_suffix(OPEN).map_or((heading, false), |heading| (heading, true));
        let mut body = body;
        if open {
            body.pop();
        }
        let (kind, argument) = heading.split_once(' ').unwrap_or((heading, ""));
        if kind == "case" {
            cases.push(Case { name: argument.to_owned(), script: body, ..Case::default() });
            continue;
        }
        let case = cases.last_mut().ok_or("the first section is no case")?;
        match kind {
            "file" => drop(case.files.insert(argument.to_owned(), body)),
            "stdin" => case.stdin = Some(body),
            "stdout" => case.expected.stdout = body,
            "exit" => case.expected.status = argument.parse().map_err(|_| format!("no status: {argument}"))?,
            "left" => match argument.strip_suffix(BINARY) {
                Some(path) => drop(case.expected.left.insert(path.to_owned(), None)),
                None => drop(case.expected.left.insert(argument.to_owned(), Some(body))),
            },
            "gone" => case.expected.gone.push(argument.to_owned()),
            _ => return Err(format!("no such section: {heading}")),
        }
    }
    Ok(cases)
}

/// Writes the cases of one file.
pub(crate) fn render(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        section(&mut text, &format!("case {}", case.name), &case.script);
        for (path, content) in &case.files {
            section(&mut text, &format!("file {path}"), content);
        }
        if let Some(stdin) = &case.stdin {
            section(&mut text, "stdin", stdin);
        }
        outcome(&mut text, &case.expected);
    }
    text
}

/// An outcome as a person reads it.
pub(crate) fn shown(of: &Outcome) -> String {
    let mut text = String::new();
    outcome(&mut text, of);
    text
}

fn outcome(text: &mut String, outcome: &Outcome) {
    if !outcome.stdout.is_empty() {
        section(text, "stdout", &outcome.stdout);
    }
    if outcome.status != 0 {
        section(text, &format!("exit {}", outcome.status), "");
    }
    for (path, content) in &outcome.left {
        match content {
            Some(content) => section(text, &format!("left {path}"), content),
            None => section(text, &format!("left {path}{BINARY}"), ""),
        }
    }
    for path in &outcome.gone {
        section(text, &format!("gone {path}"), "");
    }
}

fn section(text: &mut String, heading: &str, body: &str) {
    let open = !body.is_empty() && !body.ends_with('\n');
    let (mark, end) = if open { (OPEN, "\n") } else { ("", "") };
    write!(text, "{MARK}{heading}{mark}\n{body}{end}").expect("a string takes everything");
}

fn sections(text: &str) -> Result<Vec<(&str, String)>, String> {
    let mut sections: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix(MARK), sections.last_mut()) {
            (Some(heading), _) => sections.push((heading, String::new())),
            (None, Some((_, body))) => {
                body.push_str(line);
                body.push('\n');
            }
            (None, None) => return Err(format!("a line before the first section: {line}")),
        }
    }
    Ok(sections)
}
