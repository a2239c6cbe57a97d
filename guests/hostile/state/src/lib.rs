//! Keeps a state between calls: counts its calls, and attacks by a state of any size.
//!
//! The state begins with the count in decimal and a full stop; the rest is padding.

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The least size of the returned state in bytes.
    bytes: Option<usize>,
    /// Return no state, which forgets the count. Default false.
    forget: Option<bool>,
}

struct State;

impl Tool for State {
    type Input = Input;
    const NAME: &'static str = "state";
    const DESCRIPTION: &'static str = "Count calls by a state that the host keeps.";
    const EXAMPLES: &'static [&'static str] = &["{}", r#"{"bytes":1048576}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        Self::call_with_state(input, None)
    }

    fn call_with_state(input: Input, state: Option<Vec<u8>>) -> Result<Output, Failure> {
        let received = state.as_ref().map_or(0, Vec::len);
        let count = state.map_or(0, |state| count(&state)).saturating_add(1);
        let output = Output::text(format!("call {count}, with {received} bytes of state"));
        if input.forget.unwrap_or(false) {
            return Ok(output);
        }
        let mut state = format!("{count}.").into_bytes();
        state.resize(state.len().max(input.bytes.unwrap_or(0)), b'x');
        Ok(output.with_state(state))
    }
}

export!(State);

/// Reads the count of a state; one that this guest did not write counts as none.
fn count(state: &[u8]) -> u64 {
    let digits = state.split(|&byte| byte == b'.').next().unwrap_or_default();
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
