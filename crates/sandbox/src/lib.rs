//! Runs one guest under one permit: engine, limits, mediated WASI.
//!
//! A call gets a fresh instance, an own deadline and an own account, on threads that belong to guests alone. What it
//! may touch is decided at each effect by its permit; this room only asks. It knows no model and no loop, and it is
//! the only one that knows the engine.
//!
//! A guest's world: the folders of its [`World`] through an own `wasi:filesystem` (`files`), clocks, a bounded amount
//! of randomness, an empty environment, `wasi:http` through `egress` (`http`), and sockets that always refuse. An interface outside the list in `link` is
//! refused when the component is loaded, by name.
//!
//! Start with [`sandbox`] (the house), [`guest_tool`] (a tool for the registry) and `call` (the way of one call).

pub mod before;
pub mod cache;
pub mod compile;
pub mod compiler;
pub mod engine;
pub mod fuel;
pub mod guest;
pub mod guest_tool;
pub mod limits;
pub mod sandbox;
pub mod spec;
pub mod wall;
pub mod world;

mod bindings;
mod call;
mod cli;
mod clocks;
mod command;
mod deadline;
mod ending;
mod files;
mod gate;
mod host;
mod http;
mod labels;
mod limiter;
mod link;
mod os;
mod random;
mod settle;
mod sockets;
mod state;
mod threads;
mod ticker;
mod typed;

pub use before::{BeforeImages, EarlierState};
pub use cache::CodeCache;
pub use compile::{LoadError, Source};
pub use compiler::{CompileLimits, Compiler, compile_as_child};
pub use fuel::Metering;
pub use guest::Guest;
pub use guest_tool::GuestTool;
pub use labels::FileLabels;
pub use limits::{LimitHit, Limits};
pub use sandbox::{DescribeError, Sandbox};
pub use spec::{EffectsPlan, GuestKind, GuestSpec, PreviewParts, PreviewPlan};
pub use wall::Wall;
pub use world::{LogLine, Logs, World, WorldError};
