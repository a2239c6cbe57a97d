//! Attack: returns, logs, reports and remembers more than anyone can take (T01).

use boxagnts_guest_sdk::{Content, Failure, Output, Tool, export, log, progress};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Bytes of text in the result.
    output: Option<usize>,
    /// Pieces that the result is made of. Default 1.
    pieces: Option<usize>,
    /// Lines to log.
    lines: Option<usize>,
    /// Bytes of each logged line and each progress text. Default 20.
    line_bytes: Option<usize>,
    /// How often to report progress.
    progress: Option<usize>,
    /// Bytes of state to return.
    state: Option<usize>,
}

struct Flood;

impl Tool for Flood {
    type Input = Input;
    const NAME: &'static str = "flood";
    const DESCRIPTION: &'static str = "Return, log and report too much.";
    const EXAMPLES: &'static [&'static str] = &[r#"{"output":100000000}"#, r#"{"lines":1000000}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let line = "x".repeat(input.line_bytes.unwrap_or(20));
        for _ in 0..input.lines.unwrap_or(0) {
            log(2, &line);
        }
        for _ in 0..input.progress.unwrap_or(0) {
            progress(&line, Some(f32::NAN));
        }
        let text = "x".repeat(input.output.unwrap_or(0));
        let content = vec![Content::Text(text); input.pieces.unwrap_or(1)];
        let state = input.state.map(|bytes| vec![b'x'; bytes]);
        Ok(Output { content, state })
    }
}

export!(Flood);
