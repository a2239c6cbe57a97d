//! What the script writes and says at the end, from what it has seen.

use super::attempts::{ATTEMPTS, Verdict};
use super::seen::{Found, Seen, text};
use super::{LOOK, MARKS, READ, REPORT, SEARCH, WRITE};
use boxagnts_types::Outcome;
use boxagnts_types::show::visible;

/// The first line of the report, by which the script knows its own.
pub(super) const TITLE: &str = "# Report of the tour (demo/tour of BoxAgnts)";

/// Characters of an answer that are quoted.
const LONGEST_QUOTE: usize = 300;

/// Lines of the read file that go into the report.
const LINES_QUOTED: usize = 8;

/// The content of the report file.
pub(super) fn report(seen: &Seen<'_>) -> String {
    let parts = [
        format!("{TITLE}\n\nWritten by a script, not by a language model, from what the tools answered.\n"),
        section("Files", &seen.files(), "file"),
        section(&format!("Places with {MARKS}"), &seen.marks(), "place"),
        seen.file_to_read().map(|file| beginning_of(file, seen)).unwrap_or_default(),
    ];
    parts.concat()
}

fn section(title: &str, found: &Found<'_>, what: &str) -> String {
    match found {
        Found::Nothing(why) => format!("\n## {title}\n\nNone was shown: {why}\n"),
        Found::Some { lines, notes } => {
            let number = count(lines.len(), what);
            let all = lines.iter().chain(notes).copied();
            format!("\n## {title}\n\n{number} shown:\n\n{}", quoted(all))
        }
    }
}

fn beginning_of(file: &str, seen: &Seen<'_>) -> String {
    let beginning = match seen.beginning() {
        Found::Some { lines, .. } => quoted(lines.into_iter().take(LINES_QUOTED).map(without_number)),
        Found::Nothing(why) => format!("It could not be shown: {why}\n"),
    };
    format!("\n## {}\n\n{beginning}", shown(file))
}

/// A line of `read` without the number before it.
fn without_number(line: &str) -> &str {
    match line.split_once('\t') {
        Some((number, rest)) if number.trim().bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => line,
    }
}

/// Lines as a block of code, so that nothing in them reads as a part of the report.
fn quoted<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let line = |line| match shown(line) {
        empty if empty.is_empty() => "\n".to_owned(),
        full => format!("    {full}\n"),
    };
    lines.map(line).collect()
}

/// What came of everything, for the person.
pub(super) fn summary(seen: &Seen<'_>) -> String {
    let mut lines = vec!["That was the tour. What came back:".to_owned(), String::new()];
    lines.extend([(LOOK, "looked around"), (SEARCH, "searched"), (READ, "read a file")].into_iter().filter_map(
        |(id, what)| {
            let answer = seen.answer(id)?;
            Some(match answer.outcome {
                Outcome::Done => format!("- done: {what}"),
                outcome => format!("- {outcome}: {what}\n  {}", one_line(&text(answer))),
            })
        },
    ));
    lines.push(format!("- {}", report_told(seen)));
    let attempts = ATTEMPTS.iter().filter_map(|attempt| Some((attempt, seen.answer(attempt.id)?)));
    let attempts: Vec<_> = attempts.collect();
    lines.extend(attempts.iter().map(|(attempt, answer)| format!("- {}", attempt.told(answer))));
    lines.push(String::new());
    let verdicts: Vec<Verdict> = attempts.iter().map(|(attempt, answer)| attempt.verdict(answer)).collect();
    lines.push(verdict_told(&verdicts));
    lines.push(
        "Every call and every decision is in the journal: `boxagnts session list`, then `boxagnts session show ID`."
            .to_owned(),
    );
    lines.join("\n") + "\n"
}

fn report_told(seen: &Seen<'_>) -> String {
    let Some(answer) = seen.answer(WRITE) else {
        return format!("left alone: {REPORT}\n  it was there already and is not mine");
    };
    let text = text(answer);
    match answer.outcome {
        Outcome::Done => format!("done: {}", one_line(&text)),
        Outcome::Denied => match needed(&text) {
            Some(needed) => {
                format!(
                    "refused: write {REPORT}\n  {}\n  To let me, run it again with --allow '{needed}'.",
                    one_line(&text)
                )
            }
            None => format!("refused: write {REPORT}\n  {}", one_line(&text)),
        },
        outcome => format!("{outcome}: write {REPORT}\n  {}", one_line(&text)),
    }
}

fn verdict_told(verdicts: &[Verdict]) -> String {
    let number = |wanted: Verdict| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let (tried, succeeded) = (verdicts.len(), number(Verdict::Succeeded));
    if 0 < succeeded {
        return format!("!!! {succeeded} of {tried} forbidden attempts SUCCEEDED. The sandbox did not hold.");
    }
    let parts = [
        (Verdict::Refused, "refused"),
        (Verdict::Failed, "did not work for another reason"),
        (Verdict::Nothing, "with nothing to try it on"),
        (Verdict::NotRun, "not run"),
    ];
    let parts = parts.into_iter().map(|(verdict, words)| (number(verdict), words));
    let parts: Vec<String> =
        parts.filter(|(number, _)| 0 < *number).map(|(number, words)| format!("{number} {words}")).collect();
    format!("Of {tried} forbidden attempts none succeeded: {}.", parts.join(", "))
}

/// The capability that a refusal names as missing.
fn needed(refusal: &str) -> Option<&str> {
    let (_, rest) = refusal.split_once("needs ")?;
    rest.split_whitespace().next().map(|capability| capability.trim_end_matches(['.', ',', ';']))
}

/// A text on one line, with what would deceive a reader made visible, and not too long.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    shown(&line)
}

/// The same for a text that is a line already: spaces and tabs stay.
pub(super) fn shown(line: &str) -> String {
    let mut shown: String = visible(line).chars().take(LONGEST_QUOTE + 1).collect();
    if let Some((at, _)) = shown.char_indices().nth(LONGEST_QUOTE) {
        shown.truncate(at);
        shown.push('…');
    }
    shown
}

/// A number with its noun.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
