//! An installed tool: its manifest, what it says of itself, and where it came from.

use crate::manifest::Manifest;
use boxagnts_tools::pack::Descriptor;
use std::fmt;

/// A tool that is installed.
#[derive(Debug, Clone)]
pub struct Package {
    /// What its author says of it.
    pub manifest: Manifest,
    /// What the component says of itself, pinned with its digest.
    pub descriptor: Descriptor,
    /// SHA-256 of the component, as hexadecimal digits.
    pub digest: String,
    /// Where it came from.
    pub origin: Origin,
    /// The component, compiled ahead of time and compressed with zstd.
    pub code: &'static [u8],
    /// The length of the compiled component when it is unpacked, in bytes.
    pub size: u64,
    /// The component itself, compressed with zstd.
    pub component: &'static [u8],
    /// The length of the component when it is unpacked, in bytes.
    pub component_size: u64,
}

/// Where a tool came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the program.
    BuiltIn,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
        }
    }
}
