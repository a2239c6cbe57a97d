//! Which folders exist for us, and how a path inside one is resolved and opened without escape.
//!
//! A [`Root`] is an open folder. A path below it is resolved from its descriptor and never from text, so that a link,
//! a `..` or a folder that is swapped meanwhile cannot lead out: the way is either free of links (proved by the
//! system in one step) or walked part by part, with every link read and followed by us. What comes back is a
//! [`Pinned`] place (an open parent folder, one plain name, and the true path that whoever decides must look at) or
//! an [`Opened`] file.
//!
//! The room decides nothing: it does not know who may read or write. It knows three things that never depend on a
//! grant: links do not lead out, only regular files and folders are opened, and our own folders do not exist inside
//! a root ([`Hidden`]).
//!
//! Start with [`root`] (the way in), then [`pinned`] (what can be done at a place).

pub mod error;
pub mod folders;
pub mod hidden;
pub mod identity;
pub mod managed;
pub mod opened;
pub mod own;
pub mod pinned;
pub mod private;
pub mod root;

mod os;
mod walk;

pub use error::{FileError, RootError};
pub use folders::{Environment, Folders, OwnFolders};
pub use hidden::Hidden;
pub use identity::{FileId, Kind, Moment, Stat};
pub use managed::{ManagedError, read_managed};
pub use opened::{Entry, Opened};
pub use own::OwnError;
pub use pinned::{Access, NewTime, Pinned, Times};
pub use private::{Lock, PrivateError, PrivateFolder};
pub use root::{Follow, ReadOpen, Root};
