//! A turn as lines for a person: the answer on standard output, what the tools do on standard error.

use crate::paint::{Paint, width};
use crate::tell::tell;
use boxagnts_runtime::{CallId, Content, Decided, Outcome, StreamEvent, visible, visible_line};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write as _;

/// A value of an input that is longer than this stands behind the shorter ones.
const LONG: usize = 60;

/// What stands on a call's line besides its input: the mark and the time.
const AROUND: usize = 12;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

/// Writes a turn as it happens.
pub(crate) struct Report {
    loudness: Loudness,
    paint: Paint,
    /// The input of each running call, for the line that tells its end.
    running: HashMap<CallId, String>,
    /// Whether standard output stands in the middle of a line.
    in_line: bool,
    refusals: HashMap<CallId, Vec<String>>,
    /// Whether questions are put to the person on the same terminal.
    asks: bool,
    /// The calls whose questions stand there now or will next.
    asked: HashSet<CallId>,
    /// What happened meanwhile: no line may come between a question and its answer.
    held: VecDeque<StreamEvent>,
}

impl Report {
    pub(crate) fn new(loudness: Loudness, asks: bool) -> Self {
        Self {
            loudness,
            paint: Paint::for_stream(&std::io::stderr()),
            running: HashMap::new(),
            in_line: false,
            refusals: HashMap::new(),
            asks,
            asked: HashSet::new(),
            held: VecDeque::new(),
        }
    }

    /// Writes one event, after the questions that are open. Fails when standard output is gone.
    pub(crate) fn hear(&mut self, event: &StreamEvent) -> std::io::Result<()> {
        match event {
            StreamEvent::ApprovalRequested { call, .. } if self.asks => {
                self.end_line()?;
                self.asked.insert(*call);
            }
            StreamEvent::ApprovalResolved { call, .. } => {
                self.asked.remove(call);
            }
            StreamEvent::TurnFinished { .. } => self.asked.clear(),
            _ => {}
        }
        // How far a call was while nobody could see it is of no interest any more.
        if self.asked.is_empty() || !matches!(event, StreamEvent::CallProgress { .. }) {
            self.held.push_back(event.clone());
        }
        while self.asked.is_empty()
            && let Some(event) = self.held.pop_front()
        {
            self.write(&event)?;
        }
        Ok(())
    }

