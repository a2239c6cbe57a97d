//! Fakes at the ports, for tests alone: a scripted model, scripted answers of a person, tools in process, a store that
//! fails when it is told to, a recorder of events, a temporary workspace.
//!
//! A fake keeps the promises of its port and does nothing that a real one could not do. Nothing here grants a right:
//! a test that needs one uses a rulebook that grants it. Only tests in `tests/` folders use this room.
//!
//! Start with [`fixture`], which puts a door, a journal and a run together in a few lines. The manual clock and the
//! counting mint are [`boxagnts_record::ManualStamp`].

#![allow(clippy::missing_panics_doc, reason = "a fake that cannot be set up ends its test, and says why")]

pub mod approvals;
pub mod drill;
pub mod fixture;
pub mod model;
pub mod recorder;
pub mod server;
pub mod store;
pub mod tool;
pub mod transcript;
pub mod wire;
pub mod workspace;

pub use approvals::ScriptedApprovals;
pub use fixture::{Fixture, Stage};
pub use model::{Reply, ScriptedModel};
pub use recorder::Recorder;
pub use server::{Script, ScriptedReply, ScriptedServer};
pub use store::FailingStore;
pub use tool::FakeTool;
pub use transcript::{journal_told, stream_told};
pub use workspace::TemporaryWorkspace;
