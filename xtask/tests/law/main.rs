//! The law of the house: what a machine can read of the rules in `ARCHITECTURE.md`.
//!
//! Each module is one rule and says what to do when it is broken. `cargo xtask law` runs them alone.

mod dependencies;
mod guards;
mod layers;
mod limits;
mod lints;
mod names;
mod prose;
mod seal;
mod sizes;
mod threats;
mod tree;
