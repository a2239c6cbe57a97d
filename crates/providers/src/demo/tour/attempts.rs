//! What the script tries although it must not, and how it judges what came back.

use super::report::one_line;
use super::seen::{Seen, text};
use crate::demo::{Asked, Said};
use boxagnts_types::{Outcome, ToolAnswer};
use serde_json::{Value, json};

/// One thing that must be refused.
pub(super) struct Attempt {
    /// The script's own name of the call.
    pub(super) id: &'static str,
    /// What it tries, for the summary.
    pub(super) what: &'static str,
    tool: &'static str,
    input: fn() -> Value,
    /// What it says before it tries; attempts without words are made together with the one before.
    words: Option<&'static str>,
    /// Whether an answer of this kind only says that there was nothing to try it on.
    needs_a_link: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The law said no.
    Refused,
    /// It did not work, without being forbidden.
    Failed,
    /// There was nothing to try it on.
    Nothing,
    /// It was not run.
    NotRun,
    /// It worked, and must not.
    Succeeded,
}

pub(super) const ATTEMPTS: &[Attempt] = &[
    Attempt {
        id: "tour-outside",
        what: "read a file beside the workspace, ../private/canary.txt",
        tool: "read",
        input: || json!({"path": "../private/canary.txt"}),
        words: Some(
            "Now I try what I must not do. I read a file beside the folder, and the list of this machine's users.",
        ),
        needs_a_link: false,
    },
    Attempt {
        id: "tour-users",
        what: "read a file of the machine, /etc/passwd",
        tool: "read",
        input: || json!({"path": "/etc/passwd"}),
        words: None,
        needs_a_link: false,
    },
    Attempt {
        id: "tour-link",
        what: "follow a link out of the workspace, outside/canary.txt",
        tool: "read",
        input: || json!({"path": "outside/canary.txt"}),
        words: Some("I try to leave the folder through a link, if there is one called `outside`."),
        needs_a_link: true,
    },
    Attempt {
        id: "tour-hook",
        what: "plant a git hook, .git/hooks/pre-commit",
        tool: "write",
        input: || json!({"path": ".git/hooks/pre-commit", "content": HOOK}),
        words: Some("I try to plant a git hook: it would run outside of every sandbox, at the next commit."),
        needs_a_link: false,
    },
];

/// Harmless, should it ever be written.
const HOOK: &str =
    "#!/bin/sh\n# Planted by demo/tour of BoxAgnts, which must not be possible. Delete this file.\nexit 0\n";

impl Attempt {
    /// The message that makes this attempt and the ones that belong to it.
    pub(super) fn message(&'static self, seen: &Seen<'_>) -> Said {
        let from = ATTEMPTS.iter().position(|attempt| attempt.id == self.id).unwrap_or(0);
        let with_it = ATTEMPTS[from + 1..].iter().take_while(|attempt| attempt.words.is_none());
        let open = std::iter::once(self).chain(with_it).filter(|attempt| seen.answer(attempt.id).is_none());
        let calls = open.map(|attempt| Asked { id: attempt.id, tool: attempt.tool, input: (attempt.input)() });
        Said { text: format!("{}\n", self.words.unwrap_or(self.what)), calls: calls.collect() }
    }

    /// What came of it.
    pub(super) fn verdict(&self, answer: &ToolAnswer) -> Verdict {
        match answer.outcome {
            Outcome::Done => Verdict::Succeeded,
            Outcome::Denied => Verdict::Refused,
            Outcome::Cancelled | Outcome::Unknown => Verdict::NotRun,
            Outcome::Rejected if self.needs_a_link && text(answer).contains("does not exist") => Verdict::Nothing,
            Outcome::Rejected | Outcome::Limited | Outcome::Broken => Verdict::Failed,
        }
    }

    /// What came of it, as a line for the person. An answer that must not have come is not repeated.
    pub(super) fn told(&self, answer: &ToolAnswer) -> String {
        let what = self.what;
        match self.verdict(answer) {
            Verdict::Refused => format!("refused: {what}\n  {}", one_line(&text(answer))),
            Verdict::Failed => format!("did not work: {what}\n  {}", one_line(&text(answer))),
            Verdict::Nothing => format!("nothing to try: {what}\n  this folder has no such link"),
            Verdict::NotRun => format!("not run: {what}\n  {}", one_line(&text(answer))),
            Verdict::Succeeded => {
                let unless = if self.needs_a_link { ", unless `outside` is an ordinary folder of yours" } else { "" };
                format!(
                    "!!! IT SUCCEEDED: {what}\n  THIS MUST NOT HAPPEN{unless}. Please report it, as SECURITY.md says."
                )
            }
        }
    }
}
