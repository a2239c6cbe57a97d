//! The tool `write`: a whole file, with exactly the bytes of the input.
//!
//! Its permit holds the right to write one path and not to read it: whether the file existed is asked of
//! its metadata, and of an unchanged file only the equal size can be told.

use std::fs::{self, File};
use std::io::{Error, ErrorKind, Write as _};

use boxagnts_guest_sdk::path::{escaped, line};
use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path, workspace_path};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to /workspace. Missing folders are created.
    path: String,
    /// The whole new content. It is written exactly as it is.
    content: String,
}

struct Write;

impl Tool for Write {
    type Input = Input;
    const NAME: &'static str = "write";
    const DESCRIPTION: &'static str = "Write a whole file, replacing it when it exists; missing folders are \
        created. The content is written exactly as given: end it with a line end if the file should have \
        one. To change a part of a file, use `edit`.";
    const EXAMPLES: &'static [&'static str] = &[r#"{"path":"notes/plan.md","content":"Plan\n\n1. Measure.\n"}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let path = workspace_path(&input.path)?;
        if input.path.ends_with('/') {
            return Err(Failure::rejected(format!("this names a folder, not a file: {}", escaped(&input.path))));
        }
        let earlier = earlier_size(&path)?;
        store(&path, input.content.as_bytes()).map_err(|error| for_path(&path, &error))?;
        Ok(Output::text(report(&path, &input.content, earlier)))
    }
}

export!(Write);

/// The size of the file that is about to be replaced, if there is one.
fn earlier_size(path: &str) -> Result<Option<u64>, Failure> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(for_path(path, &ErrorKind::IsADirectory.into())),
        Ok(metadata) => Ok(Some(metadata.len())),
        // What is wrong with the path, if anything, is better said by the write itself.
        Err(_) => Ok(None),
    }
}

/// Writes the file, and creates its folders first when they are missing.
fn store(path: &str, content: &[u8]) -> Result<(), Error> {
    let mut file = match File::create(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
            fs::create_dir_all(folder)?;
            File::create(path)?
        }
        created => created?,
    };
    file.write_all(content)?;
    file.flush()
}

fn report(path: &str, content: &str, earlier: Option<u64>) -> String {
    let path = line(path);
    let bytes = counted(content.len() as u64, "byte");
    let lines = counted(content.lines().count() as u64, "line");
    match earlier {
        Some(size) if size == content.len() as u64 => {
            format!("overwrote {path}: {bytes}, {lines} (the same size as before)")
        }
        None => format!("created {path}: {bytes}, {lines}"),
        Some(size) => {
            let before = counted(size, "byte");
            format!("overwrote {path}: {bytes}, {lines} (before: {before})")
        }
    }
}

fn counted(number: u64, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests;
