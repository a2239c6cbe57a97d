//! What the tools have answered to the script so far.

use super::{EARLIER, LOOK, READ, REPORT, SEARCH};
use crate::demo::tour::report::{TITLE, one_line};
use boxagnts_types::{Content, Message, Outcome, ToolAnswer};

/// Endings of files that a person would read first.
const READABLE: &[&str] = &[
    "md", "txt", "rst", "adoc", "rs", "py", "js", "ts", "go", "c", "h", "cpp", "java", "rb", "sh", "toml", "yaml",
    "yml", "json", "html", "css",
];

/// The answers since the person spoke last.
pub(super) struct Seen<'a>(Vec<&'a ToolAnswer>);

/// What a looking call brought.
pub(super) enum Found<'a> {
    /// Lines, at least one, and what the tool added about them.
    Some { lines: Vec<&'a str>, notes: Vec<&'a str> },
    /// None, and what the tool said instead.
    Nothing(String),
}

impl<'a> Seen<'a> {
    pub(super) fn since_the_person_spoke(messages: &'a [Message]) -> Self {
        let from = messages.iter().rposition(|message| matches!(message, Message::User { .. })).unwrap_or(0);
        let answers = messages[from..].iter().filter_map(|message| match message {
            Message::Tool { answers } => Some(answers),
            Message::User { .. } | Message::Assistant { .. } => None,
        });
        Self(answers.flatten().collect())
    }

    /// The answer to the script's call of that name.
    pub(super) fn answer(&self, id: &str) -> Option<&'a ToolAnswer> {
        self.0.iter().copied().find(|answer| answer.model_id == id)
    }

    /// The files that the first look has shown.
    pub(super) fn files(&self) -> Found<'a> {
        self.found(LOOK)
    }

    /// The marks that the search has shown, one line each. Those in an earlier report of the script are left out.
    pub(super) fn marks(&self) -> Found<'a> {
        let is_ours = |line: &&str| line.strip_prefix(REPORT).is_some_and(|rest| rest.starts_with(':'));
        match self.found(SEARCH) {
            Found::Some { lines, .. } if lines.iter().all(is_ours) => Found::Nothing(format!("only {REPORT} has any")),
            Found::Some { lines, notes } => {
                Found::Some { lines: lines.into_iter().filter(|line| !is_ours(line)).collect(), notes }
            }
            nothing @ Found::Nothing(_) => nothing,
        }
    }

    /// The first lines of the file that was read, with their numbers.
    pub(super) fn beginning(&self) -> Found<'a> {
        self.found(READ)
    }

    /// Which of the shown files to read: a README, else one that looks like text, else the first.
    pub(super) fn file_to_read(&self) -> Option<&'a str> {
        let Found::Some { lines: files, .. } = self.files() else { return None };
        let files: Vec<&str> = files.into_iter().filter(|file| *file != REPORT).collect();
        let is_readme = |file: &&&str| name(file).to_ascii_lowercase().starts_with("readme");
        let is_readable = |file: &&&str| {
            name(file)
                .rsplit_once('.')
                .is_some_and(|(_, ending)| READABLE.contains(&ending.to_ascii_lowercase().as_str()))
        };
        let nearest_readme = files.iter().filter(is_readme).min_by_key(|file| file.matches('/').count());
        nearest_readme.or_else(|| files.iter().find(is_readable)).or(files.first()).copied()
    }

    /// Whether writing the report would overwrite no file but an earlier report of the script.
    pub(super) fn may_write_report(&self) -> bool {
        let Some(earlier) = self.answer(EARLIER) else { return false };
        match earlier.outcome {
            Outcome::Done => text(earlier).contains(TITLE),
            // It could not be read; where there is nothing, that is why. Writing is decided by the law, and a file
            // that may be written and not read is an exception that the person made.
            _ => true,
        }
    }

    fn found(&self, id: &str) -> Found<'a> {
        let Some(answer) = self.answer(id) else { return Found::Nothing("I did not ask.".to_owned()) };
        if answer.outcome != Outcome::Done {
            return Found::Nothing(one_line(&text(answer)));
        }
        let (notes, lines): (Vec<&str>, Vec<&str>) = lines(answer).partition(|line| is_note(line));
        if lines.is_empty() || says_nothing(lines[0]) {
            return Found::Nothing(one_line(&text(answer)));
        }
        Found::Some { lines, notes }
    }
}

/// The text of an answer; other content is named.
pub(super) fn text(answer: &ToolAnswer) -> String {
    let piece = |content: &Content| match content {
        Content::Text { text } => text.clone(),
        Content::Json { value } => value.to_string(),
        Content::Image { media_type, .. } => format!("[an image, {media_type}]"),
        Content::File { path } => format!("[the file {path}]"),
    };
    answer.content.iter().map(piece).collect::<Vec<_>>().join("\n")
}

/// How `glob` and `grep` say that there is nothing.
fn says_nothing(line: &str) -> bool {
    ["no files match", "no matches"]
        .iter()
        .any(|words| line.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(';')))
}

/// Tools put what they say about their lines into brackets.
fn is_note(line: &str) -> bool {
    line.starts_with('[') && line.ends_with(']')
}

fn lines(answer: &ToolAnswer) -> impl Iterator<Item = &str> {
    let texts = answer.content.iter().filter_map(|content| match content {
        Content::Text { text } => Some(text.as_str()),
        Content::Json { .. } | Content::Image { .. } | Content::File { .. } => None,
    });
    texts.flat_map(str::lines)
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
