//! Puts the pack of built-in tools into the binary, or an empty one when the guests have not been built.

#![expect(clippy::disallowed_methods, reason = "a build script reads and writes files of the build")]

use std::path::{Path, PathBuf};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pack = std::env::var_os("BOXAGNTS_PACK").map_or_else(|| root.join("target/guests.pack"), PathBuf::from);
    let bytes = std::fs::read(&pack).unwrap_or_default();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("guests.pack"), bytes).expect("the build folder is writable");
    println!("cargo::rerun-if-changed={}", pack.display());
    println!("cargo::rerun-if-env-changed=BOXAGNTS_PACK");
}
