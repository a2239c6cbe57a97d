//! Letters between processes: taken in the order in which they were written, and kept until they are acknowledged.
//!
//! A session's holder writes them in a commit, so that what is told and what it is about become true together; anybody
//! else posts them with [`crate::Store::post`], for example to steer a session that another process holds. Who takes a
//! letter may be killed before it acknowledges, and then sees it again: each carries its number.
//!
//! Letters to a name that begins with `workspace:` are for every later process of the workspace: nobody acknowledges them,
//! and they stay when a copy of the journal is adopted.

use crate::name::Name;
use boxagnts_types::SessionId;

/// Something to tell somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Whom it is for: by agreement among the callers, a session's id means whoever holds that session.
    pub to: Name,
    /// What it says; the text belongs to those who write and read it.
    pub body: String,
}

/// A letter that waits to be acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Counts up through the whole store, in the order in which letters were written. Numbers may be left out.
    pub number: u64,
    /// The session whose commit wrote it; `None` for one that was posted.
    pub from: Option<SessionId>,
    /// The letter.
    pub letter: Letter,
}
