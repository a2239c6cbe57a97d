//! The way out for tools, against servers of this machine and, in drills, at addresses of the internet.

#![expect(clippy::disallowed_methods, reason = "the tests are the other end of the socket")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod bench;

mod addresses;
mod bounds;
mod secrets;
mod wire;
