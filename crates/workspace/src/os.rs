//! What differs between systems: opening a path in a single step that proves it free of links, appending, files without a
//! name, and when a folder was made.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub(crate) use linux::{LOOK, append, birth, open_strict, unnamed};

#[cfg(not(target_os = "linux"))]
mod portable;
#[cfg(not(target_os = "linux"))]
pub(crate) use portable::{LOOK, append, birth, open_strict, unnamed};
