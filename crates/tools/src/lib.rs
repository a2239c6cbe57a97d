//! The tool trait, the registry and the one door that every call passes.
//!
//! A tool is asked through [`Door::call`] and in no other way: the door parses the input once, lets the law decide,
//! asks the person where the law says so, writes the intent down, runs the tool with its permit, and records what
//! came of it. The room knows no engine, no protocol and no loop.
//!
//! Start with [`tool`] (what a tool is), then [`door`] (the way of a call).

pub mod approvals;
pub mod asking;
pub mod bound;
pub mod comparison;
pub mod context;
pub mod door;
pub mod ledger;
pub mod pack;
pub mod patience;
pub mod preview;
pub mod registry;
pub mod tool;
pub mod witness;

mod fingerprint;
mod flow;
mod receipts;
mod schema;

pub use approvals::{Answer, Approvals, Question};
pub use asking::{Ask, Wish};
pub use context::{Progress, ToolContext};
pub use door::{Answered, Door, Listener};
pub use ledger::{Entry, Ledger};
pub use preview::{Preview, PreviewContent};
pub use registry::{Access, Registry, RegistryError};
pub use tool::{PermissionLevel, Tool, ToolFailure, ToolOutput, ToolResult};
pub use witness::{Sight, Witness};
