//! Attack: never ends (C01).
//!
//! It spins either in its own code, where only the engine can interrupt it, or in calls of a host
//! function, where the host must notice as well. With a trace it leaves behind how far it came.

use std::fs::File;
use std::hint::black_box;
use std::io::Write;

use boxagnts_guest_sdk::{Failure, Output, Tool, cancelled, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Spin in calls of the host instead of in own code. Default false.
    host: Option<bool>,
    /// A file that grows by a byte each turn.
    trace: Option<String>,
    /// End after so many turns. Never, without it.
    turns: Option<u64>,
}

struct Spin;

impl Tool for Spin {
    type Input = Input;
    const NAME: &'static str = "spin";
    const DESCRIPTION: &'static str = "Never end.";

    fn call(input: Input) -> Result<Output, Failure> {
        let host = input.host.unwrap_or(false);
        let failed = |error: std::io::Error| Failure::Rejected(error.to_string());
        let mut trace = input.trace.map(File::create).transpose().map_err(failed)?;
        let mut turns = 0_u64;
        while input.turns != Some(turns) {
            if host {
                black_box(cancelled());
            }
            if let Some(trace) = &mut trace {
                trace.write_all(b".").map_err(failed)?;
            }
            turns = black_box(turns.wrapping_add(1));
        }
        Ok(Output::text(format!("ended after {turns} turns")))
    }
}

export!(Spin);
