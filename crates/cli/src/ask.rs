//! Asks the person on the terminal, one question after the other.

use crate::paint::{Paint, width};
use crate::report::short_first;
use crate::tell::{ask_for, tell};
use boxagnts_runtime::{Answer, CallId, Question, Session, visible, visible_line};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{QueueSelector, tcflush};
use serde_json::Value;
use std::io::IsTerminal as _;
use std::sync::{Arc, mpsc};

/// Longer inputs are shown in part, with the number of lines left out and a key that shows the rest.
const SHOWN_LINES: usize = 20;

/// An answer is one letter; a longer line is none.
const LONGEST_ANSWER: usize = 1024;

/// How often it is looked whether a question still waits for an answer.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

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
                let Some(question) = session.question(call) else { continue };
                match ask(&question, &|| session.question(call).is_some()) {
                    Some(answer) => drop(session.approve(call, answer)),
                    None => tell("\nThe question is settled: it was answered elsewhere, expired or was withdrawn."),
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

/// Shows a question and reads the answer; `None` when nobody waits for it any more, which `is_open` tells. Blocks. The
/// end of input is a no.
pub(crate) fn ask(question: &Question, is_open: &dyn Fn() -> bool) -> Option<Answer> {
    let Question { tool, input, effects, changes, .. } = question;
    let paint = Paint::for_stream(&std::io::stderr());
    tell(&format!("\n{}", paint.bold(&format!("{} asks for", visible_line(tool.as_str())))));
    let changes = changes.as_deref().map(change_lines);
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
        match read_answer(CHOICES, is_open) {
            Reply::Line(line) => match line.trim() {
                "y" | "Y" | "yes" => return Some(Answer::Once),
                "s" | "S" | "session" => return Some(Answer::Session),
                "n" | "N" | "no" => return Some(Answer::No),
                "v" | "V" | "view" => show_all(usize::MAX),
                _ => tell("Please answer y, s, n or v."),
            },
            Reply::End => return Some(Answer::No),
            Reply::Settled => return None,
        }
    }
}

/// Asks something that is yes or no. Blocks. Anything but a yes is a no.
pub(crate) fn agrees(question: &str) -> bool {
    let answer = read_answer(&format!("{question} [y] yes  [n] no > "), &|| true);
    matches!(answer, Reply::Line(line) if matches!(line.trim(), "y" | "Y" | "yes"))
}

/// What can be answered to a call's question.
const CHOICES: &str = "Allow? [y] once  [s] for this session  [n] no  [v] view all > ";

/// What came of a wish for an answer.
enum Reply {
    /// This was typed.
    Line(String),
    /// The terminal is gone.
    End,
    /// Nobody waits for an answer any more.
    Settled,
}

/// Reads one line that was typed after the question stood there: what was typed before it cannot be its answer. The
/// line is read past every buffer, which could hold back further lines for the next question.
fn read_answer(question: &str, is_open: &dyn Fn() -> bool) -> Reply {
    let input = std::io::stdin();
    if tcflush(&input, QueueSelector::IFlush).is_err() {
        return Reply::End;
    }
    ask_for(question);
    loop {
        let mut waits = [PollFd::new(&input, PollFlags::IN)];
        match poll(&mut waits, Some(&LOOK)) {
            Ok(0) | Err(Errno::INTR) if is_open() => {}
            Ok(0) | Err(Errno::INTR) => return Reply::Settled,
            Ok(_) => break,
            Err(_) => return Reply::End,
        }
    }
    let mut line = [0; LONGEST_ANSWER];
    match rustix::io::read(&input, &mut line) {
        Ok(read) if read != 0 => Reply::Line(String::from_utf8_lossy(&line[..read]).into_owned()),
        _ => Reply::End,
    }
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
