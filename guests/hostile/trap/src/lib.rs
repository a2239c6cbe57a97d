//! Attack: ends by a trap or an exit instead of an answer (X08).

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// How to end.
    how: Option<How>,
}

#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(rename_all = "lowercase")]
enum How {
    /// By a panic, with a message on standard error.
    #[default]
    Panic,
    /// By the instruction `unreachable`, silently.
    Abort,
    /// By an exit that claims success.
    Exit,
    /// By an exit that admits failure.
    Fail,
}

struct Trap;

impl Tool for Trap {
    type Input = Input;
    const NAME: &'static str = "trap";
    const DESCRIPTION: &'static str = "End without an answer.";
    const EXAMPLES: &'static [&'static str] = &["{}", r#"{"how":"exit"}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        match input.how.unwrap_or_default() {
            How::Panic => panic!("the guest panics, as it was told to"),
            How::Abort => std::process::abort(),
            How::Exit => std::process::exit(0),
            How::Fail => std::process::exit(1),
        }
    }
}

export!(Trap);
