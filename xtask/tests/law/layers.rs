//! The dependency law: a room uses only lower floors, and heavy libraries have one owner each.
//!
//! Broken? Move the code to the room that may, or hand the thing in through a port of the lower room.

use crate::tree;
use serde_json::Value;
use std::collections::BTreeMap;

/// Libraries that only these rooms may use. A name stands for every crate that begins with it.
const OWNERS: [(&str, &[&str]); 17] = [
    ("wasmtime", &["sandbox"]),
    ("wasmparser", &["sandbox"]),
    ("rusqlite", &["store"]),
    ("ed25519-dalek", &["record"]),
    ("reqwest", &["egress"]),
    ("rustls", &["egress"]),
    ("tokio-rustls", &["egress"]),
    ("hyper", &["egress", "gateway", "testkit"]),
    ("axum", &["gateway", "toolserver", "testkit"]),
    ("clap", &["cli"]),
    ("anyhow", &["cli", "xtask", "tests"]),
    ("ratatui", &["terminal"]),
    ("rmcp", &["mcp", "toolserver"]),
    ("candle", &["inference"]),
    ("jsonschema", &["tools"]),
    // It reaches the disk and the process by itself, past the list of functions in `clippy.toml`.
    ("rustix", &["workspace", "confine", "sandbox", "store", "runtime", "cli", "testkit", "tests"]),
    ("tempfile", &["testkit", "tests"]),
];

/// `cli` speaks to the handle and the faces alone.
const ENTRANCE: [&str; 6] = ["runtime", "gateway", "toolserver", "editor", "terminal", "types"];

/// The floor of packages that only serve development.
const DEVELOPMENT: i64 = 9;

#[test]
fn every_dependency_points_to_a_lower_floor() {
    let packages = tree::packages(".");
    let ranks: BTreeMap<&str, i64> = packages.iter().map(|package| (name(package), rank(package))).collect();
    report(packages.iter().flat_map(|package| {
        let (user, floor) = (name(package), rank(package));
        let ranks = &ranks;
        used(package).filter_map(move |used| {
            let target = *ranks.get(used)?;
            (floor <= target).then(|| format!("{user} (floor {floor}) must not use {used} (floor {target})"))
        })
    }));
}

#[test]
fn no_room_uses_what_it_must_never_know() {
    let packages = tree::packages(".");
    report(packages.iter().flat_map(|package| {
        let never = package["metadata"]["layer"]["never"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let never: Vec<&str> = never.collect();
        used(package)
            .filter(move |used| never.contains(used))
            .map(|used| format!("{} must never know {used}", name(package)))
    }));
}

#[test]
fn a_heavy_library_has_one_owner() {
    let packages = tree::packages(".");
    report(packages.iter().flat_map(|package| {
        used(package).filter_map(|used| {
            let (library, owners) = OWNERS.iter().find(|(library, _)| used.starts_with(library))?;
            let stranger = !owners.contains(&room(name(package)));
            stranger.then(|| format!("{} must not use {used}: {library} belongs to {owners:?}", name(package)))
        })
    }));
}

#[test]
fn the_entrance_uses_the_handle_and_the_faces_alone() {
    let packages = tree::packages(".");
    let cli = packages.iter().find(|package| name(package) == "boxagnts-cli").expect("the entrance is there");
    let others = used(cli).filter(|used| used.starts_with("boxagnts-") && !ENTRANCE.contains(&room(used)));
    report(others.map(|used| format!("boxagnts-cli must not use {used}")));
}

#[test]
fn what_serves_development_is_nobodys_dependency() {
    let packages = tree::packages(".");
    let helpers: Vec<&str> = packages.iter().filter(|package| rank(package) == DEVELOPMENT).map(name).collect();
    assert!(helpers.contains(&"xtask"), "the law sees no development package: {helpers:?}");
    report(packages.iter().flat_map(|package| {
        used(package)
            .filter(|used| helpers.contains(used))
            .map(|used| format!("{} must not ship {used}; use it as a dev-dependency", name(package)))
    }));
}

#[test]
fn every_room_is_on_the_map() {
    let map = tree::read("ARCHITECTURE.md");
    let packages = tree::packages(".");
    let missing = packages.iter().map(|package| room(name(package))).filter(|room| !map.contains(&format!("`{room}`")));
    report(missing.map(|room| format!("ARCHITECTURE.md does not name `{room}`")));
}

fn name(package: &Value) -> &str {
    package["name"].as_str().expect("a package has a name")
}

fn room(package: &str) -> &str {
    package.strip_prefix("boxagnts-").unwrap_or(package)
}

fn rank(package: &Value) -> i64 {
    let rank = package["metadata"]["layer"]["rank"].as_i64();
    rank.unwrap_or_else(|| panic!("{}: declare [package.metadata.layer] rank", name(package)))
}

/// What ends up in the package or builds it; what only its tests use is free.
fn used(package: &Value) -> impl Iterator<Item = &str> {
    let dependencies = package["dependencies"].as_array().expect("dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().expect("a dependency has a name"))
}

fn report(violations: impl Iterator<Item = String>) {
    let violations: Vec<String> = violations.collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}
