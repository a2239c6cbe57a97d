//! What a tool for BoxAgnts is written with.
//!
//! A tool is a type that implements [`Tool`] and one line, [`export!`], that makes a component of it.
//! The component runs in a sandbox: it sees only the folders that the host shows it, every file
//! operation is checked by the host, and nothing that is written here is a wall. The helpers exist so
//! that a tool answers a model in plain words: [`path`] reads paths as the host does, [`failure`] turns
//! errors into sentences that a model can act on.
//!
//! ```
//! use boxagnts_guest_sdk::{Failure, Output, Tool};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Input {
//!     /// Whom to greet.
//!     name: String,
//! }
//!
//! struct Greet;
//!
//! impl Tool for Greet {
//!     type Input = Input;
//!     const NAME: &'static str = "greet";
//!     const DESCRIPTION: &'static str = "Greet someone by name.";
//!     const EXAMPLES: &'static [&'static str] = &[r#"{"name":"Ada"}"#];
//!
//!     fn call(input: Input) -> Result<Output, Failure> {
//!         Ok(Output::text(format!("Hello, {}!", input.name)))
//!     }
//! }
//!
//! boxagnts_guest_sdk::export!(Greet);
//! # fn main() {}
//! ```

pub mod bindings;
pub mod failure;
pub mod files;
pub mod path;
mod schema;
mod tool;

pub use failure::{Failure, for_path};
pub use path::workspace_path;
pub use schema::input_schema;
pub use tool::{Component, Content, Output, Tool, cancelled, log, progress};

/// Makes the component of a crate out of its [`Tool`].
#[macro_export]
macro_rules! export {
    ($tool:ty) => {
        #[doc(hidden)]
        type BoxagntsComponent = $crate::Component<$tool>;
        $crate::bindings::export_tool!(BoxagntsComponent with_types_in $crate::bindings);
    };
}
