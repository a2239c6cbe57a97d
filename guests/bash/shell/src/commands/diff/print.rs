//! The forms in which changes are written, as POSIX and GNU diff describe them.

use std::ops::Range;
use std::time::SystemTime;

use super::compare::Changes;
use crate::commands::calendar::Date;

const OPEN: &[u8] = b"\\ No newline at end of file\n";

pub(super) fn normal(changes: &Changes<'_>, text: &mut Vec<u8>) {
    for (old, new) in &changes.hunks {
        let letter = match (old.is_empty(), new.is_empty()) {
            (true, _) => 'a',
            (_, true) => 'd',
            _ => 'c',
        };
        text.extend(format!("{}{letter}{}\n", span(old), span(new)).bytes());
        lines(text, "< ", &changes.old[old.clone()]);
        if letter == 'c' {
            text.extend(b"---\n");
        }
        lines(text, "> ", &changes.new[new.clone()]);
    }
}

/// `first,last`, one number for one line, the line before for none.
fn span(range: &Range<usize>) -> String {
    match range.len() {
        0 => range.start.to_string(),
        1 => range.end.to_string(),
        _ => format!("{},{}", range.start + 1, range.end),
    }
}

pub(super) fn unified(changes: &Changes<'_>, around: usize, heads: &[String; 2], text: &mut Vec<u8>) {
    text.extend(format!("--- {}\n+++ {}\n", heads[0], heads[1]).bytes());
    for group in groups(changes, around) {
        let count = |range: &Range<usize>| match range.len() {
            0 => format!("{},0", range.start),
            1 => format!("{}", range.start + 1),
            length => format!("{},{length}", range.start + 1),
        };
        text.extend(format!("@@ -{} +{} @@\n", count(&group.old), count(&group.new)).bytes());
        let mut at = group.old.start;
        for (old, new) in group.hunks {
            lines(text, " ", &changes.old[at..old.start]);
            lines(text, "-", &changes.old[old.clone()]);
            lines(text, "+", &changes.new[new.clone()]);
            at = old.end;
        }
        lines(text, " ", &changes.old[at..group.old.end]);
    }
}

pub(super) fn context(changes: &Changes<'_>, around: usize, heads: &[String; 2], text: &mut Vec<u8>) {
    text.extend(format!("*** {}\n--- {}\n", heads[0], heads[1]).bytes());
    for group in groups(changes, around) {
        let bounds = |range: &Range<usize>| match range.len() {
            0 => range.start.to_string(),
            1 => range.end.to_string(),
            _ => format!("{},{}", range.start + 1, range.end),
        };
        text.extend(format!("***************\n*** {} ****\n", bounds(&group.old)).bytes());
        if group.hunks.iter().any(|(old, _)| !old.is_empty()) {
            side(text, &changes.old, &group.old, group.hunks.iter().map(|(old, new)| (old, new)), "- ");
        }
        text.extend(format!("--- {} ----\n", bounds(&group.new)).bytes());
        if group.hunks.iter().any(|(_, new)| !new.is_empty()) {
            side(text, &changes.new, &group.new, group.hunks.iter().map(|(old, new)| (new, old)), "+ ");
        }
    }
}

/// One side of a group in the context form: `mine` and `other` are the ranges of each change.
fn side<'a>(
    text: &mut Vec<u8>,
    all: &[&[u8]],
    bounds: &Range<usize>,
    hunks: impl Iterator<Item = (&'a Range<usize>, &'a Range<usize>)>,
    alone: &str,
) {
    let mut at = bounds.start;
    for (mine, other) in hunks {
        lines(text, "  ", &all[at..mine.start]);
        lines(text, if other.is_empty() { alone } else { "! " }, &all[mine.clone()]);
        at = mine.end;
    }
    lines(text, "  ", &all[at..bounds.end]);
}

/// Changes that share their surroundings.
struct Group<'a> {
    old: Range<usize>,
    new: Range<usize>,
    hunks: &'a [(Range<usize>, Range<usize>)],
}

fn groups<'a>(changes: &'a Changes<'_>, around: usize) -> Vec<Group<'a>> {
    let mut groups = Vec::new();
    let mut first = 0;
    for position in 0..changes.hunks.len() {
        let end = changes.hunks[position].0.end;
        let next = changes.hunks.get(position + 1).map(|(old, _)| old.start);
        if next.is_some_and(|next| next - end <= 2 * around) {
            continue;
        }
        let hunks = &changes.hunks[first..=position];
        first = position + 1;
        let (start, last) = (&hunks[0], &hunks[hunks.len() - 1]);
        let before = around.min(start.0.start).min(start.1.start);
        let after = around.min(changes.old.len() - last.0.end).min(changes.new.len() - last.1.end);
        groups.push(Group {
            old: start.0.start - before..last.0.end + after,
            new: start.1.start - before..last.1.end + after,
            hunks,
        });
    }
    groups
}

fn lines(text: &mut Vec<u8>, mark: &str, lines: &[&[u8]]) {
    for line in lines {
        text.extend(mark.bytes());
        text.extend(*line);
        if !line.ends_with(b"\n") {
            text.push(b'\n');
            text.extend(OPEN);
        }
    }
}

/// The time of a file, as `diff -u` writes it.
pub(super) fn time(time: SystemTime) -> String {
    let Date { year, month, day, hour, minute, second, nanos } = Date::of(time);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{nanos:09} +0000")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::time;

    #[test]
    fn times_are_calendar_dates() {
        assert_eq!(time(UNIX_EPOCH), "1970-01-01 00:00:00.000000000 +0000");
        assert_eq!(time(UNIX_EPOCH + Duration::from_secs(1_709_211_845)), "2024-02-29 13:04:05.000000000 +0000");
    }
}
