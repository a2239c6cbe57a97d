//! Effects as a manifest writes them: a line with a template, then the value of its input.

use super::{first_line, text};
use crate::{Broken, Target, holds};
use boxagnts_capability::{Capability, Effect, EffectTemplate, Target as Address};
use boxagnts_types::GuestPath;

pub(super) const TARGET: Target = Target {
    name: "template",
    reads: "effects of a manifest, filled with values of a call",
    check,
    words: &[
        "fs.read:",
        "fs.write:",
        "network:",
        "network.get:",
        "env:",
        "agent.spawn:",
        "memory.read",
        "memory.write",
        "schedule.write",
        "secret:",
        "exec:",
        "mcp:",
        "${path}",
        "${",
        "}",
        "${url}",
        "$",
        "/workspace/a",
        "a/../b",
        "*",
        "**",
        "https://example.com/x",
        "http://127.0.0.1:1/",
        "\n",
        "\n/workspace/x",
        "\n../../etc",
        "\n*",
        "\n${path}",
        "\nhttps://example.com/?q=*",
        "\nresearcher",
        "\nLANG",
        "[a]",
        "{a,b}",
        "\\",
        "\\u{41}",
        "\0",
        "é",
        "\u{202e}",
        "=",
        " ",
    ],
    quick: 60_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let (written, value) = first_line(&text);
    let Ok(template) = written.parse::<EffectTemplate>() else { return Ok(false) };
    let printed = template.to_string();
    holds!(printed.parse::<EffectTemplate>().as_ref() == Ok(&template), "{written:?} prints as {printed:?}");
    let absent = template.fill(&|_| None);
    let filled = template.fill(&|_| Some(value.to_owned()));
    let has_input = printed.contains("${");
    if has_input {
        holds!(absent == Ok(None), "{printed:?} is {absent:?} without a value");
    } else {
        let is_written = matches!(absent, Ok(Some(_))) && absent == filled;
        holds!(is_written, "{printed:?} is {absent:?}, or with a value {filled:?}");
    }
    let Ok(Some(effect)) = filled else { return Ok(false) };
    let word = printed.split(':').next().unwrap_or_default();
    holds!(effect.kind() == word, "{printed:?} becomes {effect}");
    if has_input {
        is_the_value(&effect, value)?;
    } else {
        // What is written looks like a capability and means no more than it: no pattern that is taken for a name.
        let same = printed.parse::<Capability>().is_ok_and(|written| written == Capability::exactly(&effect));
        holds!(same, "{printed:?} looks like a pattern and is {effect}");
    }
    // The effect is one thing: its text is a capability that is no pattern.
    let shown = effect.to_string();
    let capability: Result<Capability, _> = shown.parse();
    holds!(capability.as_ref() == Ok(&Capability::exactly(&effect)), "{shown:?} is {capability:?}");
    holds!(
        shown.parse::<Effect>().is_ok_and(|again| again.to_string() == shown),
        "{shown:?} names more than one thing"
    );
    Ok(true)
}

/// A value is taken literally, whatever it would mean as a pattern.
fn is_the_value(effect: &Effect, value: &str) -> Result<(), Broken> {
    let is_it = match effect {
        Effect::Read(path) | Effect::Write(path) => GuestPath::parse(value).as_ref() == Ok(path),
        Effect::Network { target, .. } => value.parse::<Address>().as_ref() == Ok(target),
        Effect::Env(name) => name == value,
        Effect::SpawnAgent(name) => name.as_str() == value,
        _ => true,
    };
    holds!(is_it, "the value {value:?} becomes {effect}");
    Ok(())
}
