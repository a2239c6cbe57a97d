//! Which process holds a lease, written so that another one can see that it has ended.
//!
//! A number alone is given again to another process, so the mark has the moment of its start beside it, and the space in
//! which the number means something: a container numbers its processes anew. Where the system does not tell (there is
//! no `/proc`), the mark is empty, nothing is known of a holder, and its lease lasts as long as it was given.

#![expect(clippy::disallowed_methods, reason = "the system tells of its processes in files")]

use std::fs;

/// What a holder's text ends with: ` (since TICKS in SPACE)`, where the text before it ends with the process's number.
pub(crate) fn mark() -> String {
    let started = started("self").map(|(_, ticks)| ticks);
    started.zip(space()).map_or_else(String::new, |(ticks, space)| format!(" (since {ticks} in {space})"))
}

/// Whether the process that a holder's text names is known to have ended.
pub(crate) fn has_ended(holder: &str) -> bool {
    let Some((number, ticks, its_space)) = parts(holder) else { return false };
    // Without this process's own entry the folder says nothing about others either.
    if space().as_deref() != Some(its_space) || started("self").is_none() {
        return false;
    }
    match started(number) {
        None => fs::symlink_metadata(format!("/proc/{number}")).is_err(),
        // Dead, and not yet taken notice of by whoever started it.
        Some((b'Z' | b'X', _)) => true,
        Some((_, since)) => since != ticks,
    }
}

/// The number, the start and the space out of `…process 7 (since 123 in pid:[4])`.
fn parts(holder: &str) -> Option<(&str, u64, &str)> {
    let (before, mark) = holder.strip_suffix(')')?.rsplit_once(" (since ")?;
    let (ticks, space) = mark.split_once(" in ")?;
    let number = before.rsplit(' ').next().filter(|number| number.parse::<u32>().is_ok())?;
    Some((number, ticks.parse().ok()?, space))
}

/// The state of a process and the tick of its start after the machine's: fields 3 and 22 of proc(5)'s `stat`.
fn started(process: &str) -> Option<(u8, u64)> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything, parentheses too.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.bytes().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

/// The space that numbers this process: the same text for all who share it.
fn space() -> Option<String> {
    fs::read_link("/proc/self/ns/pid").ok()?.into_os_string().into_string().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn a_process_that_lives_has_not_ended() {
        assert!(!has_ended(&format!("boxagnts, process {}{}", std::process::id(), mark())));
    }

    #[test]
    fn a_process_that_was_killed_has_ended_before_and_after_its_parent_notices() {
        let mut child = Command::new("sleep").arg("1000").stdout(Stdio::null()).spawn().unwrap();
        let (_, ticks) = started(&child.id().to_string()).unwrap();
        let holder = format!("x, process {} (since {ticks} in {})", child.id(), space().unwrap());
        assert!(!has_ended(&holder));
        child.kill().unwrap();
        while !has_ended(&holder) {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(has_ended(&holder));
    }

    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let (number, space) = (std::process::id(), space().unwrap());
        assert!(has_ended(&format!("boxagnts, process {number} (since 1 in {space})")));
    }

    #[test]
    fn of_other_spaces_and_other_words_nothing_is_known() {
        let holders =
            ["", "somebody", "x, process 4000000", "process 4000000 (since 1 in pid:[1])", "x (since y in z)"];
        for holder in holders {
            assert!(!has_ended(holder), "{holder}");
        }
    }
}
