//! The law of the seal: a permit is made in one place, and one door asks for it.
//!
//! The compiler guards the private fields; this guards what it cannot see: a second mint inside the room of the law, a
//! derive that copies a permit, and a second door.

use crate::tree::{self, Source};

/// The room that mints.
const MINT: &str = "crates/capability/";

/// The room that spends; its own tests and those of the law ask too.
const DOOR: &str = "crates/tools/src/";

#[test]
fn a_permit_is_made_by_one_function_of_the_law() {
    let rooms = product();
    let home = home(&rooms);
    let made: Vec<&str> = implementation(home).lines().filter(|line| makes(line, "Self {")).collect();
    assert_eq!(made.len(), 1, "{}: one function makes permits: {made:#?}", home.path);
    assert!(home.text.contains("\n    pub(crate) fn mint("), "{}: the mint is not for other rooms", home.path);
    let literals = rooms.iter().filter(|room| code(room).any(|line| makes(line, "Permit {")));
    report(literals.map(|room| format!("{}: makes a permit past the mint", room.path)));
}

#[test]
fn no_other_room_names_the_mint() {
    let rooms = product();
    let strangers = rooms.iter().filter(|room| !room.path.starts_with(MINT));
    report(
        strangers
            .filter(|room| code(room).any(|line| line.contains("Permit::mint")))
            .map(|room| format!("{}: only {MINT} mints", room.path)),
    );
}

#[test]
fn a_permit_can_be_neither_copied_nor_written_down() {
    let rooms = product();
    let home = home(&rooms);
    let before = home.text.split("pub struct Permit {").next().unwrap_or_default();
    let attributes: Vec<&str> = before.lines().rev().take_while(|line| !line.is_empty()).collect();
    for ability in ["Clone", "Copy", "Default", "Serialize", "Deserialize"] {
        let derived = attributes.iter().any(|line| line.starts_with("#[derive") && line.contains(ability));
        assert!(!derived, "{}: a permit must not be {ability}", home.path);
        let by_hand = format!("{ability} for Permit");
        let written = rooms.iter().filter(|room| code(room).any(|line| line.contains(&by_hand)));
        report(written.map(|room| format!("{}: {by_hand}", room.path)));
    }
}

#[test]
fn one_door_asks_for_permits() {
    let rooms = product();
    let strangers = rooms.iter().filter(|room| !room.path.starts_with(MINT) && !room.path.starts_with(DOOR));
    report(
        strangers
            .filter(|room| code(room).any(|line| line.contains("DecideRequest")))
            .map(|room| format!("{}: calls pass the door of `tools`; nothing else decides", room.path)),
    );
}

/// What makes a person's yes count.
const ANSWERS: [&str; 3] = ["permit.accept(", ".accept_flow(", ".allow_flow("];

/// A yes to a running call goes into its permit through the same door.
#[test]
fn only_the_door_hears_a_person() {
    let rooms = product();
    let strangers = rooms.iter().filter(|room| !room.path.starts_with(MINT) && !room.path.starts_with(DOOR));
    report(
        strangers
            .filter(|room| code(room).any(|line| ANSWERS.iter().any(|answer| line.contains(answer))))
            .map(|room| format!("{}: only {DOOR} says yes for a person", room.path)),
    );
}

#[test]
fn a_second_mint_would_be_seen() {
    assert!(makes("        Some(Self { call, holds })", "Self {"));
    assert!(makes("let forged = Permit { call, holds };", "Permit {"));
    for innocent in ["pub(crate) fn mint(call: CallId) -> Self {", "impl Permit {", "LongerPermit { call }"] {
        assert!(!makes(innocent, "Permit {") && !makes(innocent, "Self {"), "{innocent}");
    }
}

/// What is shipped: the sources of the rooms, without their tests.
fn product() -> Vec<Source> {
    let mut rooms = tree::sources(&["rs"]);
    rooms.retain(|source| source.path.starts_with("crates/") && source.path.contains("/src/"));
    rooms.retain(|source| !source.path.starts_with("crates/testkit/"));
    rooms
}

/// The file that declares the permit.
fn home(rooms: &[Source]) -> &Source {
    let declares = |room: &&Source| room.path.starts_with(MINT) && room.text.contains("\npub struct Permit {");
    rooms.iter().find(declares).expect("the law declares the permit")
}

fn implementation(home: &Source) -> &str {
    let (_, after) = home.text.split_once("\nimpl Permit {").expect("the permit has functions");
    after.split("\n}").next().unwrap_or(after)
}

/// Whether the line holds a value written out with this name and brace, and does not declare or return one.
fn makes(line: &str, literal: &str) -> bool {
    let declares = ["struct ", "enum ", "impl ", " for ", "-> "].iter().any(|word| line.contains(word));
    let mut found = line.match_indices(literal);
    !declares && found.any(|(at, _)| !line[..at].ends_with(|letter: char| letter.is_alphanumeric()))
}

/// The lines that are not comments.
fn code(source: &Source) -> impl Iterator<Item = &str> {
    source.text.lines().map(str::trim).filter(|line| !line.starts_with("//"))
}

fn report(violations: impl Iterator<Item = String>) {
    let violations: Vec<String> = violations.collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}
