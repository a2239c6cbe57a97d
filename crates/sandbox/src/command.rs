//! Calls of plain commands, `wasi:cli/run`: arguments and standard streams in, standard streams and an exit code out.

use crate::call::{Frame, Work, ending, store};
use crate::cli::Kept;
use crate::compile::Loaded;
use crate::limits::Limits;
use crate::spec::GuestKind;
use crate::state::{CallState, CommandLine};
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{ToolFailure, ToolOutput, ToolResult};
use boxagnts_types::Content;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use wasmtime_wasi::I32Exit;

/// What a command without a schema takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    stdin: String,
}

/// How a command ended by itself.
pub(crate) struct Exit(u8);

/// What a command is started with.
pub(crate) fn line(kind: GuestKind, name: &str, input: &Value) -> Result<CommandLine, ToolFailure> {
    let (arguments, input) = match kind {
        GuestKind::Typed | GuestKind::CommandJson => (Vec::new(), input.to_string()),
        GuestKind::CommandArgs => {
            let Arguments { args, stdin } = Arguments::deserialize(input)
                .map_err(|error| ToolFailure::recoverable(Recoverable::Rejected, error.to_string()))?;
            (args, stdin)
        }
    };
    let arguments = std::iter::once(name.to_owned()).chain(arguments).collect();
    Ok(CommandLine { arguments, input: Bytes::from(input) })
}

/// Runs the command.
pub(crate) fn call(loaded: Arc<Loaded>, state: CallState, frame: Frame, limits: Limits) -> impl Work<Exit> {
    move |engine| async move {
        let mut store = store(&engine, state, frame, &limits)?;
        let called = async {
            let Loaded::Command(command) = &*loaded else {
                return Err(wasmtime::Error::msg("a tool of the typed world is no plain command"));
            };
            let command = command.instantiate_async(&mut store).await?;
            command.wasi_cli_run().call_run(&mut store).await
        };
        match called.await {
            Ok(Ok(())) => Ok(Exit(0)),
            Ok(Err(())) => Ok(Exit(1)),
            Err(error) => match error.downcast_ref::<I32Exit>() {
                Some(I32Exit(code)) => Ok(Exit(u8::try_from(*code).unwrap_or(u8::MAX))),
                None => Err(ending(&store, &limits, &error)),
            },
        }
    }
}

/// What a command gave back. Standard error of a command that ended well is for people and is left out.
pub(crate) fn result(kind: GuestKind, exit: &Exit, kept: &Kept, was_refused: bool) -> ToolResult {
    let (output, error) = kept.take();
    let (output, error) = (lossy(output), lossy(error));
    if exit.0 == 0 {
        return Ok(ToolOutput { content: vec![content(kind, output)], ..ToolOutput::default() });
    }
    let kind = if was_refused { Recoverable::Denied } else { Recoverable::Rejected };
    let said = [error.trim_end(), output.trim_end()].into_iter().filter(|text| !text.is_empty());
    let said = said.collect::<Vec<_>>().join("\n");
    let message = if said.is_empty() {
        format!("the command ended with code {} and said nothing", exit.0)
    } else {
        format!("{said}\n(the command ended with code {})", exit.0)
    };
    Err(ToolFailure::recoverable(kind, message))
}

/// Only whole structures are taken for JSON: a number or a quoted word may just as well be text.
fn content(kind: GuestKind, output: String) -> Content {
    let parsed = || serde_json::from_str(&output).ok().filter(|value: &Value| value.is_object() || value.is_array());
    match if kind == GuestKind::CommandJson { parsed() } else { None } {
        Some(value) => Content::Json { value },
        None => Content::Text { text: output },
    }
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
