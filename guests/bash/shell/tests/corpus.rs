//! The corpus against the shell: each script as GNU bash runs it, or a known difference.

#[path = "corpus/features.rs"]
mod corpus;

use std::collections::BTreeSet;
use std::fs;

use corpus::{features, format, ours, table};

#[test]
fn every_script_is_as_in_bash_or_a_known_difference() {
    let known = table::known();
    let (mut wrong, mut unknown) = (String::new(), known.keys().cloned().collect::<BTreeSet<_>>());
    for feature in features() {
        for case in &feature.cases {
            let id = table::id(&feature, &case.name);
            let same = ours::run(case) == case.expected;
            match (same, unknown.remove(&id)) {
                (true, false) | (false, true) => {}
                (true, true) => wrong.extend([&id, " is listed as different and is the same\n"]),
                (false, false) => wrong.extend([&id, " is different and not listed\n"]),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(unknown.is_empty(), "listed, but there is no such script: {unknown:?}");
}

#[test]
fn the_published_table_is_up_to_date() {
    let page = fs::read_to_string(table::page()).expect("the page is there");
    let updated = table::updated(&page, &features()).expect("the page has a place for the table");
    assert!(page == updated, "write it with: cargo run --example corpus -- docs");
}

#[test]
fn the_corpus_covers_each_feature_that_is_promised() {
    let features = features();
    let names: BTreeSet<&str> = features.iter().map(|feature| feature.name.as_str()).collect();
    for promised in [
        "pipes",
        "redirects",
        "heredocs",
        "globs",
        "arrays",
        "arithmetic",
        "functions",
        "loops",
        "traps",
        "errexit",
        "exitcodes",
        "awk",
        "sed",
        "jq",
        "find",
        "xargs",
        "sort",
        "diff",
        "tar",
        "gzip",
    ] {
        assert!(names.contains(promised), "{promised}");
    }
    assert!(300 <= features.iter().map(|feature| feature.cases.len()).sum::<usize>());
}

#[test]
fn a_file_of_the_corpus_is_read_as_it_was_written() {
    for feature in features() {
        let text = fs::read_to_string(&feature.file).expect("it was just read");
        assert!(format::render(&feature.cases) == text, "{}: not in the form of the recorder", feature.name);
        let names: BTreeSet<&str> = feature.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), feature.cases.len(), "{}: a name is there twice", feature.name);
    }
}
