//! The shell of the tool `bash`: a language, a disk, limits and a memory.
//!
//! The language is `bashkit`, which parses and runs scripts itself and brings its own commands. This crate
//! gives it what it needs to be a tool: [`Disk`], the folders that the host shows; the programs that
//! cannot exist here, with advice; bounds; and a state that lasts from call to call. It starts no process,
//! opens no connection and decides nothing about what is allowed: the host does.
//!
//! It is a crate of its own so that the corpus runs it as a program of this machine, and the component
//! in `guests/bash` is thin.

mod clip;
mod commands;
mod disk;
mod kept;
mod limits;
mod missing;
mod run;

pub use clip::Clip;
pub use disk::{Disk, LARGEST};
pub use kept::{Kept, MOST};
pub use run::{Answer, Request, run};
