//! Attack: anything a program may try, one operation after the other, and what came of each.
//!
//! A test lists operations and compares the answers, and then looks at the world itself: what a guest
//! says proves nothing. [`files`] goes through std as an ordinary program does; [`raw`] calls
//! `wasi:filesystem` with what no library would let through (A04: truncation of a file opened for
//! reading; A13, C04: descriptors); [`world`] reaches for what is not a file (C05, D01, B09).
//!
//! The result is a JSON array with `{"ok": …}` or `{"error": kind, "message": …}` for each operation, in
//! order. Errors do not end the list.

mod files;
mod input;
mod raw;
mod world;

use boxagnts_guest_sdk::{Content, Failure, Output, Tool, export};
use serde_json::{Value, json};

use input::{Input, Operation};

struct Probe;

impl Tool for Probe {
    type Input = Input;
    const NAME: &'static str = "probe";
    const DESCRIPTION: &'static str = "Try operations one by one and say what came of each.";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"ops":[{"op":"write","path":"/workspace/a","data":"x"},{"op":"read","path":"/workspace/a"}]}"#,
        r#"{"ops":[{"op":"raw_open","path":"../x","access":["read"]},{"op":"preopens"}]}"#,
    ];

    fn call(input: Input) -> Result<Output, Failure> {
        let answers: Vec<Value> = input.ops.iter().map(answer).collect();
        let text = Value::from(answers).to_string();
        Ok(Output { content: vec![Content::Json(text)], state: None })
    }
}

export!(Probe);

/// An operation that did not work: the kind of the error, and its text.
struct Refusal {
    kind: String,
    message: String,
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self { kind: format!("{:?}", error.kind()), message: error.to_string() }
    }
}

impl From<wasip2::filesystem::types::ErrorCode> for Refusal {
    fn from(code: wasip2::filesystem::types::ErrorCode) -> Self {
        Self { kind: code.name().to_owned(), message: code.message().to_owned() }
    }
}

/// What an operation brought.
type Answer = Result<Value, Refusal>;

fn answer(operation: &Operation) -> Value {
    match perform(operation) {
        Ok(value) => json!({ "ok": value }),
        Err(Refusal { kind, message }) => json!({ "error": kind, "message": message }),
    }
}

fn perform(operation: &Operation) -> Answer {
    match operation {
        Operation::File(operation) => files::perform(operation),
        Operation::Raw(operation) => raw::perform(operation),
        Operation::World(operation) => world::perform(operation),
    }
}
