//! Attack: recurses until the stack ends.
//!
//! The frames are small in the guest's memory, so that the engine's stack is what runs out.

use std::hint::black_box;

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// How deep to go. Without it, as deep as it goes.
    depth: Option<u64>,
}

struct Stack;

impl Tool for Stack {
    type Input = Input;
    const NAME: &'static str = "stack";
    const DESCRIPTION: &'static str = "Recurse without end.";

    fn call(input: Input) -> Result<Output, Failure> {
        let depth = descend(input.depth.unwrap_or(u64::MAX));
        Ok(Output::text(format!("came back from {depth}")))
    }
}

export!(Stack);

/// The result is used after the call, so that no loop is made of it.
#[inline(never)]
fn descend(left: u64) -> u64 {
    if black_box(left) == 0 {
        return 0;
    }
    black_box(descend(left - 1)).wrapping_add(1)
}
