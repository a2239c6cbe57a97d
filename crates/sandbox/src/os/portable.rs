//! Systems without a wall that holds single threads.

use crate::wall::{Reach, Wall};
use std::io;

/// There is none here.
pub(crate) fn wall() -> Wall {
    Wall::Missing(format!("{} has nothing that holds single threads back", std::env::consts::OS))
}

/// Never made, since [`wall`] says that there is none.
pub(crate) struct Fence;

impl Fence {
    pub(crate) fn around(_: &[Reach<'_>]) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn bind_this_thread(self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
