//! The port to a language model: one request in, a stream of pieces out.
//!
//! The room names no vendor and opens no connection; `providers` does both behind [`Model`].

pub mod failure;
pub mod request;
pub mod stream;

pub use failure::Failure;
pub use request::{Request, ToolOffer};
pub use stream::{Piece, Stop};

use futures::stream::BoxStream;

/// A language model that can be asked.
pub trait Model: Send + Sync {
    /// `PROVIDER/MODEL`.
    fn name(&self) -> &str;

    /// Asks. The stream ends after [`Piece::End`] or a failure; a call is a piece only once it is whole, so that half
    /// a call is never run. Dropping the stream cancels the request.
    fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>>;
}
