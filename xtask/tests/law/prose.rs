//! The law of prose: what is written here speaks of the product, and of no particular machine.

use crate::tree;

#[test]
fn no_path_of_one_machine_is_written_down() {
    let checkout = tree::root().display().to_string();
    let told: Vec<String> = tree::sources(&["rs", "toml", "md", "yaml", "yml", "wit", "sh", "json"])
        .iter()
        .flat_map(|source| source.text.lines().enumerate().map(move |(at, line)| (&source.path, at + 1, line)))
        .filter(|(_, _, line)| line.contains(&checkout))
        .map(|(path, number, _)| format!("{path}:{number}"))
        .collect();
    assert!(told.is_empty(), "these lines name the folder of this checkout:\n{}", told.join("\n"));
}
