//! The law of the seal: a permit is made in one place, and one door asks for it.
//!
//! The compiler guards the private fields; this guards what it cannot see: a second mint inside the room of the law, a
//! derive that copies a permit, and a second door.

use crate::tree::{self, Source};

/// The room that mints.
const MINT: &str = "crates/capability/";

/// The room that spends, the tests of either, and what measures the door.
const DOOR: [&str; 3] = ["crates/tools/", "crates/testkit/", "tests/"];

#[test]
fn a_permit_is_made_in_one_place() {
    let mints: Vec<String> = tree::sources(&["rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/"))
        .flat_map(|source| {
            let made = code(source).filter(|(_, line)| makes_a_permit(line));
            made.map(|(number, _)| format!("{}:{number}", source.path)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(mints.len(), 1, "there is one mint, in {MINT}: {mints:?}");
    assert!(mints[0].starts_with(MINT), "only {MINT} mints: {mints:?}");
}

#[test]
fn a_permit_can_be_neither_copied_nor_written_down() {
    let rooms = tree::sources(&["rs"]);
    let (source, at) = rooms
        .iter()
        .filter(|source| source.path.starts_with(MINT))
        .find_map(|source| Some((source, source.text.find("pub struct Permit")?)))
        .expect("the permit is declared in its room");
    let attributes = source.text[..at].rsplit("\n\n").next().unwrap_or_default();
    for derive in ["Clone", "Copy", "Default", "Serialize", "Deserialize"] {
        assert!(!attributes.contains(derive), "{}: a permit must not be {derive}", source.path);
        let by_hand = format!("{derive} for Permit");
        assert!(
            !rooms.iter().any(|room| room.path.starts_with("crates/") && room.text.contains(&by_hand)),
            "{by_hand}"
        );
    }
}

#[test]
fn one_door_asks_for_permits() {
    let elsewhere: Vec<String> = tree::sources(&["rs"])
        .iter()
        .filter(|source| source.path.starts_with("crates/") && !source.path.starts_with(MINT))
        .filter(|source| !DOOR.iter().any(|door| source.path.starts_with(door)) && !source.path.contains("/tests/"))
        .filter(|source| code(source).any(|(_, line)| line.contains("DecideRequest")))
        .map(|source| source.path.clone())
        .collect();
    assert!(elsewhere.is_empty(), "calls pass the door of `tools`; nothing else decides:\n{}", elsewhere.join("\n"));
}

/// A literal of the struct: its name and a brace, in a line that neither declares it, nor implements on it, nor takes it.
fn makes_a_permit(line: &str) -> bool {
    let declares = ["struct ", "impl ", "impl<", " for ", "-> ", "enum "].iter().any(|word| line.contains(word));
    let literal = line.match_indices("Permit {").any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric()));
    literal && !declares
}

/// The lines that are not comments, with their numbers.
fn code(source: &Source) -> impl Iterator<Item = (usize, &str)> {
    let numbered = source.text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    numbered.filter(|(_, line)| !line.starts_with("//"))
}
