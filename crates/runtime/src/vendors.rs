//! The vendors of models, as the environment of this process sets them up.

use boxagnts_providers::{Environment, Providers};

/// Reads the variables that vendors are set up by. They come from the process alone, never from a file of a workspace:
/// whoever could write there could point a key at another server. What is no text counts as absent.
#[expect(
    clippy::disallowed_methods,
    reason = "the variables of the models are read here, once, and handed on as values"
)]
pub(crate) fn of_process() -> Providers {
    Providers::new(Environment::read(|name| std::env::var(name).ok()))
}
