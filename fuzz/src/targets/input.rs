//! The input of a call as a model writes it: the whole input is JSON, or should be.

use super::text;
use crate::{Broken, Target, holds};
use boxagnts_types::CallInput;
use serde_json::Value;

pub(super) const TARGET: Target = Target {
    name: "input",
    reads: "inputs of calls: JSON that law and tool must understand alike",
    check,
    words: &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"path\":",
        "\"a\":1",
        "\"\\u0061\":2",
        "\"__proto__\":{}",
        "\"a\\u0000\":",
        "null",
        "true",
        "1e400",
        "-0",
        "1e-7",
        "18446744073709551616",
        "0.1",
        "NaN",
        "\"\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\"",
        "\"x\"",
        " ",
        "\n",
        "\u{feff}",
        "\0",
        "//",
        "é",
        "\"$serde_json::private::RawValue\":",
        "\"$serde_json::private::Number\":",
        "\\",
        "\"",
        "[[[[[[[[",
        "{\"a\":{\"a\":{\"a\":",
    ],
    quick: 80_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let Ok(read) = CallInput::parse(&text) else { return Ok(false) };
    if text.trim().is_empty() {
        holds!(read.value() == &Value::Object(serde_json::Map::new()), "nothing is {read:?}");
        return Ok(true);
    }
    // A tool that reads the text with an ordinary parser finds what the law judged.
    let ordinary: Value =
        serde_json::from_str(&text).map_err(|error| format!("{text:?} is read as {read:?}: {error}"))?;
    holds!(&ordinary == read.value(), "{text:?} is {read:?} for the law and {ordinary} for a tool");
    let written = read.value().to_string();
    let again = CallInput::parse(&written);
    holds!(again.as_ref() == Ok(&read), "{written} reads back as {again:?}");
    let Value::Object(members) = read.value() else { return Err(format!("{text:?} is no object")) };
    for name in members.keys().take(2) {
        let name = Value::from(name.as_str());
        let twice = text.trim_end().strip_suffix('}').map(|open| format!("{open}, {name}: null}}"));
        let refused = twice.as_ref().is_some_and(|twice| CallInput::parse(twice).is_err());
        holds!(refused, "{twice:?} has the key {name} twice");
    }
    Ok(true)
}
