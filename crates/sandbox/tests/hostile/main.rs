//! Hostile guests, run by the real sandbox under permits that the real law minted. The oracle is the world: the disk,
//! the clock, the account, the neighbour; never what a guest says of itself.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests prepare the world and look at it")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

mod calls;
mod commands;
mod crowd;
mod escapes;
mod files;
mod flow;
mod fuel;
mod http;
mod limits;
mod loading;
mod oddity;
mod secrets;
mod staged;
mod staged_twins;
mod stuck;
mod surroundings;
mod wall;
