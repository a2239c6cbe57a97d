//! File operations by `wasi:filesystem` itself, with arguments that no library would pass on.

use serde_json::{Value, json};
use wasip2::clocks::wall_clock::Datetime;
use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

use crate::input::{AccessFlag, OpenFlag, RawOperation};
use crate::{Answer, Refusal};

pub(crate) fn perform(operation: &RawOperation) -> Answer {
    match operation {
        RawOperation::Truncate { path } => {
            let (folder, rest) = given(path)?;
            let descriptor = open(&folder, &rest, OpenFlags::TRUNCATE, DescriptorFlags::READ)?;
            Ok(json!({ "size": descriptor.stat()?.size }))
        }
        RawOperation::RawOpen { path, base, flags, access, follow, data } => {
            let folder = base_folder(base.as_deref())?;
            let follow = if follow.unwrap_or(true) { PathFlags::SYMLINK_FOLLOW } else { PathFlags::empty() };
            let flags = flags.iter().copied().map(open_flag).collect();
            let access = access.iter().copied().map(access_flag).collect();
            let descriptor = folder.open_at(follow, path, flags, access)?;
            after_opening(&descriptor, data.as_deref())
        }
        RawOperation::SetTimes { path, seconds } => {
            let (folder, rest) = given(path)?;
            let time = NewTimestamp::Timestamp(Datetime { seconds: *seconds, nanoseconds: 0 });
            folder.set_times_at(PathFlags::SYMLINK_FOLLOW, &rest, time, time)?;
            Ok(Value::Null)
        }
        RawOperation::OpenMany { path, count } => open_many(path, *count),
    }
}

fn after_opening(descriptor: &Descriptor, data: Option<&str>) -> Answer {
    let kind = match descriptor.get_type()? {
        DescriptorType::RegularFile => "file",
        DescriptorType::Directory => "folder",
        DescriptorType::SymbolicLink => "link",
        _ => "other",
    };
    let written = match data.map(|data| descriptor.write(data.as_bytes(), 0)) {
        None => Value::Null,
        Some(Ok(bytes)) => json!(bytes),
        Some(Err(code)) => json!(code.name()),
    };
    Ok(json!({ "kind": kind, "written": written }))
}

/// Opens until something refuses. A refusal is the answer that is looked for, not an error.
fn open_many(path: &str, count: u64) -> Answer {
    let (folder, rest) = given(path)?;
    let mut held = Vec::new();
    for opened in 0..count {
        match open(&folder, &rest, OpenFlags::empty(), DescriptorFlags::READ) {
            Ok(descriptor) => held.push(descriptor),
            Err(code) => return Ok(json!({ "opened": opened, "error": code.name() })),
        }
    }
    Ok(json!({ "opened": held.len() }))
}

fn open(folder: &Descriptor, path: &str, how: OpenFlags, access: DescriptorFlags) -> Result<Descriptor, ErrorCode> {
    folder.open_at(PathFlags::SYMLINK_FOLLOW, path, how, access)
}

fn base_folder(base: Option<&str>) -> Result<Descriptor, Refusal> {
    get_directories()
        .into_iter()
        .find(|(_, path)| base.is_none_or(|base| base == path))
        .map(|(descriptor, _)| descriptor)
        .ok_or_else(|| no_folder(base.unwrap_or("any")))
}

/// The given folder that holds a path, and the rest of the path.
fn given(path: &str) -> Result<(Descriptor, String), Refusal> {
    for (descriptor, folder) in get_directories() {
        let rest = path.strip_prefix(folder.trim_end_matches('/'));
        if let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            let rest = rest.trim_start_matches('/');
            let rest = if rest.is_empty() { "." } else { rest };
            return Ok((descriptor, rest.to_owned()));
        }
    }
    Err(no_folder(path))
}

fn no_folder(path: &str) -> Refusal {
    Refusal { kind: "no-folder".to_owned(), message: format!("no given folder holds {path}") }
}

fn open_flag(flag: OpenFlag) -> OpenFlags {
    match flag {
        OpenFlag::Create => OpenFlags::CREATE,
        OpenFlag::Directory => OpenFlags::DIRECTORY,
        OpenFlag::Exclusive => OpenFlags::EXCLUSIVE,
        OpenFlag::Truncate => OpenFlags::TRUNCATE,
    }
}

fn access_flag(flag: AccessFlag) -> DescriptorFlags {
    match flag {
        AccessFlag::Read => DescriptorFlags::READ,
        AccessFlag::Write => DescriptorFlags::WRITE,
        AccessFlag::MutateDirectory => DescriptorFlags::MUTATE_DIRECTORY,
    }
}
