//! Files through `wasi:filesystem`, one host call per operation.

use std::collections::BTreeSet;
use std::io::{Error, ErrorKind, Result};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use wasip2::filesystem::preopens::get_directories;
use wasip2::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, OpenFlags, PathFlags,
};

use super::{Entry, Kind, Look, Stat};

/// More names of one folder than this would not fit into a guest's memory.
const MOST_ENTRIES: usize = 250_000;

/// An open file.
pub struct File(Descriptor);

/// An open folder: one of the disk, or one that exists only because other folders lie in it, such as
/// `/folders`.
pub struct Folder(Place);

enum Place {
    Disk(Rc<Descriptor>),
    Above(String),
}

thread_local! {
    /// The folders that the host gave to this call, by the paths that the guest knows them by.
    static GIVEN: Vec<(String, Rc<Descriptor>)> = get_directories()
        .into_iter()
        .map(|(descriptor, path)| (path.trim_end_matches('/').to_owned(), Rc::new(descriptor)))
        .collect();
}

pub(super) fn open_file(path: &str) -> Result<File> {
    let (folder, rest) = given(path).ok_or(ErrorKind::NotFound)?;
    open(&folder, PathFlags::SYMLINK_FOLLOW, OpenFlags::empty(), rest).map(File)
}

pub(super) fn open_folder(path: &str) -> Result<Folder> {
    let Some((folder, rest)) = given(path) else {
        let above = path.trim_end_matches('/');
        return if names_below(above).is_empty() {
            Err(ErrorKind::NotFound.into())
        } else {
            Ok(Folder(Place::Above(above.to_owned())))
        };
    };
    if rest == "." {
        return Ok(Folder(Place::Disk(folder)));
    }
    let opened = open(&folder, PathFlags::SYMLINK_FOLLOW, OpenFlags::DIRECTORY, rest)?;
    Ok(Folder(Place::Disk(Rc::new(opened))))
}

pub(super) fn look(path: &str) -> Result<Look> {
    match given(path) {
        Some((folder, rest)) => look_in(&folder, rest),
        None => open_folder(path).map(|_| ABOVE),
    }
}

pub(super) fn make_link(target: &str, path: &str) -> Result<()> {
    let (folder, rest) = given(path).ok_or(ErrorKind::NotFound)?;
    folder.symlink_at(target, rest).map_err(error)
}

impl File {
    /// Reads up to `length` bytes from `offset` on; nothing means the end.
    pub fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>> {
        let (bytes, _) = self.0.read(length as u64, offset).map_err(error)?;
        Ok(bytes)
    }

    /// What is known of the file.
    pub fn stat(&self) -> Result<Stat> {
        let stat = self.0.stat().map_err(error)?;
        Ok(Stat { kind: kind(stat.type_), size: stat.size })
    }
}

impl Folder {
    /// The names in the folder, unsorted. What cannot be listed is left out.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        let descriptor = match &self.0 {
            Place::Disk(descriptor) => descriptor,
            Place::Above(path) => {
                let folder = |name| Entry { name, kind: Kind::Folder };
                return Ok(names_below(path).into_iter().map(folder).collect());
            }
        };
        let stream = descriptor.read_directory().map_err(error)?;
        let mut entries = Vec::new();
        while entries.len() < MOST_ENTRIES {
            match stream.read_directory_entry() {
                Ok(Some(entry)) => entries.push(Entry { kind: kind(entry.type_), name: entry.name }),
                Ok(None) => break,
                // A name that is not UTF-8 takes nothing from its neighbours.
                Err(ErrorCode::IllegalByteSequence) => {}
                Err(code) => return Err(error(code)),
            }
        }
        Ok(entries)
    }

    /// What a name in this folder stands for. A link is not followed.
    pub fn look(&self, name: &str) -> Result<Look> {
        match &self.0 {
            Place::Disk(descriptor) => look_in(descriptor, name),
            Place::Above(path) => look(&format!("{path}/{name}")),
        }
    }

    /// Opens a folder in this one. A link is not followed.
    pub fn open_folder(&self, name: &str) -> Result<Self> {
        match &self.0 {
            Place::Disk(descriptor) => {
                let opened = open(descriptor, PathFlags::empty(), OpenFlags::DIRECTORY, name)?;
                Ok(Self(Place::Disk(Rc::new(opened))))
            }
            Place::Above(path) => open_folder(&format!("{path}/{name}")),
        }
    }

    /// Opens a file in this folder for reading. A link is not followed.
    pub fn open_file(&self, name: &str) -> Result<File> {
        match &self.0 {
            Place::Disk(descriptor) => open(descriptor, PathFlags::empty(), OpenFlags::empty(), name).map(File),
            Place::Above(_) => Err(ErrorKind::NotFound.into()),
        }
    }
}

fn open(folder: &Descriptor, path: PathFlags, how: OpenFlags, name: &str) -> Result<Descriptor> {
    folder.open_at(path, name, how, DescriptorFlags::READ).map_err(error)
}

/// A folder that exists only because given folders lie in it.
const ABOVE: Look = Look { kind: Kind::Folder, size: 0, modified: None };

fn look_in(folder: &Descriptor, name: &str) -> Result<Look> {
    let stat = folder.stat_at(PathFlags::empty(), name).map_err(error)?;
    Ok(Look { kind: kind(stat.type_), size: stat.size, modified: modified(&stat) })
}

fn modified(stat: &DescriptorStat) -> Option<SystemTime> {
    let time = stat.data_modification_timestamp?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::new(time.seconds, time.nanoseconds.min(999_999_999)))
}

/// The innermost given folder that holds `path`, and the rest of the path inside it.
fn given(path: &str) -> Option<(Rc<Descriptor>, &str)> {
    GIVEN.with(|given| {
        given
            .iter()
            .filter_map(|(folder, descriptor)| Some((below(folder, path)?, descriptor)))
            .min_by_key(|(rest, _)| rest.len())
            .map(|(rest, descriptor)| {
                let rest = if rest.is_empty() { "." } else { rest };
                (Rc::clone(descriptor), rest)
            })
    })
}

/// The names directly below a path under which given folders lie.
fn names_below(path: &str) -> BTreeSet<String> {
    GIVEN.with(|given| {
        given
            .iter()
            .filter_map(|(folder, _)| below(path, folder)?.split('/').next())
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

/// The rest of `path` inside `folder`, when it lies there.
fn below<'a>(folder: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(folder)?;
    if rest.is_empty() {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

fn kind(kind: DescriptorType) -> Kind {
    match kind {
        DescriptorType::RegularFile => Kind::File,
        DescriptorType::Directory => Kind::Folder,
        DescriptorType::SymbolicLink => Kind::Link,
        _ => Kind::Other,
    }
}

fn error(code: ErrorCode) -> Error {
    let kind = match code {
        ErrorCode::Access | ErrorCode::NotPermitted => ErrorKind::PermissionDenied,
        ErrorCode::NoEntry => ErrorKind::NotFound,
        ErrorCode::IsDirectory => ErrorKind::IsADirectory,
        ErrorCode::NotDirectory => ErrorKind::NotADirectory,
        ErrorCode::Exist => ErrorKind::AlreadyExists,
        ErrorCode::NotEmpty => ErrorKind::DirectoryNotEmpty,
        ErrorCode::NameTooLong => ErrorKind::InvalidFilename,
        ErrorCode::Interrupted => ErrorKind::Interrupted,
        ErrorCode::Quota => ErrorKind::QuotaExceeded,
        ErrorCode::ReadOnly => ErrorKind::ReadOnlyFilesystem,
        _ => return Error::other(code.message()),
    };
    kind.into()
}
