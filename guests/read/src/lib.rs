//! The tool `read`: a file with line numbers, or an image.
//!
//! A file is read in pieces and never held whole, whatever its size; [`kind`] says what a file is by its
//! first piece, [`lines`] numbers and cuts the lines that were asked for, [`notes`] says below them what
//! a reader should know.

mod kind;
mod lines;
mod notes;

use boxagnts_guest_sdk::files::{CHUNK, File, Kind, open_file};
use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path, workspace_path};

use kind::Nature;

/// Models take images up to about this size; a larger one would be refused with the whole request.
const LARGEST_IMAGE: u64 = 5 * 1024 * 1024;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The file: absolute, or relative to /workspace.
    path: String,
    /// The first line to show, counted from 1. Default 1.
    #[schemars(range(min = 1))]
    offset: Option<u64>,
    /// How many lines to show. Default 2000.
    #[schemars(range(min = 1))]
    limit: Option<u64>,
}

struct Read;

impl Tool for Read {
    type Input = Input;
    const NAME: &'static str = "read";
    const DESCRIPTION: &'static str = "Read a file. Text comes with line numbers (number, tab, line): \
        the first 2000 lines unless `offset` and `limit` say otherwise, and a last note tells where to \
        continue. The numbers are not part of the file: leave them out of `edit`. Very long lines are cut. \
        PNG, JPEG, GIF and WebP files are shown as images, other binary files are only described. \
        To see a folder, use `glob`.";
    const EXAMPLES: &'static [&'static str] =
        &[r#"{"path":"src/main.rs"}"#, r#"{"path":"/workspace/big.log","offset":2001,"limit":500}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let path = workspace_path(&input.path)?;
        let request = lines::Request {
            offset: input.offset.unwrap_or(1).max(1),
            limit: input.limit.unwrap_or(lines::DEFAULT_LIMIT).max(1),
        };
        show(&path, &request)
    }
}

export!(Read);

fn show(path: &str, request: &lines::Request) -> Result<Output, Failure> {
    let fail = |error| for_path(path, &error);
    let file = open_file(path).map_err(fail)?;
    let stat = file.stat().map_err(fail)?;
    match stat.kind {
        Kind::File => {}
        Kind::Folder => {
            return Err(Failure::rejected(format!("this is a folder: {path}; list its files with glob")));
        }
        Kind::Link | Kind::Other => {
            return Err(Failure::denied(format!("access denied: {path} is not a regular file")));
        }
    }
    let beginning = file.read_at(0, CHUNK).map_err(fail)?;
    match kind::nature(&beginning) {
        Nature::Image(media_type) => image(path, &file, stat.size, media_type),
        Nature::Binary(guess) => {
            Ok(Output::text(format!("[{path} is a binary file and not shown: {guess}, {} bytes]", stat.size)))
        }
        Nature::Text => {
            let shown = lines::show(beginning, |offset| file.read_at(offset, CHUNK), request);
            Ok(Output::text(notes::annotate(&shown.map_err(fail)?, request)))
        }
    }
}

fn image(path: &str, file: &File, size: u64, media_type: &str) -> Result<Output, Failure> {
    if LARGEST_IMAGE < size {
        return Err(Failure::rejected(format!(
            "the image {path} has {size} bytes; at most {LARGEST_IMAGE} can be shown"
        )));
    }
    let limit = usize::try_from(LARGEST_IMAGE).unwrap_or(usize::MAX);
    let bytes = file.read_up_to(limit).map_err(|error| for_path(path, &error))?;
    Ok(Output::image(media_type, bytes))
}
