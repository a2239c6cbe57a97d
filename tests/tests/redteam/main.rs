//! The exam from outside: a model that an attacker owns, against the program that a user starts.
//!
//! Each class of `docs/threats.md` has a module here, and most have a table: which call is made, and what must become
//! of it. The model is a script and says whatever the attacker wants. Whether it got anywhere is read from the world:
//! canaries on the disk, servers that listen, the log of receipts. See [`siege`] for what is insisted on after each run.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

mod components;
mod consent;
mod files;
mod liar;
mod network;
#[path = "../../../crates/sandbox/tests/hostile/oddity.rs"]
mod oddity;
mod owned;
mod resources;
mod rules;
mod scene;
mod secrets;
mod shell;
mod siege;
mod sources;
mod zone;
