//! The naming law: a room, a folder or a module is called after its duty.

use crate::tree;

/// Names that say nothing and therefore collect everything.
const EMPTY: [&str; 12] =
    ["core", "common", "util", "utils", "helper", "helpers", "manager", "managers", "misc", "data", "info", "mod"];

#[test]
fn no_module_has_an_empty_name() {
    let mut empty: Vec<String> = Vec::new();
    for source in tree::sources(&["rs"]) {
        let path = source.path.trim_end_matches(".rs");
        empty.extend(
            path.split('/').filter(|part| EMPTY.contains(part)).map(|part| format!("{}: `{part}`", source.path)),
        );
        let modules = source.text.lines().filter_map(|line| {
            let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            line.strip_prefix("mod ")?.split([' ', ';', '{']).next()
        });
        empty.extend(
            modules.filter(|module| EMPTY.contains(module)).map(|module| format!("{}: mod {module}", source.path)),
        );
    }
    assert!(
        empty.is_empty(),
        "name these after what they do (and `foo.rs` beside `foo/`, not `mod.rs`):\n{}",
        empty.join("\n")
    );
}
