//! The journal: the whole input is a line of it, an event or a receipt.

use super::text;
use crate::{Broken, Target, holds};
use boxagnts_record::{Draft, Event, Lease, ManualStamp, Receipt};

pub(super) const TARGET: Target = Target {
    name: "event",
    reads: "events and receipts of the journal",
    check,
    words: &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"v\":1",
        "\"v\":0",
        "\"v\":2",
        "\"seq\":1",
        "\"type\":\"message\"",
        "\"body\":{",
        "\"body\":null",
        "\"type\":\"call.finished\"",
        "\"type\":\"effect\"",
        "\"kind\":\"text\"",
        "\"kind\":\"json\"",
        "\"value\":",
        "\"label\":",
        "18446744073709551615",
        "9007199254740993",
        "-0",
        "1e400",
        "1e-400",
        "1.0",
        "0.1",
        "-1",
        "null",
        "true",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"\u{2028}\"",
        "[[[[[[[[",
        "]]]]]]]]",
        "{\"a\":",
        " ",
        "\n",
        "\\",
        "\"",
        "é",
        "\u{feff}",
        "\0",
    ],
    quick: 40_000,
};

/// The largest number that JSON readers agree about (RFC 8785 and ECMA-262: 2^53 - 1).
const LARGEST: u64 = (1 << 53) - 1;

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let event = Event::from_canonical(&text);
    let mut is_read = event.is_ok();
    if let Ok(event) = event {
        written_again(event)?;
    }
    if let Ok(receipt) = Receipt::from_canonical(&text) {
        is_read = true;
        let written = receipt.to_canonical().map_err(|error| format!("{receipt:?} cannot be written: {error}"))?;
        // A number that only some readers keep is held where a receipt is made, and this one was not made.
        match Receipt::from_canonical(&written) {
            Ok(again) => holds!(again == receipt || has_large_number(&text), "{receipt:?} reads back as {again:?}"),
            Err(error) => holds!(has_large_number(&text), "{written} cannot be read: {error}"),
        }
    }
    Ok(is_read)
}

/// Whatever an event holds, one that a store makes of it reads back as the same, and as nothing when it is cut.
fn written_again(event: Event) -> Result<(), Broken> {
    let lease = Lease { session: event.session, workspace: event.workspace, principal: event.principal, fence: 1 };
    let Event { run, parent_run, agent, turn, step, call, cause, body, seq, .. } = event;
    let draft = Draft { run, parent_run, agent, turn, step, call, cause, body };
    let made = Event::of(draft, &lease, seq.min(LARGEST), &ManualStamp::new());
    let written = made.to_canonical().map_err(|error| format!("{made:?} cannot be written: {error}"))?;
    let again = Event::from_canonical(&written).map_err(|error| format!("{written} cannot be read: {error}"))?;
    holds!(again == made, "{made:?} reads back as {again:?}");
    let twice = again.to_canonical().map_err(|error| format!("{again:?} cannot be written: {error}"))?;
    holds!(twice == written, "{written} is written as {twice} the second time");
    holds!(!written.contains('\n'), "{written:?} is more than a line");
    let half = written.floor_char_boundary(written.len() / 2);
    for cut in [half, written.len() - 1] {
        holds!(Event::from_canonical(&written[..cut]).is_err(), "{:?} is an event", &written[..cut]);
    }
    Ok(())
}

fn has_large_number(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| 16 <= digits.len())
}
