//! The only HTTP client of the product: whatever leaves the machine leaves here.
//!
//! There are two ways in, since there are two reasons to send. A model or service that the person configured is an
//! [`Endpoint`]: one exact origin, possibly on this machine, never named by a model, a tool or a workspace. A tool's
//! request comes with the permit of its call, and the address that its host resolves to is checked: that way in is
//! [`Web`], beside [`Client`], with limits of its own. Neither can be used in the other's place: an endpoint is no
//! permit, and nothing that a tool sends is ever resolved as an endpoint.
//!
//! For both: redirects are returned and not followed, since where one leads was not granted; each wait and each size
//! has a bound; a [`Secret`](boxagnts_types::Secret) is put on the wire here and printed nowhere; nothing is read from
//! the process environment, so that a variable cannot send a key elsewhere.
//!
//! Start with [`endpoint`] and [`client`], whose sockets [`http`] opens; for tools with [`web`] and [`resolve`]. The
//! person's secrets lie in the [`vault`], and the [`scrubber`] knows them in every form.

pub mod blocked;
pub mod client;
pub mod endpoint;
pub mod error;
pub mod http;
pub mod limits;
pub mod request;
pub mod resolve;
pub mod scrubber;
pub mod vault;
pub mod web;
pub mod web_error;

mod inject;

pub use blocked::Blocked;
pub use client::{Body, Client, Response};
pub use endpoint::{BadEndpoint, Endpoint};
pub use error::SendError;
pub use http::{HttpClient, Proxy};
pub use limits::Limits;
pub use request::{Field, JsonRequest};
pub use resolve::{Resolver, SystemResolver};
pub use scrubber::Scrubber;
pub use vault::{BadSecret, Binding, SecretName, Vault, check_value};
pub use web::{Web, WebAnswer, WebLimits, WebRequest, is_of_the_connection};
pub use web_error::WebError;
