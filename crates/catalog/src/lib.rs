//! Which tools are installed, from where, with which digest and which requested capabilities.
//!
//! The room reads manifests and the pack of built-in tools that the binary carries. It never runs a tool and grants
//! nothing: what a manifest requests is a request.
//!
//! Start with [`manifest`] (what a tool package says of itself), then [`mod@built_in`] (the tools inside the binary).

pub mod built_in;
pub mod foreign;
pub mod manifest;
pub mod package;
pub mod quantity;

pub use built_in::{BuiltInError, built_in};
pub use foreign::{COMPONENT, ForeignError, ForeignPackage, MANIFEST};
pub use manifest::{Invoke, Manifest, ManifestError, RequestedLimits, RequestedPreview};
pub use package::{Origin, Package};
