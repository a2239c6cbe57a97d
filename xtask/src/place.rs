//! Where things are in a checkout.

use std::path::{Path, PathBuf};

/// The top of the checkout.
///
/// Cargo says at the start where this package is. What it said when this was compiled may be another checkout, since two
/// that share a `CARGO_TARGET_DIR` share this program.
pub(crate) fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().unwrap_or(&xtask).to_owned()
}

/// What this program makes. Always in the checkout, also when `CARGO_TARGET_DIR` sends cargo elsewhere, because the build
/// script of `catalog` and the tests look here.
pub(crate) fn made() -> PathBuf {
    root().join("target")
}

/// The Cargo workspace of the guests.
pub(crate) fn guests() -> PathBuf {
    root().join("guests")
}

/// Where cargo builds the guests: beside their sources, or below the folder that the caller named.
pub(crate) fn guests_target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(named) => root().join(named).join("guests"),
        None => guests().join("target"),
    }
}

/// The built-in guests, compiled ahead of time, as `catalog` embeds them.
pub(crate) fn pack() -> PathBuf {
    made().join("guests.pack")
}

/// The components that attack the host in tests, one `NAME.wasm` each.
pub(crate) fn hostile() -> PathBuf {
    made().join("hostile")
}

/// The sources of the dashboard.
pub(crate) fn dashboard_sources() -> PathBuf {
    root().join("dashboard")
}

/// The built dashboard, as `gateway` embeds it.
pub(crate) fn dashboard() -> PathBuf {
    made().join("dashboard")
}

/// A path as a person in this folder would type it.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
