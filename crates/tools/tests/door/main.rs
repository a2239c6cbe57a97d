//! The way of a call, seen from both ends: what the tool got to do, and what the journal says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test insists on what it prepares")]

mod calls;
mod kept;
mod questions;
mod scene;
