//! The law of bounds: each field of each struct of limits and policies has a row in `docs/limits.md` with the tests that
//! set it and see its effect from outside.
//!
//! Broken? Give the field a row and a test that turns red without it. A limit that nothing applies is worse than none.

use crate::threats::tests;
use crate::tree;
use std::collections::{BTreeMap, BTreeSet};

/// The structs, under the name that they have in the page, and the files that they stand in.
const STRUCTS: [(&str, &str, &str); 11] = [
    ("sandbox", "Limits", "crates/sandbox/src/limits.rs"),
    ("web", "WebLimits", "crates/egress/src/web.rs"),
    ("endpoint", "Limits", "crates/egress/src/limits.rs"),
    ("agent", "Limits", "crates/agent/src/limits.rs"),
    ("session", "Limits", "crates/record/src/account.rs"),
    ("questions", "QuestionLimits", "crates/tools/src/patience.rs"),
    ("approvals", "Approvals", "crates/settings/src/approvals.rs"),
    ("network", "Network", "crates/settings/src/network.rs"),
    ("manifest", "RequestedLimits", "crates/catalog/src/manifest.rs"),
    ("rule", "Rule", "crates/capability/src/rules.rs"),
    ("ceiling", "Ceiling", "crates/capability/src/rules.rs"),
];

#[test]
fn every_field_of_limits_and_policies_has_its_row() {
    let rows: BTreeSet<String> = rows().into_keys().collect();
    let fields: BTreeSet<String> = STRUCTS.iter().flat_map(|(name, of, path)| fields(name, of, path)).collect();
    let missing: Vec<&String> = fields.difference(&rows).collect();
    assert!(missing.is_empty(), "docs/limits.md has no row for {missing:?}");
    let left: Vec<&String> = rows.difference(&fields).collect();
    assert!(left.is_empty(), "docs/limits.md has rows for fields that are gone: {left:?}");
}

#[test]
fn every_row_names_tests_that_exist() {
    let tests: BTreeSet<String> = tests().into_iter().map(|test| test.name).collect();
    for (field, named) in rows() {
        assert!(!named.is_empty(), "docs/limits.md: {field} names no test");
        let missing: Vec<&String> = named.iter().filter(|test| !tests.contains(*test)).collect();
        assert!(missing.is_empty(), "docs/limits.md: {field} names tests that do not exist: {missing:?}");
    }
}

/// The public fields of a struct, as `NAME.FIELD`.
fn fields(name: &str, of: &str, path: &str) -> Vec<String> {
    let text = tree::read(path);
    let begin = format!("pub struct {of} {{\n");
    let body = text.split(&begin).nth(1).unwrap_or_else(|| panic!("{path} has no struct {of}"));
    let body = body.split("\n}").next().unwrap_or_default();
    let field = |line: &str| Some(format!("{name}.{}", line.trim().strip_prefix("pub ")?.split(':').next()?));
    let found: Vec<String> = body.lines().filter_map(field).collect();
    assert!(!found.is_empty(), "{path}: the law sees no field of {of}");
    found
}

/// The rows of the page: `| `sandbox.memory` | what | value | `test`, `test` |`.
fn rows() -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in tree::read("docs/limits.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, field, .., tests, _] = cells[..] else { continue };
        let Some(field) = field.strip_prefix('`').and_then(|field| field.strip_suffix('`')) else { continue };
        if STRUCTS.iter().any(|(name, ..)| field.split('.').next() == Some(name)) {
            let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            assert!(rows.insert(field.to_owned(), tests).is_none(), "docs/limits.md: {field} has two rows");
        }
    }
    rows
}
