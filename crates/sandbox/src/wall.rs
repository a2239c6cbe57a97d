//! The second wall: what the kernel lets the threads of guests reach, whatever our own checks say.
//!
//! It is there for the day on which one of our checks of paths is wrong. Each world has threads of its own, which may
//! open what lies below its folders and nothing else on this machine, and no connection. What needs more runs on other
//! threads: components are loaded, requests sent, earlier states kept and the journal written outside.

use std::fmt;
use std::os::fd::BorrowedFd;

/// Whether the kernel stands behind our own checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wall {
    /// It does, by Landlock (`landlock(7)`).
    Landlock {
        /// The version of its interface. From 2 on files can be moved between folders, from 3 on cutting a file is a
        /// right, from 4 on connections are.
        abi: u32,
    },
    /// It does not, for this reason. Our own checks stand alone.
    Missing(String),
}

impl Wall {
    /// What this system offers. Asks the kernel and changes nothing.
    pub fn of_this_system() -> Self {
        crate::os::wall()
    }

    /// Whether the threads of guests are held back.
    pub fn stands(&self) -> bool {
        matches!(self, Self::Landlock { .. })
    }
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Landlock { abi } => write!(f, "Landlock, version {abi}"),
            Self::Missing(why) => write!(f, "missing: {why}"),
        }
    }
}

/// A folder that the threads of a world may reach.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach<'w> {
    pub(crate) folder: BorrowedFd<'w>,
    pub(crate) rights: Rights,
}

/// What may be done below a folder. Running programs, devices, pipes and sockets are in none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Files are read and folders listed.
    Read,
    /// Files and folders are made, changed, moved and removed too.
    Write,
    /// Files are made, written and read, to hold what is prepared.
    Stage,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_says_what_it_is() {
        assert_eq!(Wall::Landlock { abi: 7 }.to_string(), "Landlock, version 7");
        let missing = Wall::Missing("the kernel was built without Landlock".to_owned());
        assert_eq!(missing.to_string(), "missing: the kernel was built without Landlock");
        assert!(!missing.stands());
    }
}
