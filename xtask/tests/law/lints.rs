//! The lint law: every crate, of the product and of the guests, is read by the lints of its Cargo workspace.

use crate::tree;

#[test]
fn every_crate_inherits_the_lints_of_its_workspace() {
    let manifests = tree::sources(&["toml"]).into_iter().filter(|source| source.path.ends_with("Cargo.toml"));
    let missing: Vec<String> = manifests
        .filter(|manifest| manifest.text.contains("[package]"))
        .filter(|manifest| !manifest.text.contains("\n[lints]\nworkspace = true\n"))
        .map(|manifest| manifest.path)
        .collect();
    assert!(missing.is_empty(), "add `[lints] workspace = true` to:\n{}", missing.join("\n"));
}

#[test]
fn no_file_waves_a_whole_group_of_lints_through() {
    let groups = ["warnings", "clippy::all", "clippy::pedantic", "clippy::correctness", "clippy::suspicious"];
    let waved: Vec<String> = tree::sources(&["rs"])
        .iter()
        .filter(|source| source.path != "xtask/tests/law/lints.rs")
        .flat_map(|source| {
            let allowed = move |group: &&&str| source.text.contains(&format!("allow({group}"));
            groups.iter().filter(allowed).map(|group| format!("{}: allow({group})", source.path))
        })
        .collect();
    assert!(waved.is_empty(), "name the lint and the reason:\n{}", waved.join("\n"));
}
