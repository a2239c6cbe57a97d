//! Security that kills the work is no result: forty ordinary tasks, and how often a person is asked for each.
//!
//! A task is what a usual model does with it, as a script, under the default policy and with the grants that a user
//! would give. A person at the terminal says yes to whatever is asked. What is looked at is the result in the world,
//! that no call was refused, and the number of questions: at most one for a task on average, and none where a task only
//! reads and edits under `accept-edits`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "end-to-end tests look at the world and insist on it"
)]

mod changes;
mod readings;
mod requests;
mod task;
