//! The law of reasons: a library is taken for a reason, and the reason is written down.

use crate::tree;
use std::collections::BTreeSet;

#[test]
fn every_library_has_its_line_of_reason() {
    let reasons = tree::read("docs/dependencies.md");
    let libraries = libraries();
    let missing: Vec<&String> =
        libraries.iter().filter(|library| !reasons.contains(&format!("| `{library}` |"))).collect();
    assert!(missing.is_empty(), "docs/dependencies.md has no line for {missing:?}");
}

#[test]
fn no_reason_is_left_of_a_library_that_is_gone() {
    let reasons = tree::read("docs/dependencies.md");
    let libraries = libraries();
    let named = reasons.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let gone: Vec<&str> = named.filter(|library| !libraries.contains(*library)).collect();
    assert!(gone.is_empty(), "docs/dependencies.md explains what nobody uses: {gone:?}");
}

/// What the packages of both Cargo workspaces take from a registry, for any purpose.
fn libraries() -> BTreeSet<String> {
    let packages = [tree::packages("."), tree::packages("guests")].concat();
    let dependencies = packages.iter().flat_map(|package| package["dependencies"].as_array().expect("dependencies"));
    let foreign = dependencies.filter(|dependency| !dependency["source"].is_null());
    foreign.map(|dependency| dependency["name"].as_str().expect("a dependency has a name").to_owned()).collect()
}
