//! The size law: no source file outgrows a reader.
//!
//! Broken? Split the file by duty, never into `part2.rs`.

use crate::tree;

/// Lines before the tests of a file; 80 to 300 are usual.
const LONGEST: usize = 800;

#[test]
fn no_file_outgrows_its_reader() {
    let too_long: Vec<String> = tree::sources(&["rs", "ts", "svelte"])
        .iter()
        .map(|source| {
            let code = source.text.split("\n#[cfg(test)]\nmod ").next().unwrap_or_default();
            (&source.path, code.lines().count())
        })
        .filter(|(_, lines)| LONGEST < *lines)
        .map(|(path, lines)| format!("{path}: {lines} lines before its tests"))
        .collect();
    assert!(too_long.is_empty(), "split these by duty:\n{}", too_long.join("\n"));
}
