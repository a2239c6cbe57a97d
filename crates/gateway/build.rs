//! Puts the built dashboard into the program. `cargo xtask build` lays it out in `target/dashboard`, each file with its
//! smaller form beside it; without it the program says how to build it.

#![expect(clippy::disallowed_methods, reason = "a build script reads and writes files of the build")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Changes whenever a file does.
const STAMP: &str = "stamp";

fn main() {
    let variable = |name| PathBuf::from(env::var_os(name).expect("cargo sets it"));
    let root = variable("CARGO_MANIFEST_DIR").join("../..");
    let built = env::var_os("BOXAGNTS_DASHBOARD").map_or_else(|| root.join("target/dashboard"), PathBuf::from);
    println!("cargo::rerun-if-changed={}", built.join(STAMP).display());
    println!("cargo::rerun-if-env-changed=BOXAGNTS_DASHBOARD");
    let mut files = Vec::new();
    collect(&built, &built, &mut files);
    files.sort();
    let mut code = String::from("/// The files of the dashboard.\nconst ASSETS: &[Asset] = &[\n");
    for (name, path) in &files {
        let small = small_of(path);
        let (plain, gzip) = (path.display().to_string(), small.display().to_string());
        let bytes = fs::read(path).expect("a file that was just listed can be read");
        let _ = writeln!(
            code,
            "    Asset {{ path: {name:?}, media_type: {:?}, plain: include_bytes!({plain:?}), gzip: include_bytes!({gzip:?}), \
             tag: \"\\\"{:016x}\\\"\", is_immutable: {} }},",
            media_type(name),
            digest(&bytes),
            name.starts_with("assets/"),
        );
    }
    code.push_str("];\n");
    fs::write(variable("OUT_DIR").join("assets.rs"), code).expect("cargo's own folder can be written");
}

/// Each file that has a smaller form beside it.
fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else if small_of(&path).is_file() {
            let name = path.strip_prefix(root).expect("it lies below").to_string_lossy().into_owned();
            files.push((name, path));
        }
    }
}

fn small_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".gz");
    name.into()
}

/// FNV-1a: names a content for a browser that asks whether it has changed, no more.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
