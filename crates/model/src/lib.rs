//! The port to a language model: one request in, a stream of pieces out.
//!
//! The room names no vendor and opens no connection; `providers` does both behind [`Model`].

pub mod failure;
pub mod price;
pub mod request;
pub mod stream;

pub use failure::Failure;
pub use price::Price;
pub use request::{Request, ToolOffer};
pub use stream::{Piece, Stop};

use futures::stream::BoxStream;

/// A language model that can be asked.
pub trait Model: Send + Sync {
    /// `PROVIDER/MODEL`.
    fn name(&self) -> &str;

    /// Whether what it is asked stays on this machine. Who does not know says no.
    fn is_local(&self) -> bool {
        false
    }

    /// Asks. Dropping the stream cancels the request.
    ///
    /// What an implementation promises, and a caller may rely on:
    /// - The stream ends after [`Piece::End`] or a failure; a stream that ends without either broke off.
    /// - A call is a piece only once it is whole. Where a reply is cut inside a call, that call is left out, so that
    ///   half a call is never run.
    /// - Everything that a vendor sends is passed on as it came: names and inputs of calls are not mended here, since
    ///   only the door says what they mean.
    /// - Nothing is asked of the vendor before the stream is polled.
    fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>>;
}
