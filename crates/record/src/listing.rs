//! What a list says about a session, kept up to date event by event, the same in every backend.

use crate::event::{Body, Event};
use crate::store::SessionSummary;
use boxagnts_types::show::visible_line;
use boxagnts_types::{Content, SessionId, Time};

/// The longest title or holder's name, in characters: a line of a list.
pub const LONGEST_LINE: usize = 80;

/// The running summary of one session; begins empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The time of the first event.
    pub started: Option<Time>,
    /// The time of the newest event.
    pub updated: Option<Time>,
    /// How many turns the person began; those of delegates are part of them.
    pub turns: u32,
    /// How many events there are: the newest `seq`.
    pub events: u64,
    /// The beginning of the first prompt, on one line, made visible.
    pub title: String,
}

impl Listing {
    /// Counts one more event.
    pub fn take(&mut self, event: &Event) {
        self.started.get_or_insert(event.time);
        self.updated = Some(event.time);
        self.events = event.seq;
        if let Body::TurnStarted { prompt, .. } = &event.body
            && event.parent_run.is_none()
        {
            if self.turns == 0 {
                self.title = title(prompt);
            }
            self.turns = self.turns.saturating_add(1);
        }
    }

    /// The entry of a list; nothing for a session without events, which nobody has begun yet.
    pub fn summary(self, session: SessionId, holder: Option<String>) -> Option<SessionSummary> {
        let Self { started, updated, turns, events, title } = self;
        Some(SessionSummary {
            session,
            started: started?,
            updated: updated?,
            turns,
            events,
            title,
            holder,
            damage: None,
        })
    }
}

fn title(prompt: &[Content]) -> String {
    let texts = prompt.iter().filter_map(|content| match content {
        Content::Text { text } => Some(text),
        Content::Json { .. } | Content::Image { .. } | Content::File { .. } => None,
    });
    one_line(texts.flat_map(|text| text.chars().chain([' '])))
}

/// Text on one line of at most [`LONGEST_LINE`] characters: white space is one blank, and nothing in it can deceive.
pub fn one_line(text: impl Iterator<Item = char>) -> String {
    let mut line = String::new();
    let (mut length, mut blank) = (0, false);
    for c in text {
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && !line.is_empty() {
            line.push(' ');
            length += 1;
        }
        blank = false;
        line.push(c);
        length += 1;
        // A prompt may have megabytes; what follows can no longer be seen.
        if LONGEST_LINE < length {
            break;
        }
    }
    cut(visible_line(&line))
}

fn cut(line: String) -> String {
    match line.char_indices().nth(LONGEST_LINE) {
        None => line,
        Some(_) => line.chars().take(LONGEST_LINE - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_that_deceives_nobody() {
        let prompt = [Content::text("  fix\n\tthe \u{202e}bug\u{1b}[2J"), Content::text("now ")];
        assert_eq!(title(&prompt), "fix the \\u{202e}bug\\u{1b}[2J now");
    }

    #[test]
    fn a_title_is_bounded_also_after_it_was_made_visible() {
        for text in ["あ".repeat(10_000), "a ".repeat(10_000), "\u{1b}".repeat(80), "\n".repeat(10_000)] {
            assert!(title(&[Content::text(text)]).chars().count() <= LONGEST_LINE);
        }
        assert_eq!(title(&[Content::text("a".repeat(80))]), "a".repeat(80));
        assert_eq!(title(&[Content::text("a".repeat(81))]), format!("{}…", "a".repeat(79)));
    }
}
