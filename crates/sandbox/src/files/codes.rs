//! What the interface calls our errors, kinds and times.

use boxagnts_types::PathError;
use boxagnts_workspace::{FileError, FileId, Kind, Moment, NewTime, Stat};
use std::io;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, NewTimestamp,
};

pub(super) fn code(error: &FileError) -> ErrorCode {
    match error {
        FileError::Escapes => ErrorCode::NotPermitted,
        FileError::Hidden => ErrorCode::NoEntry,
        FileError::TooManyLinks => ErrorCode::Loop,
        FileError::NotUtf8 => ErrorCode::IllegalByteSequence,
        FileError::Special | FileError::HardLinked | FileError::HoldsHidden => ErrorCode::Access,
        FileError::TooManyNames(_) => ErrorCode::Overflow,
        FileError::System(error) => io_code(error),
    }
}

pub(super) fn io_code(error: &io::Error) -> ErrorCode {
    ErrorCode::from(error)
}

pub(super) fn path_code(error: &PathError) -> ErrorCode {
    match error {
        PathError::AboveRoot(_) => ErrorCode::NotPermitted,
        PathError::TooLong => ErrorCode::NameTooLong,
        // Nothing that a guest can open has such a name.
        PathError::Backslash(_) => ErrorCode::NoEntry,
        PathError::Empty | PathError::Nul(_) => ErrorCode::Invalid,
    }
}

pub(super) fn kind(kind: Kind) -> DescriptorType {
    match kind {
        Kind::File => DescriptorType::RegularFile,
        Kind::Folder => DescriptorType::Directory,
        Kind::Link => DescriptorType::SymbolicLink,
        Kind::BlockDevice => DescriptorType::BlockDevice,
        Kind::CharacterDevice => DescriptorType::CharacterDevice,
        Kind::Other => DescriptorType::Unknown,
    }
}

pub(super) fn stat(stat: &Stat) -> DescriptorStat {
    DescriptorStat {
        type_: kind(stat.kind),
        link_count: stat.names,
        size: stat.size,
        data_access_timestamp: datetime(stat.accessed),
        data_modification_timestamp: datetime(stat.modified),
        status_change_timestamp: datetime(stat.changed),
    }
}

/// The interface knows no time before 1970.
fn datetime(moment: Moment) -> Option<Datetime> {
    let seconds = u64::try_from(moment.seconds).ok()?;
    Some(Datetime { seconds, nanoseconds: moment.nanoseconds })
}

/// Tells files apart, as the interface wants it.
pub(super) fn hash(id: FileId) -> MetadataHashValue {
    MetadataHashValue { lower: id.inode, upper: id.device }
}

pub(super) fn new_time(time: NewTimestamp) -> Result<NewTime, ErrorCode> {
    Ok(match time {
        NewTimestamp::NoChange => NewTime::Keep,
        NewTimestamp::Now => NewTime::Now,
        NewTimestamp::Timestamp(time) => {
            let seconds = i64::try_from(time.seconds).map_err(|_| ErrorCode::Overflow)?;
            if 1_000_000_000 <= time.nanoseconds {
                return Err(ErrorCode::Invalid);
            }
            NewTime::At(Moment { seconds, nanoseconds: time.nanoseconds })
        }
    })
}
