//! How a call ended when it did not return a result.

use crate::limits::LimitHit;
use boxagnts_tools::{ToolFailure, tool::Recoverable};
use std::fmt;

/// Why the host stopped a guest. Travels through the engine as the cause of a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// A limit was reached.
    #[error("{0}")]
    Limit(LimitHit),
    /// Somebody outside wants the call to stop.
    #[error("cancelled")]
    Cancelled,
    /// The call was answered already.
    #[error("the call has ended")]
    Ended,
}

/// How a call ended without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Stopped by the host.
    Stopped(Stop),
    /// The guest trapped or left its program early.
    Crashed(String),
    /// A defect of ours, seen as a panic. This call alone ends.
    HostFault,
    /// So many threads hang in the system that no further call is begun.
    Overloaded(usize),
    /// There is no thread for it.
    Unstartable(String),
    /// The component could not be loaded.
    Unloadable(String),
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(Stop::Limit(hit)) => write!(f, "the tool was stopped: it reached {hit}"),
            Self::Stopped(Stop::Cancelled | Stop::Ended) => f.write_str("the call was cancelled before it ended"),
            Self::Crashed(what) => write!(f, "the tool crashed: {what}"),
            Self::HostFault => f.write_str("the call failed by a defect of BoxAgnts itself and has no result"),
            Self::Overloaded(stuck) => {
                write!(f, "{stuck} calls hang in the file system and cannot be ended, so no further one is begun")
            }
            Self::Unstartable(why) => write!(f, "the call cannot begin: {why}"),
            Self::Unloadable(why) => write!(f, "the tool cannot be loaded: {why}"),
        }
    }
}

impl From<Ending> for ToolFailure {
    fn from(ending: Ending) -> Self {
        let message = ending.to_string();
        let kind = match ending {
            Ending::Stopped(Stop::Limit(_)) | Ending::Overloaded(_) | Ending::Unstartable(_) => Recoverable::Limited,
            Ending::Stopped(Stop::Cancelled | Stop::Ended) => Recoverable::Cancelled,
            Ending::Crashed(_) | Ending::HostFault => Recoverable::Rejected,
            Ending::Unloadable(_) => return Self::Broken(message),
        };
        Self::recoverable(kind, message)
    }
}
