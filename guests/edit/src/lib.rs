//! The tool `edit`: exact replacement of text in a file.
//!
//! The file is bytes throughout, so that one in another encoding is not damaged around the change.
//! [`replacement`] decides what is replaced, or why nothing is; [`hint`] tells a model why its text was
//! not found; [`snippet`] shows what changed.

mod hint;
mod replacement;
mod snippet;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

use boxagnts_guest_sdk::files::{Kind, open_file};
use boxagnts_guest_sdk::path::line;
use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path, workspace_path};

use replacement::Replacement;

/// The file and its edited twin are both held in the memory of a guest.
const LARGEST: usize = 16 * 1024 * 1024;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to /workspace.
    path: String,
    /// The text to replace, exactly as in the file, without line numbers. It must occur once: take
    /// enough of the lines around it.
    old: String,
    /// The text to put in its place. Empty to delete.
    new: String,
    /// Replace every occurrence. Default false.
    replace_all: Option<bool>,
}

struct Edit;

impl Tool for Edit {
    type Input = Input;
    const NAME: &'static str = "edit";
    const DESCRIPTION: &'static str = "Replace text in an existing file. `old` must match the file exactly, \
        indentation included, and occur exactly once unless `replace_all` is true; otherwise nothing is \
        changed and the answer says why. In a file with CRLF line endings, `old` and `new` may use plain \
        \\n. Returns the change as a diff. Read the file first; to create or rewrite a whole file, use `write`.";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"path":"src/main.rs","old":"let limit = 10;","new":"let limit = 20;"}"#,
        r#"{"path":"README.md","old":"colour","new":"color","replace_all":true}"#,
    ];

    fn call(input: Input) -> Result<Output, Failure> {
        let path = workspace_path(&input.path)?;
        let file = read(&path)?;
        let all = input.replace_all.unwrap_or(false);
        let replacement = Replacement::find(&file, &input.old, &input.new, all).map_err(Failure::rejected)?;
        if LARGEST as u64 <= replacement.size_of_result(&file) {
            return Err(Failure::rejected(format!("the edited file would be larger than {LARGEST} bytes")));
        }
        store(&path, &replacement.apply(&file))?;
        Ok(Output::text(report(&path, &file, &replacement)))
    }
}

export!(Edit);

fn read(path: &str) -> Result<Vec<u8>, Failure> {
    let fail = |error| for_path(path, &error);
    let file = open_file(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::rejected(format!("the file does not exist: {path}; create it with write")),
        _ => for_path(path, &error),
    })?;
    let stat = file.stat().map_err(fail)?;
    match stat.kind {
        Kind::File => {}
        Kind::Folder => return Err(fail(ErrorKind::IsADirectory.into())),
        Kind::Link | Kind::Other => return Err(fail(ErrorKind::PermissionDenied.into())),
    }
    if LARGEST as u64 <= stat.size {
        return Err(Failure::rejected(format!("{path} has {} bytes; edit takes files below {LARGEST}", stat.size)));
    }
    file.read_up_to(LARGEST).map_err(fail)
}

/// Writes the edited file over the old one. A file that vanished meanwhile is not made again.
fn store(path: &str, content: &[u8]) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .truncate(true)
        .open(path)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.flush()))
        .map_err(|error| for_path(path, &error))
}

fn report(path: &str, file: &[u8], replacement: &Replacement) -> String {
    let count = replacement.count();
    let plural = if count == 1 { "" } else { "s" };
    let converted =
        if replacement.is_converted() { ", with line endings converted to the CRLF of the file" } else { "" };
    let diff = snippet::diff(file, replacement);
    format!("edited {}: {count} replacement{plural}{converted}\n{diff}", line(path))
}

#[cfg(test)]
mod tests;
