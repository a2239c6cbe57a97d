//! What travels between the server and whoever speaks to it, as types of their own: the rooms below may change theirs
//! without a program of somebody's breaking. The OpenAPI document is made from these.

pub(crate) mod audit;
pub(crate) mod frames;
pub(crate) mod law;
pub(crate) mod look;
pub(crate) mod session;
pub(crate) mod status;
pub(crate) mod tool;
