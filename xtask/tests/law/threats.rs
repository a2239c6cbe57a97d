//! The law of the ledger: `docs/threats.md` says of every known threat what holds it, and cannot drift from the tests.
//!
//! A row is `held`, `held in part, issue N owes the rest`, `owed by issue N`, or has `no subject` so far.
//! A held row names its tests, or the drills that hold it as `drill NAME`. A test that names a threat in its text, in the comment above it or at the beginning of its
//! own name (`a02_a_link_never_leads_out`) stands in that row.

use crate::tree;
use std::collections::{BTreeMap, BTreeSet};

/// The families of threats and how many each has, so that no row can be dropped in silence.
const FAMILIES: [(char, usize); 13] = [
    ('A', 13),
    ('B', 12),
    ('C', 10),
    ('D', 7),
    ('E', 11),
    ('F', 9),
    ('G', 11),
    ('H', 14),
    ('I', 8),
    ('X', 8),
    ('P', 5),
    ('T', 3),
    ('S', 4),
];

pub(crate) struct Row {
    state: String,
    tests: BTreeSet<String>,
}

impl Row {
    /// Whether it claims to be proven.
    pub(crate) fn is_held(&self) -> bool {
        self.state == "held" || self.state.starts_with("held in part, issue ")
    }
}

#[test]
fn every_threat_has_one_row_with_a_state() {
    let ledger = ledger();
    let listed: BTreeSet<&str> = ledger.keys().map(String::as_str).collect();
    let known = known();
    assert_eq!(listed, known.iter().map(String::as_str).collect::<BTreeSet<_>>(), "rows of docs/threats.md");
    for (id, row) in &ledger {
        let owed = ["owed by issue ", "no subject "].iter().any(|open| row.state.starts_with(open));
        assert!(row.is_held() || owed, "{id}: `{}` is no state", row.state);
        assert_eq!(row.is_held(), !row.tests.is_empty(), "{id}: a held row names its tests, an open one names none");
    }
}

#[test]
fn every_test_that_the_ledger_names_exists() {
    let tests: BTreeSet<String> = tests().into_iter().map(|test| test.name).collect();
    let missing: Vec<String> = ledger()
        .into_iter()
        .flat_map(|(id, row)| row.tests.into_iter().map(move |test| (id.clone(), test)))
        .filter(|(_, test)| !tests.contains(test) && !is_drill(test))
        .map(|(id, test)| format!("{id}: no test is called {test}"))
        .collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn every_threat_that_a_test_names_stands_in_the_ledger_with_it() {
    let ledger = ledger();
    let mut unknown = Vec::new();
    for test in tests() {
        for id in test.threats.iter().filter(|id| !ledger[*id].tests.contains(&test.name)) {
            unknown.push(format!("{id}: {} ({}) is not in its row", test.name, test.path));
        }
    }
    assert!(unknown.is_empty(), "\n{}", unknown.join("\n"));
}

/// A drill is no test: `cargo xtask drill NAME` runs it, and a file has its name.
fn is_drill(name: &str) -> bool {
    let drill =
        name.strip_prefix("drill ").filter(|drill| tree::read("xtask/src/drill.rs").contains(&format!("\"{drill}\"")));
    drill.is_some_and(|drill| tree::root().join(format!("xtask/src/drill/{drill}.rs")).is_file())
}

fn known() -> BTreeSet<String> {
    FAMILIES.iter().flat_map(|(family, count)| (1..=*count).map(move |number| format!("{family}{number:02}"))).collect()
}

/// The rows of the ledger: `| A01 | what | state | `test`, `test` |`.
pub(crate) fn ledger() -> BTreeMap<String, Row> {
    let known = known();
    let mut rows = BTreeMap::new();
    for line in tree::read("docs/threats.md").lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, id, _, state, tests, _] = cells[..] else { continue };
        if known.contains(id) {
            let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
            let before = rows.insert(id.to_owned(), Row { state: state.to_owned(), tests });
            assert!(before.is_none(), "{id} has two rows");
        }
    }
    rows
}

/// A test, by its name, with the threats that it names.
pub(crate) struct Test {
    pub(crate) name: String,
    path: String,
    threats: BTreeSet<String>,
}

/// Every test of the repository, with the threats that its comment or its body names.
pub(crate) fn tests() -> Vec<Test> {
    let known = known();
    let mut found = Vec::new();
    for source in tree::sources(&["rs"]) {
        let lines: Vec<&str> = source.text.lines().collect();
        for at in (0..lines.len()).filter(|at| is_test_attribute(lines[*at])) {
            let Some((name, body)) = function_after(&lines, at) else { continue };
            let comment = lines[..at].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
            let threats =
                comment.chain(&lines[at..body]).flat_map(|line| words(line)).filter(|word| known.contains(*word));
            let named_after = name.split('_').map(str::to_uppercase).take_while(|id| known.contains(id));
            let threats = threats.map(str::to_owned).chain(named_after).collect();
            found.push(Test { name, path: source.path.clone(), threats });
        }
    }
    found
}

fn is_test_attribute(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("#[test]") || line.starts_with("#[tokio::test")
}

/// The name of the function below an attribute and the line after its end, which stands as far in as its beginning.
fn function_after(lines: &[&str], attribute: usize) -> Option<(String, usize)> {
    let start = (attribute..lines.len().min(attribute + 8)).find(|at| lines[*at].contains("fn "))?;
    let name = lines[start].split("fn ").nth(1)?.split(['(', '<']).next()?.to_owned();
    let margin = &lines[start][..lines[start].len() - lines[start].trim_start().len()];
    let end = format!("{margin}}}");
    let length = lines[start..].iter().position(|line| **line == end)?;
    Some((name, start + length + 1))
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}
