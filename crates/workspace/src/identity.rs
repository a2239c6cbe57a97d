//! What a file is, apart from its name.

use rustix::fs::FileType;

/// Which file: the device and the inode. Two names with the same identity are the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// The device that holds the file.
    pub device: u64,
    /// The file's number on that device.
    pub inode: u64,
}

/// What kind of thing a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A block device. Never opened.
    BlockDevice,
    /// A character device. Never opened.
    CharacterDevice,
    /// A FIFO, a socket, or something that the system does not tell. Never opened.
    Other,
}

impl Kind {
    pub(crate) fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Folder,
            FileType::Symlink => Self::Link,
            FileType::BlockDevice => Self::BlockDevice,
            FileType::CharacterDevice => Self::CharacterDevice,
            _ => Self::Other,
        }
    }
}

/// A point in time as file systems keep it: seconds since 1970 (negative before) and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// Seconds since 1970-01-01 UTC.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// What the system knows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// What it is.
    pub kind: Kind,
    /// Which one it is.
    pub id: FileId,
    /// Bytes.
    pub size: u64,
    /// How many names it has.
    pub names: u64,
    /// Last read.
    pub accessed: Moment,
    /// Last change of the content.
    pub modified: Moment,
    /// Last change of content or attributes.
    pub changed: Moment,
}

impl Stat {
    // The field types of `stat` differ between systems; each conversion is lossless where it matters.
    #[allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "the types of these fields differ per system")]
    #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "nanoseconds fit in 32 bits")]
    pub(crate) fn of(stat: &rustix::fs::Stat) -> Self {
        let moment = |seconds: i64, nanoseconds: u64| Moment { seconds, nanoseconds: nanoseconds as u32 };
        Self {
            kind: Kind::of(FileType::from_raw_mode(stat.st_mode)),
            id: FileId { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
            size: stat.st_size.max(0) as u64,
            names: stat.st_nlink as u64,
            accessed: moment(stat.st_atime as i64, stat.st_atime_nsec as u64),
            modified: moment(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
            changed: moment(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
        }
    }
}
