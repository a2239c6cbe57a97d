//! The trait that a tool implements, what it returns, and how it speaks to the host while it runs.

use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::bindings;
use crate::failure::Failure;
use crate::schema::input_schema;

pub use crate::bindings::boxagnts::tool::types::{Content, Output};

/// A tool: what a model can call.
pub trait Tool {
    /// The input of one call. Give it `#[serde(deny_unknown_fields)]`, so that the schema refuses what
    /// the tool would ignore, and a doc comment on each field: the model reads them.
    type Input: DeserializeOwned + JsonSchema;

    /// The name that the model calls; the manifest says the same.
    const NAME: &'static str;
    /// What the model reads before it decides to call.
    const DESCRIPTION: &'static str;
    /// Inputs as JSON, shown to the model and to people.
    const EXAMPLES: &'static [&'static str] = &[];

    /// Does the work of one call.
    fn call(input: Self::Input) -> Result<Output, Failure>;

    /// Does the work of one call that follows another one in the same session: `state` is what the
    /// earlier call returned. Only a tool with a memory implements this.
    fn call_with_state(input: Self::Input, state: Option<Vec<u8>>) -> Result<Output, Failure> {
        let _ = state;
        Self::call(input)
    }
}

impl Output {
    /// A result that is one text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::Text(text.into())], state: None }
    }

    /// A result that is one JSON value.
    pub fn json(value: &serde_json::Value) -> Self {
        Self { content: vec![Content::Json(value.to_string())], state: None }
    }

    /// A result that is one image, with its media type.
    pub fn image(media_type: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self { content: vec![Content::Image((media_type.into(), bytes))], state: None }
    }

    /// The same result, with a state that the next call of the session gets back.
    #[must_use]
    pub fn with_state(mut self, state: Vec<u8>) -> Self {
        self.state = Some(state);
        self
    }
}

/// Tells the person how far the call is; `fraction` runs from 0 to 1.
///
/// This function and the next ones do nothing outside of a component, where unit tests run.
pub fn progress(text: &str, fraction: Option<f32>) {
    if cfg!(target_os = "wasi") {
        bindings::boxagnts::tool::host::progress(text, fraction);
    }
}

/// Writes a line to the host's log; `level` counts from 0 (error) to 4 (trace).
pub fn log(level: u8, text: &str) {
    if cfg!(target_os = "wasi") {
        bindings::boxagnts::tool::host::log(level, text);
    }
}

/// Whether the call should stop soon. The host ends it by force when it does not.
pub fn cancelled() -> bool {
    cfg!(target_os = "wasi") && bindings::boxagnts::tool::host::cancelled()
}

/// The component of a tool. [`export!`](crate::export) names it; nobody else needs to.
pub struct Component<T>(PhantomData<T>);

impl<T: Tool> bindings::Guest for Component<T> {
    fn describe() -> bindings::Descriptor {
        bindings::Descriptor {
            name: T::NAME.to_owned(),
            description: T::DESCRIPTION.to_owned(),
            input_schema: input_schema::<T::Input>().to_string(),
            examples: T::EXAMPLES.iter().map(|&example| example.to_owned()).collect(),
        }
    }

    fn call(input: String, state: Option<Vec<u8>>) -> Result<Output, bindings::Failure> {
        let input = serde_json::from_str(&input)
            .map_err(|error| Failure::Rejected(format!("the input of {} does not fit its schema: {error}", T::NAME)))?;
        T::call_with_state(input, state)
    }
}
