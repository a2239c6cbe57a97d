//! Asks the person on the terminal, one question after the other.

use crate::paint::{Paint, width};
use crate::report::short_first;
use crate::tell::{ask_for, tell};
use boxagnts_runtime::{Answer, CallId, Question, Session, visible, visible_line};
use rustix::termios::{QueueSelector, tcflush};
use serde_json::Value;
use std::io::IsTerminal as _;
use std::sync::{Arc, mpsc};

/// Longer inputs are shown in part, with the number of lines left out and a key that shows the rest.
const SHOWN_LINES: usize = 20;

/// An answer is one letter; a longer line is none.
const LONGEST_ANSWER: usize = 1024;

/// Whether somebody can be asked: both ends of the dialogue are a terminal.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A call whose question waits for its turn.
pub(crate) struct Asked(pub(crate) CallId);

/// Puts questions to the person one at a time, although several calls may wait at once: of two questions on one screen
/// nobody could say which one a letter answers.
pub(crate) struct Asker(mpsc::Sender<Asked>);

impl Asker {
    /// Reading a terminal cannot be cancelled, so it has a thread, which is left alone when the turn is stopped.
    pub(crate) fn start(session: Arc<Session>) -> Self {
        let (questions, waiting) = mpsc::channel::<Asked>();
        std::thread::spawn(move || {
            for Asked(call) in waiting {
                // It may have been withdrawn while another one was on the screen.
                if let Some(question) = session.question(call) {
                    let asked = question.asked();
                    let Question { tool, input, changes, .. } = question;
                    session.approve(call, ask(tool.as_str(), &asked, &input, changes.as_deref()));
                }
            }
        });
        Self(questions)
    }

    /// Asks when those before it are answered.
    pub(crate) fn ask(&self, question: Asked) {
        // Without the thread nobody asks any more, and the call waits until it is stopped.
        let _ = self.0.send(question);
    }
}

/// Shows a question and reads the answer. `changes` is what the call has prepared; without it the input shows what it
/// would do. Blocks. The end of input is a no.
pub(crate) fn ask(tool: &str, effects: &[String], input: &Value, changes: Option<&str>) -> Answer {
    let paint = Paint::for_stream(&std::io::stderr());
    let what = if changes.is_some() { "has prepared these changes and asks for" } else { "asks for" };
    tell(&format!("\n{}", paint.bold(&format!("{} {what}", visible_line(tool)))));
    let changes = changes.map(change_lines);
    let show_all = |most| {
        show(effects, most, str::to_owned);
        if let Some(changes) = &changes {
            show(changes, most, |row| of_diff(row, paint));
        }
        if changes.is_none() || most == usize::MAX {
            show(&input_lines(input), most, str::to_owned);
        }
    };
    show_all(SHOWN_LINES);
    loop {
        match read_answer(CHOICES).as_deref().map(str::trim) {
            Some("y" | "Y" | "yes") => return Answer::Once,
            Some("s" | "S" | "session") => return Answer::Session,
            None | Some("n" | "N" | "no") => return Answer::No,
            Some("v" | "V" | "view") => show_all(usize::MAX),
            Some(_) => tell("Please answer y, s, n or v."),
        }
    }
}

/// Asks something that is yes or no. Blocks. Anything but a yes is a no.
pub(crate) fn agrees(question: &str) -> bool {
    let answer = read_answer(&format!("{question} [y] yes  [n] no > "));
    matches!(answer.as_deref().map(str::trim), Some("y" | "Y" | "yes"))
}

/// What can be answered to a call's question.
const CHOICES: &str = "Allow? [y] once  [s] for this session  [n] no  [v] view all > ";

/// Reads one line that was typed after the question stood there: what was typed before it cannot be its answer. The
/// line is read past every buffer, which could hold back further lines for the next question.
fn read_answer(question: &str) -> Option<String> {
    let input = std::io::stdin();
    tcflush(&input, QueueSelector::IFlush).ok()?;
    ask_for(question);
    let mut line = [0; LONGEST_ANSWER];
    let read = rustix::io::read(&input, &mut line).ok().filter(|read| *read != 0)?;
    Some(String::from_utf8_lossy(&line[..read]).into_owned())
}

/// Shows lines behind a mark, each row of a long one too, so that no text can pass for the dialogue's own; of more than
/// `most` lines the beginning, and how many follow.
fn show(lines: &[String], most: usize, painted: impl Fn(&str) -> String) {
    let paint = Paint::for_stream(&std::io::stderr());
    let room = width(&std::io::stderr()).saturating_sub(4);
    for line in lines.iter().take(most) {
        let characters: Vec<char> = line.chars().collect();
        if characters.is_empty() {
            tell(&format!("  {}", paint.dim("│")));
        }
        for row in characters.chunks(room.max(1)) {
            tell(&format!("  {} {}", paint.dim("│"), painted(&row.iter().collect::<String>())));
        }
    }
    if most < lines.len() {
        tell(&format!("  {}", paint.dim(&format!("… {} more lines; v shows them", lines.len() - most))));
    }
}

/// A row of a comparison: what goes is red, what comes is green, and a path stands out.
fn of_diff(row: &str, paint: Paint) -> String {
    match row.chars().next() {
        Some('+') => paint.green(row),
        Some('-') => paint.red(row),
        Some('/') => paint.bold(row),
        Some('@') => paint.dim(row),
        _ => row.to_owned(),
    }
}

/// What would change, line by line.
fn change_lines(changes: &str) -> Vec<String> {
    changes.lines().map(|line| visible(line).replace('\t', "    ")).collect()
}

/// The input, one line for each short value and the text of long ones as it will stand in the file.
fn input_lines(input: &Value) -> Vec<String> {
    let Some(members) = input.as_object() else { return vec![visible_line(&input.to_string())] };
    let mut lines = Vec::new();
    for (key, value) in short_first(members) {
        match value {
            Value::String(text) if text.contains('\n') => {
                lines.push(format!("{}:", visible_line(key)));
                lines.extend(text.lines().map(|line| format!("  {}", visible(line).replace('\t', "    "))));
            }
            Value::String(text) => lines.push(format!("{}: {}", visible_line(key), visible_line(text))),
            other => lines.push(format!("{}: {}", visible_line(key), visible_line(&other.to_string()))),
        }
    }
    lines
}
