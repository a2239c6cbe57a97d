//! Attack: waits inside a host call, where neither epochs nor fuel interrupt it (T02).

use std::time::Duration;

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// How long to wait, in milliseconds.
    ms: u64,
}

struct Sleep;

impl Tool for Sleep {
    type Input = Input;
    const NAME: &'static str = "sleep";
    const DESCRIPTION: &'static str = "Wait inside a host call.";
    const EXAMPLES: &'static [&'static str] = &[r#"{"ms":60000}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        std::thread::sleep(Duration::from_millis(input.ms));
        Ok(Output::text(format!("slept {} ms", input.ms)))
    }
}

export!(Sleep);
