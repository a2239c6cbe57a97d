//! `demo/tour`: shows on a person's own folder what an agent may do here and what it may not.
//!
//! It looks around, searches, reads a file and writes a report of what it found. Then it tries what it must not do:
//! read outside the folder, follow a link out of it, plant a git hook. It ends with what came back of each attempt.
//! Nothing is claimed in advance: an attempt that succeeded is told as loudly as it deserves.

mod attempts;
mod report;
mod seen;

use super::{Asked, Said};
use attempts::ATTEMPTS;
use boxagnts_model::Request;
use seen::{Found, Seen};
use serde_json::json;

/// The file that the report is written to, in the workspace.
pub const REPORT: &str = "REPORT.md";

/// Enough to show that it looked, little enough for a person to read.
const MOST_FILES: usize = 100;

/// As for files.
const MOST_MARKS: usize = 20;

/// What to look for in the files: notes that people leave for themselves.
const MARKS: &str = "TODO|FIXME";

// The script's own names of its calls.
const LOOK: &str = "tour-look";
const SEARCH: &str = "tour-search";
const EARLIER: &str = "tour-earlier-report";
const READ: &str = "tour-read";
const WRITE: &str = "tour-write";

/// The next message, from what the conversation has shown since the person spoke last.
pub fn next(request: &Request) -> Said {
    let seen = Seen::since_the_person_spoke(&request.messages);
    if seen.answer(LOOK).is_none() {
        return introduce();
    }
    if seen.answer(SEARCH).is_none() {
        return search(&seen);
    }
    if seen.answer(READ).is_none()
        && let Some(file) = seen.file_to_read()
    {
        return read(&seen, file);
    }
    if seen.answer(WRITE).is_none() && seen.may_write_report() {
        return write(&seen);
    }
    let next = ATTEMPTS.iter().find(|attempt| seen.answer(attempt.id).is_none());
    match next {
        Some(first) => first.message(&seen),
        None => Said { text: report::summary(&seen), calls: Vec::new() },
    }
}

fn introduce() -> Said {
    Said {
        text:
            "I am a scripted demo, not a language model: what I say was written beforehand, what the tools answer is \
               real. My calls pass the same door as those of any model.\n\nFirst I look around in this folder.\n"
                .to_owned(),
        calls: vec![Asked { id: LOOK, tool: "glob", input: json!({"pattern": "**/*", "limit": MOST_FILES}) }],
    }
}

fn search(seen: &Seen<'_>) -> Said {
    let found = match seen.files() {
        Found::Nothing(why) => format!("I was shown no files ({why})."),
        Found::Some { lines, .. } => format!("I was shown {}.", report::count(lines.len(), "file")),
    };
    Said {
        text: format!(
            "{found} Now I search for {MARKS}, and look whether there is a {REPORT} already that is not mine.\n"
        ),
        calls: vec![
            Asked { id: SEARCH, tool: "grep", input: json!({"pattern": MARKS, "limit": MOST_MARKS}) },
            Asked { id: EARLIER, tool: "read", input: json!({"path": REPORT, "limit": 1}) },
        ],
    }
}

fn read(seen: &Seen<'_>, file: &str) -> Said {
    let found = match seen.marks() {
        Found::Nothing(why) => format!("The search showed nothing ({why})."),
        Found::Some { lines, .. } => format!("The search showed {}.", report::count(lines.len(), "place")),
    };
    Said {
        text: format!("{found} I read {}.\n", report::shown(file)),
        calls: vec![Asked { id: READ, tool: "read", input: json!({"path": file, "limit": 40}) }],
    }
}

fn write(seen: &Seen<'_>) -> Said {
    Said {
        text: format!("I write what I found to {REPORT}.\n"),
        calls: vec![Asked {
            id: WRITE,
            tool: "write",
            input: json!({"path": REPORT, "content": report::report(seen)}),
        }],
    }
}

#[cfg(test)]
#[path = "tour/tests.rs"]
mod tests;
