//! Asks the person on the terminal.

use crate::paint::Paint;
use crate::report::short_first;
use boxagnts_runtime::{Answer, visible, visible_line};
use serde_json::Value;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Longer inputs are shown in part, with the number of lines left out and a key that shows the rest.
const SHOWN_LINES: usize = 20;

/// Whether somebody can be asked: both ends of the dialogue are a terminal.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Shows a question and reads the answer. Blocks: it runs on a thread of its own. The end of input is a no.
pub(crate) fn ask(tool: &str, effects: &[String], input: &Value) -> Answer {
    let paint = Paint::for_stream(&std::io::stderr());
    eprintln!("\n{}", paint.bold(&format!("{} asks for", visible_line(tool))));
    for effect in effects {
        eprintln!("  {}", paint.yellow(&visible_line(effect)));
    }
    let lines = input_lines(input);
    show(&lines[..lines.len().min(SHOWN_LINES)], paint);
    if SHOWN_LINES < lines.len() {
        eprintln!("  {}", paint.dim(&format!("… {} more lines; v shows them", lines.len() - SHOWN_LINES)));
    }
    loop {
        eprint!("Allow? [y] once  [s] for this session  [n] no  [v] view all > ");
        // A terminal that takes no text takes no answer either; reading below will tell.
        let _ = std::io::stderr().flush();
        let mut answer = String::new();
        match std::io::stdin().lock().read_line(&mut answer) {
            Ok(0) | Err(_) => return Answer::No,
            Ok(_) => {}
        }
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Answer::Once,
            "s" | "session" => return Answer::Session,
            "n" | "no" => return Answer::No,
            "v" | "view" => show(&lines, paint),
            _ => eprintln!("Please answer y, s, n or v."),
        }
    }
}

fn show(lines: &[String], paint: Paint) {
    for line in lines {
        eprintln!("  {} {line}", paint.dim("│"));
    }
}

/// The input, one line for each short value and the text of long ones as it will stand in the file.
fn input_lines(input: &Value) -> Vec<String> {
    let Some(members) = input.as_object() else { return vec![visible_line(&input.to_string())] };
    let mut lines = Vec::new();
    for (key, value) in short_first(members) {
        match value {
            Value::String(text) if text.contains('\n') => {
                lines.push(format!("{}:", visible_line(key)));
                lines.extend(text.lines().map(|line| format!("  {}", visible(line))));
            }
            Value::String(text) => lines.push(format!("{}: {}", visible_line(key), visible_line(text))),
            other => lines.push(format!("{}: {}", visible_line(key), visible_line(&other.to_string()))),
        }
    }
    lines
}
