//! File operations through std, as an ordinary program does them.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::Write;

use serde_json::{Value, json};

use crate::input::FileOperation;
use crate::{Answer, Refusal, answer};

/// Characters of a file that an answer repeats.
const MOST_TEXT: usize = 65_536;

pub(crate) fn perform(operation: &FileOperation) -> Answer {
    match operation {
        FileOperation::Read { path } => read(path),
        FileOperation::Write { path, data } => done(fs::write(path, data)),
        FileOperation::Append { path, data } => write_with(OpenOptions::new().append(true).create(true), path, data),
        FileOperation::CreateNew { path, data } => {
            write_with(OpenOptions::new().write(true).create_new(true), path, data)
        }
        FileOperation::SetLen { path, size } => done(OpenOptions::new().write(true).open(path)?.set_len(*size)),
        FileOperation::Mkdir { path } => done(fs::create_dir(path)),
        FileOperation::Rmdir { path } => done(fs::remove_dir(path)),
        FileOperation::Remove { path } => done(fs::remove_file(path)),
        FileOperation::Rename { from, to } => done(fs::rename(from, to)),
        FileOperation::HardLink { from, to } => done(fs::hard_link(from, to)),
        FileOperation::Symlink { target, path } =>
        {
            #[expect(deprecated, reason = "the function for this system is not stable")]
            done(fs::soft_link(target, path))
        }
        FileOperation::ReadLink { path } => Ok(json!(fs::read_link(path)?.display().to_string())),
        FileOperation::Stat { path } => Ok(describe(&fs::metadata(path)?)),
        FileOperation::Lstat { path } => Ok(describe(&fs::symlink_metadata(path)?)),
        FileOperation::List { path } => list(path),
        FileOperation::WriteLoop { path, count, bytes } => Ok(write_loop(path, *count, bytes.unwrap_or(1))),
        FileOperation::Holding { path, ops, data } => {
            let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
            let within: Vec<Value> = ops.iter().map(answer).collect();
            let written = file.write_all(data.as_bytes()).map_err(Refusal::from);
            let written = written.map_or_else(|refusal| json!(refusal.kind), |()| json!("written"));
            Ok(json!({ "within": within, "then": written }))
        }
    }
}

fn done(result: std::io::Result<()>) -> Answer {
    result?;
    Ok(Value::Null)
}

fn read(path: &str) -> Answer {
    let bytes = fs::read(path)?;
    let text: String = String::from_utf8_lossy(&bytes).chars().take(MOST_TEXT).collect();
    Ok(json!({ "text": text, "bytes": bytes.len() }))
}

fn write_with(options: &OpenOptions, path: &str, data: &str) -> Answer {
    done(options.open(path)?.write_all(data.as_bytes()))
}

fn describe(metadata: &Metadata) -> Value {
    json!({ "kind": kind(metadata.file_type()), "size": metadata.len() })
}

fn kind(file_type: FileType) -> &'static str {
    if file_type.is_file() {
        "file"
    } else if file_type.is_dir() {
        "folder"
    } else if file_type.is_symlink() {
        "link"
    } else {
        "other"
    }
}

fn list(path: &str) -> Answer {
    let mut entries = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        entries.push((name, kind(entry.file_type()?)));
    }
    entries.sort();
    let entries = entries.iter().map(|(name, kind)| json!({ "name": name, "kind": kind }));
    Ok(entries.collect())
}

fn write_loop(path: &str, count: u64, bytes: usize) -> Value {
    let data = vec![b'x'; bytes];
    for written in 0..count {
        let path = path.replace("{}", &written.to_string());
        let result = File::create(path).and_then(|mut file| file.write_all(&data));
        if let Err(error) = result {
            let Refusal { kind, message } = error.into();
            return json!({ "written": written, "error": kind, "message": message });
        }
    }
    json!({ "written": count })
}
