//! Calls of the world of `wit/`.

pub(crate) use crate::bindings::ToolPre;
pub(crate) use crate::bindings::boxagnts::tool::types::{Content as GuestContent, Descriptor, Failure, Output};

use crate::call::{Frame, Work, ending, store};
use crate::compile::Loaded;
use crate::ending::{Ending, Stop};
use crate::limits::{LimitHit, Limits, MOST_STATE};
use crate::state::CallState;
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{ToolFailure, ToolOutput, ToolResult};
use boxagnts_types::{Content, GuestPath};
use std::sync::Arc;

/// Calls the tool.
pub(crate) fn call(
    loaded: Arc<Loaded>,
    state: CallState,
    frame: Frame,
    limits: Limits,
    input: String,
    kept: Option<Vec<u8>>,
) -> impl Work<Result<Output, Failure>> {
    move |engine| async move {
        let mut store = store(&engine, state, frame, &limits)?;
        let called = async {
            let tool = tool(&loaded)?.instantiate_async(&mut store).await?;
            tool.call_call(&mut store, &input, kept.as_deref()).await
        };
        let called: wasmtime::Result<_> = called.await;
        called.map_err(|error| ending(&store, &limits, &error))
    }
}

/// Asks the tool what it is.
pub(crate) fn describe(loaded: Arc<Loaded>, state: CallState, frame: Frame, limits: Limits) -> impl Work<Descriptor> {
    move |engine| async move {
        let mut store = store(&engine, state, frame, &limits)?;
        let called = async {
            let tool = tool(&loaded)?.instantiate_async(&mut store).await?;
            tool.call_describe(&mut store).await
        };
        let called: wasmtime::Result<_> = called.await;
        called.map_err(|error| ending(&store, &limits, &error))
    }
}

fn tool(loaded: &Loaded) -> wasmtime::Result<&ToolPre<CallState>> {
    match loaded {
        Loaded::Typed(tool) => Ok(tool),
        Loaded::Command(_) => Err(wasmtime::Error::msg("a plain command is no tool of the typed world")),
    }
}

/// What a tool gave back, bounded and checked.
pub(crate) fn result(called: Result<Output, Failure>, limits: &Limits) -> ToolResult {
    match called {
        Ok(output) => accept(output, limits),
        Err(Failure::Rejected(message)) => Err(ToolFailure::recoverable(Recoverable::Rejected, message)),
        Err(Failure::Denied(message)) => Err(ToolFailure::recoverable(Recoverable::Denied, message)),
        Err(Failure::Broken(message)) => Err(ToolFailure::Broken(message)),
    }
}

fn accept(output: Output, limits: &Limits) -> ToolResult {
    let over = |hit| ToolFailure::from(Ending::Stopped(Stop::Limit(hit)));
    let size: usize = output.content.iter().map(size).sum();
    if limits.stored_output < size as u64 {
        return Err(over(LimitHit::Output(limits.stored_output)));
    }
    if output.state.as_ref().is_some_and(|state| MOST_STATE < state.len()) {
        return Err(over(LimitHit::State));
    }
    let content: Result<Vec<Content>, ToolFailure> = output.content.into_iter().map(content).collect();
    Ok(ToolOutput { content: content?, state: output.state, truncated: false })
}

fn size(content: &GuestContent) -> usize {
    match content {
        GuestContent::Text(text) | GuestContent::Json(text) | GuestContent::File(text) => text.len(),
        GuestContent::Image((media_type, bytes)) => media_type.len() + bytes.len(),
    }
}

fn content(content: GuestContent) -> Result<Content, ToolFailure> {
    let wrong = |what: String| ToolFailure::recoverable(Recoverable::Rejected, what);
    match content {
        GuestContent::Text(text) => Ok(Content::Text { text }),
        GuestContent::Json(text) => serde_json::from_str(&text)
            .map(|value| Content::Json { value })
            .map_err(|error| wrong(format!("the tool returned something that is no JSON: {error}"))),
        GuestContent::Image((media_type, bytes)) => Ok(Content::Image { media_type, bytes }),
        GuestContent::File(path) => GuestPath::parse(&path)
            .map(|path| Content::File { path: path.to_string() })
            .map_err(|error| wrong(format!("the tool returned a file that cannot be named: {error}"))),
    }
}
