//! The provider `openai` against a scripted server, over real sockets of this machine, and against a client that plays
//! recorded bytes.

mod cuts;
mod faults;
mod replies;
mod retries;
mod setup;
mod stage;
