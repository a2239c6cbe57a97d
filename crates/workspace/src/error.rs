//! Why a place could not be reached, or a folder could not become a root.

use rustix::io::Errno;
use std::io;
use std::path::PathBuf;

/// Why a path below a root cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A link, or `..`, leads out of the root.
    #[error("the path leads out of its folder")]
    Escapes,
    /// One of our own folders, or something below one: for a guest there is nothing here.
    #[error("no such file or folder")]
    Hidden,
    /// More links than anyone needs, or a circle of them.
    #[error("the path goes through more than {} links", crate::walk::MOST_LINKS)]
    TooManyLinks,
    /// A name or a link target that is not UTF-8; guests have no way to write such a name.
    #[error("a name on the way is not UTF-8")]
    NotUtf8,
    /// A FIFO, a device or a socket. Opening one could block, or act on the outside.
    #[error("neither a regular file nor a folder")]
    Special,
    /// The file has further names, which a check of this one cannot see.
    #[error("the file has further names (hard links), so that writing here would write elsewhere too")]
    HardLinked,
    /// A folder with one of our own somewhere in it. Moved away, ours would be seen, and another could take its place.
    #[error("the folder holds what belongs to BoxAgnts and stays where it is")]
    HoldsHidden,
    /// A folder with more names than a listing may have.
    #[error("the folder holds more than {0} names")]
    TooManyNames(usize),
    /// What the system said.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl From<Errno> for FileError {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}

impl FileError {
    /// Whether there simply is nothing at the path.
    pub fn is_absent(&self) -> bool {
        match self {
            Self::Hidden => true,
            Self::System(error) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        }
    }
}

/// Why a folder of the host cannot be a workspace or a mapped folder.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Nothing is there.
    #[error("{0:?} does not exist")]
    Absent(PathBuf),
    /// A file is there.
    #[error("{0:?} is not a folder")]
    NotAFolder(PathBuf),
    /// The system keeps us out.
    #[error("{0:?} is not accessible")]
    NoAccess(PathBuf),
    /// The folder is one of our own, or lies inside one.
    #[error("{0:?} belongs to BoxAgnts itself")]
    Own(PathBuf),
    /// Anything else that the system said.
    #[error("{path:?} cannot be opened")]
    System {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
