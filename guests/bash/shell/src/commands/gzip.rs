//! `gzip`, `gunzip` and `zcat`.

use std::io::{Read, Write};

use bashkit::{Builtin, BuiltinContext, ExecResult, Result, async_trait};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::{read, reason, result};
use crate::disk::LARGEST;

/// What the name of the command asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    Pack,
    Unpack,
    Show,
    Test,
}

pub(super) struct Gzip {
    pub(super) does: Does,
}

struct Request {
    does: Does,
    to_stdout: bool,
    keep: bool,
    force: bool,
    level: u32,
    files: Vec<String>,
}

#[async_trait]
impl Builtin for Gzip {
    async fn execute(&self, context: BuiltinContext<'_>) -> Result<ExecResult> {
        let request = match request(self.does, context.args) {
            Ok(request) => request,
            Err(error) => return Ok(result(Vec::new(), format!("gzip: {error}\n"), 1)),
        };
        let (mut stdout, mut stderr, mut status) = (Vec::new(), String::new(), 0);
        for file in &request.files {
            match one(&context, &request, file).await {
                Ok(bytes) => stdout.extend(bytes),
                Err((worse, error)) => {
                    status = status.max(worse);
                    stderr.extend(["gzip: ", file, ": ", &error, "\n"]);
                }
            }
        }
        // 1 is an error and 2 a warning, and an error counts for more.
        Ok(result(stdout, stderr, if status == ERROR { 1 } else { status }))
    }
}

const WARNING: i32 = 2;
const ERROR: i32 = 3;

fn request(does: Does, arguments: &[String]) -> std::result::Result<Request, String> {
    let to_stdout = does == Does::Show;
    let mut request = Request { does, to_stdout, keep: false, force: false, level: 6, files: Vec::new() };
    let mut only_files = false;
    for argument in arguments {
        match argument.as_str() {
            "--" if !only_files => only_files = true,
            "--stdout" | "--to-stdout" if !only_files => request.to_stdout = true,
            "--decompress" | "--uncompress" if !only_files => request.does = Does::Unpack,
            "--keep" if !only_files => request.keep = true,
            "--force" if !only_files => request.force = true,
            "--test" if !only_files => request.does = Does::Test,
            "--best" if !only_files => request.level = 9,
            "--fast" if !only_files => request.level = 1,
            "--quiet" | "--verbose" | "--no-name" | "--name" if !only_files => {}
            letters if !only_files && letters.len() > 1 && letters.starts_with('-') => {
                letters[1..].chars().try_for_each(|letter| short(&mut request, letter, letters))?;
            }
            file => request.files.push(file.to_owned()),
        }
    }
    if request.files.is_empty() {
        request.files.push("-".to_owned());
    }
    Ok(request)
}

fn short(request: &mut Request, letter: char, argument: &str) -> std::result::Result<(), String> {
    match letter {
        'c' => request.to_stdout = true,
        'd' if request.does == Does::Pack => request.does = Does::Unpack,
        'd' | 'n' | 'N' | 'q' | 'v' => {}
        'k' => request.keep = true,
        'f' => request.force = true,
        't' => request.does = Does::Test,
        '1'..='9' => request.level = letter.to_digit(10).unwrap_or(6),
        _ => return Err(format!("invalid option: {argument}")),
    }
    Ok(())
}

/// Handles one file; what goes to standard output comes back.
async fn one(
    context: &BuiltinContext<'_>,
    request: &Request,
    file: &str,
) -> std::result::Result<Vec<u8>, (i32, String)> {
    let source = read(context, file).await.map_err(|error| (ERROR, error))?;
    let bytes = match request.does {
        Does::Pack => pack(&source, request.level),
        Does::Unpack | Does::Show | Does::Test => unpack(&source),
    };
    let bytes = bytes.map_err(|error| (ERROR, error))?;
    if request.does == Does::Test {
        return Ok(Vec::new());
    }
    if request.to_stdout || file == "-" {
        return Ok(bytes);
    }
    let target = match request.does {
        Does::Pack if file.strip_suffix(".gz").is_some() => {
            return Err((WARNING, "already has .gz suffix -- unchanged".to_owned()));
        }
        Does::Pack => format!("{file}.gz"),
        _ => unpacked_name(file).ok_or((WARNING, "unknown suffix -- ignored".to_owned()))?,
    };
    replace(context, request, file, &target, &bytes).await.map(|()| Vec::new())
}

async fn replace(
    context: &BuiltinContext<'_>,
    request: &Request,
    file: &str,
    target: &str,
    bytes: &[u8],
) -> std::result::Result<(), (i32, String)> {
    let (from, to) = (context.cwd.join(file), context.cwd.join(target));
    if !request.force && context.fs.exists(&to).await.unwrap_or(false) {
        return Err((WARNING, format!("{target} already exists; not overwritten")));
    }
    context.fs.write_file(&to, bytes).await.map_err(|error| (ERROR, reason(&error)))?;
    if !request.keep {
        context.fs.remove(&from, false).await.map_err(|error| (ERROR, reason(&error)))?;
    }
    Ok(())
}

fn unpacked_name(file: &str) -> Option<String> {
    if let Some(name) = file.strip_suffix(".tgz") {
        return Some(format!("{name}.tar"));
    }
    file.strip_suffix(".gz").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn pack(bytes: &[u8], level: u32) -> std::result::Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| error.to_string())
}

/// All members of a file; a small file may unpack to more than fits.
fn unpack(bytes: &[u8]) -> std::result::Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err("not in gzip format".to_owned());
    }
    let mut unpacked = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(LARGEST + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("invalid compressed data: {error}"))?;
    if LARGEST < unpacked.len() as u64 {
        return Err(format!("unpacks to more than {LARGEST} bytes, which this shell does not hold"));
    }
    Ok(unpacked)
}
