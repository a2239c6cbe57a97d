//! Compares what is ours with foreign programs that do the same.
//!
//! For `glob` and `grep` that is ripgrep: both must find the same files and the same lines, in a folder of awkward files and
//! in this checkout. For the wire of models that are the vendor's own clients ([`openai`]), for the shell GNU bash
//! ([`bash`]), for the server's interface Schemathesis ([`api`]), for the dashboard a browser ([`browser`]). What is not
//! installed is named, and the rest is compared.

mod api;
mod bash;
mod browser;
mod openai;

use crate::binary::{self, Profile};
use crate::steps::Steps;
use crate::{command, place, rival};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Patterns for the contents of files.
const PATTERNS: [&str; 10] =
    ["TODO|FIXME", "fn \\w+", "^use ", "needle", "(?i)NEEDLE$", "\\bunsafe\\b", "针", "a.c", "^$", "-leading"];

/// Patterns for the names of files.
const GLOBS: [&str; 8] = ["*.rs", "**/*.md", "*.{txt,md}", "sub/*.txt", "sub/**", "[a-c]*", "**/deep/*", ".*"];

/// Files that are easy to get wrong.
const AWKWARD: [(&str, &[u8]); 14] = [
    ("plain.txt", b"one needle\ntwo\nthree needle needle\n"),
    ("crlf.txt", b"first needle\r\nsecond\r\nneedle\r\n"),
    ("no-end.txt", b"nothing here\nneedle"),
    ("empty.txt", b""),
    ("-leading.txt", b"-leading dash\nneedle\n"),
    ("cjk.md", "大海捞针\n海\n针 needle\n".as_bytes()),
    ("latin.txt", b"caf\xe9 needle\nabc\n"),
    ("binary.bin", b"needle\x00needle\n"),
    (".hidden", b"needle\n"),
    ("sub/a.txt", b"needle\n\nabc\n"),
    ("sub/deep/b.txt", b"abc\nneedle\n"),
    ("sub/left-out.log", b"needle\n"),
    ("sub/.gitignore", b"*.log\n!kept.log\n"),
    ("sub/kept.log", b"needle\n"),
];

/// `cargo xtask peers`.
pub(crate) fn peers(arguments: &[String]) -> Result<ExitCode> {
    if let Some(argument) = arguments.first() {
        bail!("`cargo xtask peers` takes no arguments, but was given `{argument}`");
    }
    let has_rival = rival::is_here();
    let own = openai::STEPS + bash::STEPS + api::STEPS + browser::STEPS;
    let mut steps = Steps::new(binary::STEPS + own + usize::from(has_rival));
    let program = binary::build(&mut steps, Profile::Dev)?;
    let mut differences = openai::compare(&mut steps)?;
    differences.extend(bash::compare(&mut steps)?);
    differences.extend(api::compare(&mut steps, &program)?);
    differences.extend(browser::compare(&mut steps, &program)?);
    if has_rival {
        differences.extend(steps.step("glob and grep against ripgrep", || compare(&program))?);
    } else {
        println!("ripgrep is not here, so glob and grep were not compared; {}", rival::INSTALL);
    }
    for difference in &differences {
        println!("{difference}");
    }
    println!("peers: {} comparisons differ", differences.len());
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare(program: &Path) -> Result<Vec<String>> {
    let (awkward, checkout) = (awkward()?, place::root());
    let mut differences = Vec::new();
    for pattern in PATTERNS {
        for folder in [&awkward, &checkout] {
            differences.extend(contents(program, folder, pattern)?);
        }
    }
    for pattern in GLOBS {
        differences.extend(names(program, &awkward, pattern)?);
    }
    for folder in [&awkward, &checkout] {
        differences.extend(all_names(program, folder)?);
    }
    Ok(differences)
}

/// How often a pattern matches in which file.
fn contents(program: &Path, folder: &Path, pattern: &str) -> Result<Option<String>> {
    let input = json!({"pattern": pattern, "mode": "count", "limit": 100_000});
    let ours = call(program, folder, "grep", &input)?;
    let theirs = rival::found(&mut rival::ripgrep(folder, &["--count", "--with-filename", "--regexp", pattern]))?;
    Ok(difference(&format!("grep {pattern:?} in {}", folder.display()), &ours, &theirs))
}

/// Which names a pattern fits, with what ignore files leave out: ripgrep lets a pattern bring that back.
fn names(program: &Path, folder: &Path, pattern: &str) -> Result<Option<String>> {
    let input = json!({"pattern": pattern, "include_ignored": true, "limit": 100_000});
    let ours = call(program, folder, "glob", &input)?;
    let theirs = rival::found(&mut rival::ripgrep(folder, &["--files", "--no-ignore", "--glob", pattern]))?;
    Ok(difference(&format!("glob {pattern:?} in {}", folder.display()), &ours, &theirs))
}

/// Which files there are, without what ignore files leave out.
fn all_names(program: &Path, folder: &Path) -> Result<Option<String>> {
    let ours = call(program, folder, "glob", &json!({"pattern": "**", "limit": 100_000}))?;
    let theirs = rival::found(&mut rival::ripgrep(folder, &["--files"]))?;
    Ok(difference(&format!("glob \"**\" in {}", folder.display()), &ours, &theirs))
}

fn call(program: &Path, folder: &Path, tool: &str, input: &Value) -> Result<String> {
    let text = command::text(&mut rival::call(program, folder, tool, input))?;
    if text.contains("; narrow the pattern") {
        bail!("{tool} {input} has more results in {} than one answer holds: choose a rarer pattern", folder.display());
    }
    Ok(text)
}

/// Lines that only one of them has; the order and our own notes are no difference.
fn difference(what: &str, ours: &str, theirs: &str) -> Option<String> {
    let is_note =
        |line: &&str| line.starts_with('[') || line.starts_with("no matches") || line.starts_with("no files match");
    let ours: BTreeSet<&str> = ours.lines().filter(|line| !is_note(line) && !line.is_empty()).collect();
    let theirs: BTreeSet<&str> = theirs.lines().collect();
    if ours == theirs {
        return None;
    }
    let list = |lines: BTreeSet<&&str>| {
        let lines: Vec<String> = lines.into_iter().take(10).map(|line| format!("\n    {line}")).collect();
        lines.concat()
    };
    let only_ours = list(ours.difference(&theirs).collect());
    let only_theirs = list(theirs.difference(&ours).collect());
    Some(format!("{what}\n  only ours:{only_ours}\n  only ripgrep's:{only_theirs}"))
}

/// Makes the folder of awkward files anew.
fn awkward() -> Result<PathBuf> {
    let folder = place::made().join("peers/awkward");
    for (name, bytes) in AWKWARD {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap_or(&folder))
            .with_context(|| format!("cannot create {}", path.display()))?;
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn order_and_notes_are_no_difference() {
        assert_eq!(difference("x", "b:1\na:2\n[3 matching lines in 2 files]", "a:2\nb:1\n"), None);
        assert_eq!(difference("x", "no matches\n", ""), None);
    }

    #[test]
    fn a_line_of_one_alone_is_named() {
        let told = difference("x", "a:1\n", "a:2\n").unwrap();
        assert!(told.contains("only ours:\n    a:1") && told.contains("ripgrep's:\n    a:2"), "{told}");
    }
}
