//! Attack: never ends (C01).
//!
//! It spins either in its own code, where only the engine can interrupt it, or in calls of a host
//! function, where the host must notice as well.

use std::hint::black_box;

use boxagnts_guest_sdk::{Failure, Output, Tool, cancelled, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Spin in calls of the host instead of in own code. Default false.
    host: Option<bool>,
}

struct Spin;

impl Tool for Spin {
    type Input = Input;
    const NAME: &'static str = "spin";
    const DESCRIPTION: &'static str = "Never end.";

    fn call(input: Input) -> Result<Output, Failure> {
        let host = input.host.unwrap_or(false);
        let mut turns = 0_u64;
        loop {
            if host {
                black_box(cancelled());
            }
            turns = black_box(turns.wrapping_add(1));
        }
    }
}

export!(Spin);
