//! The tool `bash`: a shell whose disk is the workspace.
//!
//! The shell itself is [`boxagnts_guest_shell`]; here is what a model sends and reads. A script that
//! fails is an ordinary result: the model reads what it printed and its status, and goes on.

use boxagnts_guest_sdk::{Failure, Output, Tool, export};
use boxagnts_guest_shell::{Answer, Disk, MOST, Request, run};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The script, of one line or many.
    script: String,
    /// What the script reads from standard input. Default: nothing.
    stdin: Option<String>,
}

struct Bash;

impl Tool for Bash {
    type Input = Input;
    const NAME: &'static str = "bash";
    const DESCRIPTION: &'static str = "Run a bash script in /workspace: pipes, redirects, loops, functions, arrays, \
        and the usual commands (grep, find, sed, awk, jq, sort, diff, tar, xargs …). It is a sandbox: no \
        programs of the host (git, cargo, npm, python, curl do not run), no network, no interactive input, at \
        most 55 seconds. Directory, variables and functions last for the next call. You get standard output, \
        then standard error below `[stderr]`, then `[exit code N]` unless it is 0.";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"script":"grep -rn TODO src | wc -l"}"#,
        r#"{"script":"for f in *.md; do printf '%s: ' \"$f\"; wc -l < \"$f\"; done"}"#,
        r#"{"script":"jq -r '.[].name' | sort","stdin":"[{\"name\":\"b\"},{\"name\":\"a\"}]"}"#,
    ];

    fn call(input: Input) -> Result<Output, Failure> {
        Self::call_with_state(input, None)
    }

    fn call_with_state(input: Input, state: Option<Vec<u8>>) -> Result<Output, Failure> {
        if input.script.contains('\0') {
            return Err(Failure::rejected("the script contains a NUL character"));
        }
        let request = Request { script: &input.script, stdin: input.stdin, kept: state.as_deref(), longest: None };
        let answer =
            run(Disk::new(), request).map_err(|error| Failure::broken(format!("the shell cannot start: {error}")))?;
        Ok(Output::text(text(&answer)).with_state(answer.kept.bytes))
    }
}

export!(Bash);

/// What the model reads.
fn text(answer: &Answer) -> String {
    let mut text = answer.stdout.text();
    let stderr = answer.stderr.text();
    if !stderr.is_empty() {
        end_line(&mut text);
        text.push_str("[stderr]\n");
        text.push_str(&stderr);
    }
    if let Some(reason) = &answer.stopped {
        note(&mut text, &format!("stopped before its end: {reason}"));
    }
    if answer.status != 0 {
        note(&mut text, &format!("exit code {}", answer.status));
    }
    if answer.kept.shortened {
        note(&mut text, &format!("variables and functions take more than {} KiB and do not last", MOST / 1024));
    }
    if text.is_empty() {
        text.push_str("[no output]");
    }
    text
}

fn note(text: &mut String, note: &str) {
    end_line(text);
    text.push('[');
    text.push_str(note);
    text.push(']');
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests;
