//! Does nothing and says "ok".
//!
//! It is no attack: it is the smallest tool, with which a test checks the plain way of a call and a
//! benchmark measures what a call costs.

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

/// Takes nothing.
#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {}

struct Noop;

impl Tool for Noop {
    type Input = Input;
    const NAME: &'static str = "noop";
    const DESCRIPTION: &'static str = "Do nothing and say ok.";
    const EXAMPLES: &'static [&'static str] = &["{}"];

    fn call(_input: Input) -> Result<Output, Failure> {
        Ok(Output::text("ok"))
    }
}

export!(Noop);
