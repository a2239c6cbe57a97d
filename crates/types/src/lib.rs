//! Names for what crosses rooms: ids, guest paths, content, calls, results, stream events.
//!
//! Everything here is plain data that cannot be wrong once it exists. The room never does I/O, reads no clock and
//! awaits nothing; randomness and time arrive as arguments.
//!
//! Start with [`call`] (what travels between the model and a tool) and [`path`] (how a guest names a file).

pub mod call;
pub mod canonical;
pub mod content;
pub mod id;
pub mod label;
pub mod message;
pub mod name;
pub mod path;
pub mod quantity;
pub mod secret;
pub mod show;
pub mod stream;
pub mod time;

pub use call::{CallInput, CallRequest, InputError, Outcome, ToolReply};
pub use content::Content;
pub use id::{AgentName, CallId, EventId, JournalId, MintId, PrincipalId, RunId, SessionId, WorkspaceId};
pub use label::{Label, Privacy};
pub use message::{Message, ToolAnswer, Usage};
pub use name::ToolName;
pub use path::{GuestPath, PathError};
pub use secret::Secret;
pub use stream::StreamEvent;
pub use time::Time;
