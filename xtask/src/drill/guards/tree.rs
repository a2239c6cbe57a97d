//! The copy of the checkout in which each guard has a switch.
//!
//! A switch is a file: where it is, the guard is not. Asking whether a file is there is the one question that every
//! process of a test may ask, with an empty environment, in another process and behind the kernel's wall alike.

use super::list::{Guard, List};
use crate::pack::copy_if_changed;
use crate::{command, place};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What the copy takes over from the folder of built things.
const MADE: [&str; 3] = ["guests.pack", "hostile", "packages"];

/// Where the drill keeps everything.
pub(super) fn folder() -> PathBuf {
    place::made().join("guards")
}

/// The top of the copy.
pub(super) fn root() -> PathBuf {
    folder().join("tree")
}

/// The folder of the switches.
pub(super) fn switches() -> PathBuf {
    folder().join("without")
}

/// Makes the copy, or brings the one that is there up to date: what did not change is not touched, so that cargo builds
/// only what did.
pub(super) fn copy(list: &List) -> Result<()> {
    let mut guarded: BTreeMap<&str, Vec<&Guard>> = BTreeMap::new();
    for guard in &list.guards {
        guarded.entry(&guard.file).or_default().push(guard);
    }
    let files = files()?;
    if let Some(missing) = guarded.keys().find(|file| !files.contains(**file)) {
        bail!("there is no {missing}, in which a guard should stand");
    }
    for file in &files {
        let (from, to) = (place::root().join(file), root().join(file));
        match guarded.get(file.as_str()) {
            None => copy_if_changed(&from, &to)?,
            Some(guards) => {
                let text = fs::read_to_string(&from).with_context(|| format!("cannot read {}", from.display()))?;
                let text = with_switches(&text, guards, &switches()).with_context(|| format!("in {file}"))?;
                write_if_changed(&to, &text)?;
            }
        }
    }
    remove_others(&root(), "", &files)?;
    MADE.iter().try_for_each(|name| copy_made(&place::made().join(name), &root().join("target").join(name)))
}

/// What git knows, and what was written since.
fn files() -> Result<BTreeSet<String>> {
    let mut git = std::process::Command::new("git");
    git.current_dir(place::root()).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let names = command::text(&mut git)?;
    let files = names.split('\0').filter(|name| !name.is_empty() && place::root().join(name).is_file());
    Ok(files.map(str::to_owned).collect())
}

/// The text with a switch at each guard.
fn with_switches(text: &str, guards: &[&Guard], switches: &Path) -> Result<String> {
    let mut places = Vec::with_capacity(guards.len());
    for guard in guards {
        let mut found = text.match_indices(&guard.text);
        match (found.next(), found.next()) {
            (Some((at, _)), None) => places.push((at, *guard)),
            (None, _) => bail!("the guard {} is not there", guard.id),
            (Some(_), Some(_)) => bail!("the guard {} is there twice", guard.id),
        }
    }
    places.sort_by_key(|(at, _)| *at);
    let (mut whole, mut done) = (String::with_capacity(text.len()), 0);
    for (at, guard) in places {
        let Some(before) = text.get(done..at) else { bail!("the guard {} overlaps with another", guard.id) };
        whole.push_str(before);
        whole.push_str(&switched(guard, switches));
        done = at + guard.text.len();
    }
    whole.push_str(&text[done..]);
    Ok(whole)
}

fn switched(Guard { id, text, without, .. }: &Guard, switches: &Path) -> String {
    let switch = switches.join(id).display().to_string();
    let choice = format!("if ::std::fs::symlink_metadata({switch:?}).is_ok() {{ {without} }} else {{ {text} }}");
    // A statement stays one; an expression keeps its place among others.
    if text.ends_with([';', '}']) { choice } else { format!("({choice})") }
}

fn write_if_changed(to: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(to).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(to, text).with_context(|| format!("cannot write {}", to.display()))
}

/// A file that is gone from the checkout must not live on in the copy.
fn remove_others(folder: &Path, inside: &str, files: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{inside}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            if name != "target" {
                remove_others(&entry.path(), &format!("{name}/"), files)?;
            }
        } else if name != "Cargo.lock" && !files.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn copy_made(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        return copy_if_changed(from, to);
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy_made(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(id: &str, text: &str, without: &str) -> Guard {
        let (id, text, without) = (id.to_owned(), text.to_owned(), without.to_owned());
        Guard { id, file: "x.rs".to_owned(), text, without, rows: vec![], tests: vec![], layer_behind: vec![] }
    }

    fn switched_in(text: &str, guards: &[&Guard]) -> Result<String> {
        with_switches(text, guards, Path::new("/switches"))
    }

    #[test]
    fn an_expression_and_a_statement_get_their_switch_where_they_stand() {
        let one = guard("one", "a < b", "true");
        let two = guard("two", "if c { return; }", "");
        let text = switched_in("if a < b && x { }\nif c { return; }\nend", &[&two, &one]).unwrap();
        let taken = |id: &str| format!("::std::fs::symlink_metadata(\"/switches/{id}\").is_ok()");
        let first = format!("if (if {} {{ true }} else {{ a < b }}) && x {{ }}", taken("one"));
        let second = format!("if {} {{  }} else {{ if c {{ return; }} }}", taken("two"));
        assert_eq!(text, format!("{first}\n{second}\nend"));
    }

    #[test]
    fn what_is_not_there_once_is_an_error() {
        let (missing, twice) = (guard("m", "z", ""), guard("t", "a", ""));
        assert!(switched_in("a a", &[&missing]).is_err() && switched_in("a a", &[&twice]).is_err());
        let (outer, inner) = (guard("o", "a b c", ""), guard("i", "b", ""));
        assert!(switched_in("a b c", &[&outer, &inner]).is_err(), "one inside the other");
    }
}