    fn write(&mut self, event: &StreamEvent) -> std::io::Result<()> {
        match event {
            StreamEvent::ModelWaiting { why, seconds, .. } => {
                let line = format!("{}; it is asked again in {seconds:.1} s", visible_line(why));
                self.note(&format!("{} {}", self.paint.dim("…"), self.paint.yellow(&line)))?;
            }
            StreamEvent::TextDelta { text, .. } => self.text(text)?,
            StreamEvent::CallStarted { call, tool, input } => self.started(*call, tool, input)?,
            StreamEvent::CallProgress { call, text, .. } if self.loudness == Loudness::Verbose => {
                let line = self.running.get(call).cloned().unwrap_or_default();
                self.note(&format!("{} {line} {}", self.paint.dim("…"), self.paint.dim(&visible_line(text))))?;
            }
            StreamEvent::Effect { call, effect, decision: Decided::Refused, rule, .. } => {
                let line = format!("{} by {}", visible_line(effect), visible_line(rule));
                self.refusals.entry(*call).or_default().push(line);
            }
            StreamEvent::CallFinished { call, tool, outcome, content, micros, .. } => {
                // A call that was not begun had no line yet.
                let line = self.running.remove(call).unwrap_or_else(|| self.paint.bold(&visible_line(tool)));
                self.finished(*call, &line, *outcome, content, *micros)?;
            }
            StreamEvent::ContentWithheld { label, max_label, .. } => {
                let line = format!("kept from the model, which may read {max_label} content at most: this is {label}");
                self.note(&format!("{} {}", self.paint.dim("…"), self.paint.yellow(&visible_line(&line))))?;
            }
            StreamEvent::Error { message } => {
                self.end_line()?;
                tell(&format!("boxagnts: {}", visible(message)));
            }
            StreamEvent::TurnFinished { .. } => self.end_line()?,
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(visible(text).as_bytes())?;
        out.flush()?;
        if let Some(last) = text.chars().next_back() {
            self.in_line = last != '\n';
        }
        Ok(())
    }

    fn started(&mut self, call: CallId, tool: &str, input: &Value) -> std::io::Result<()> {
        let tool = visible_line(tool);
        let room = width(&std::io::stderr()).saturating_sub(tool.len() + AROUND);
        let line = format!("{} {}", self.paint.bold(&tool), brief(&shown_input(input), room));
        self.running.insert(call, line.clone());
        if self.loudness == Loudness::Verbose {
            self.note(&format!("{} {line}", self.paint.dim("→")))?;
        }
        Ok(())
    }

    fn finished(
        &mut self,
        call: CallId,
        line: &str,
        outcome: Outcome,
        content: &[Content],
        micros: u64,
    ) -> std::io::Result<()> {
        let took = self.paint.dim(&duration(micros));
        let mark = match outcome {
            Outcome::Done => self.paint.green("✓"),
            Outcome::Denied => self.paint.red("⛔"),
            _ => self.paint.red("✗"),
        };
        self.note(&format!("{mark} {line} {took}"))?;
        if outcome.is_error() {
            for line in first_text(content).lines() {
                self.note(&format!("    {}", self.paint.red(&visible_line(line))))?;
            }
        } else if self.loudness == Loudness::Verbose {
            for text in first_text(content).lines() {
                self.note(&format!("    {}", self.paint.dim(&visible_line(text))))?;
            }
        }
        for refusal in self.refusals.remove(&call).unwrap_or_default() {
            if !outcome.is_error() || self.loudness == Loudness::Verbose {
                self.note(&format!("    {}", self.paint.yellow(&format!("refused {refusal}"))))?;
            }
        }
        Ok(())
    }

    fn note(&mut self, line: &str) -> std::io::Result<()> {
        if self.loudness != Loudness::Quiet {
            self.end_line()?;
            tell(line);
        }
        Ok(())
    }

    fn end_line(&mut self) -> std::io::Result<()> {
        if std::mem::take(&mut self.in_line) {
            let mut out = std::io::stdout().lock();
            out.write_all(b"\n")?;
            out.flush()?;
        }
        Ok(())
    }
}

/// The input as `key=value` pairs.
fn shown_input(input: &Value) -> String {
    let Some(members) = input.as_object() else { return visible_line(&input.to_string()) };
    let shown = short_first(members).into_iter().map(|(key, value)| match value {
        Value::String(text) => format!("{}={}", visible_line(key), visible_line(text)),
        other => format!("{}={}", visible_line(key), visible_line(&other.to_string())),
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// A path says more at a glance than the text that goes there.
pub(crate) fn short_first(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(_, value)| value.as_str().is_some_and(|text| LONG < text.len() || text.contains('\n')));
    members
}

fn first_text(content: &[Content]) -> String {
    let mut texts = content.iter().map(shown_content);
    texts.next().unwrap_or_default()
}

/// One piece of content as text for a person.
pub(crate) fn shown_content(content: &Content) -> String {
    match content {
        Content::Text { text } => text.clone(),
        Content::Json { value } => value.to_string(),
        Content::Image { media_type, bytes } => format!("[{media_type}, {} bytes]", bytes.len()),
        Content::File { path } => format!("[file {path}]"),
    }
}

/// One line of at most so many characters.
pub(crate) fn brief(text: &str, most: usize) -> String {
    let line = visible_line(text.trim_end());
    if line.chars().count() <= most {
        return line;
    }
    let head: String = line.chars().take(most.saturating_sub(1)).collect();
    format!("{head}…")
}

/// Microseconds as people read them.
pub(crate) fn duration(micros: u64) -> String {
    let (whole, part) = (micros / 1000, micros % 1000 / 100);
    match micros {
        0..=99_999 => format!("{whole}.{part} ms"),
        100_000..=999_999 => format!("{whole} ms"),
        _ => format!("{}.{} s", whole / 1000, whole % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_a_line() {
        assert_eq!(brief("a\nb\u{1b}[2J\n", 80), "a\\nb\\u{1b}[2J");
        assert_eq!(brief(&"é".repeat(200), 80).chars().count(), 80);
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(340), "0.3 ms");
        assert_eq!(duration(123_456), "123 ms");
        assert_eq!(duration(2_345_678), "2.3 s");
    }
}
