//! Shows the handle of `runtime` over HTTP and WebSocket, and serves the dashboard, to those who prove who they are.
//!
//! Nothing is decided here about what an agent may do: a face renders and answers. What is decided here is who may speak
//! to the handle at all: `login` knows them, `guard` stands before every route, and `api` is the one table of
//! routes, from which the router and the OpenAPI document are both made.
//!
//! Start with [`server`], then `api`; `live` holds the sessions that run here, `feed` what a reader of one may have
//! missed, and `socket` is a browser's line to them.

pub mod address;
pub mod server;

mod api;
mod feed;
mod follow;
mod guard;
mod headers;
mod live;
mod login;
mod notices;
mod openapi;
mod problem;
mod shell;
mod socket;
mod trace;
mod wire;

pub use address::{Address, AddressError, SHORTEST_TOKEN};
pub use openapi::document;
pub use server::{Options, Server, ServerError};
