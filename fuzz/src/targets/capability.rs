//! Capability text: a line with a capability, then lines with effects that it may name or not.

use super::{allows, decided, first_line, is_protection, judged, lies_in, literal_folder, rule, text};
use crate::{Broken, Target, holds};
use boxagnts_capability::{Capability, Effect, Mode, RuleKind, Rulebook, Verdict};
use boxagnts_types::GuestPath;
use boxagnts_types::show::visible_line;

pub(super) const TARGET: Target = Target {
    name: "capability",
    reads: "capability text, and which effects it names",
    check,
    words: &[
        "fs.read:",
        "fs.write:",
        "network:",
        "network.get:",
        "https://",
        "http://",
        "env:",
        "secret:",
        "agent.spawn:",
        "exec:",
        "mcp:",
        "memory.read",
        "memory.write",
        "schedule.write",
        "/workspace",
        "/",
        "a",
        "b.rs",
        "*",
        "**",
        "/**",
        "?",
        "[a-z]",
        "[!a]",
        "a[!x]b",
        "\nfs.read:/workspace/a/b",
        "{a,b}",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\\",
        "\\*",
        "\\u{202e}",
        "\u{202e}",
        "@",
        ".",
        "..",
        "example.com",
        "*.example.com",
        "127.0.0.1",
        "[::1]",
        ":8080",
        ":443",
        "?q=1",
        "%2F",
        "%2e",
        "#",
        " ",
        "\"",
        "=",
        "$",
        "${",
        "é",
        ".git",
        ".boxagnts",
        "\nfs.read:/workspace/a",
        "\nfs.write:/workspace/a/b.rs",
        "\nfs.read:/etc/passwd",
        "\nnetwork.get:https://a.example.com/x",
        "\nnetwork:http://127.0.0.1",
        "\nexec:a b",
        "\nenv:A",
        "\nmcp:a/b",
        "\nsecret:A@example.com",
        "\n",
        "\0",
    ],
    quick: 25_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let (written, probes) = first_line(&text);
    let Ok(capability) = written.parse::<Capability>() else { return Ok(false) };
    let printed = capability.to_string();
    let again: Result<Capability, _> = printed.parse();
    holds!(again.as_ref() == Ok(&capability), "{written:?} prints as {printed:?}, which is {again:?}");
    holds!(again.is_ok_and(|again| again.to_string() == printed), "{printed:?} prints in another way");
    holds!(visible_line(&printed) == printed, "{printed:?} deceives whoever reads it");
    if let Some(effect) = capability.as_effect() {
        holds!(effect.to_string() == printed, "{printed:?} is the effect {effect}");
        holds!(capability.matches(&effect), "{printed:?} does not name itself");
        holds!(Capability::exactly(&effect) == capability, "{effect} is not exactly {printed}");
        holds!(capability.only_reads() == effect.only_reads(), "{printed:?} and its effect differ in what they change");
    }
    for probe in probes.lines().take(4) {
        for effect in effects(probe) {
            names(&capability, &printed, &effect)?;
        }
    }
    Ok(true)
}

/// The effect that a line says, else reading and writing what it names.
fn effects(line: &str) -> Vec<Effect> {
    if let Ok(effect) = line.parse() {
        return vec![effect];
    }
    let path = GuestPath::parse(line).ok();
    path.into_iter().flat_map(|path| [Effect::Read(path.clone()), Effect::Write(path)]).collect()
}

fn names(capability: &Capability, printed: &str, effect: &Effect) -> Result<(), Broken> {
    let matches = capability.matches(effect);
    let kind = printed.split(':').next().unwrap_or_default();
    let same_kind = kind == effect.kind() || (kind, effect.kind()) == ("network", "network.get");
    holds!(!matches || same_kind, "{printed:?} names {effect}, which is of another kind");
    if let (true, Some(path)) = (matches, effect.path()) {
        let pattern = &printed[kind.len() + 1..];
        let (folder, is_glob) = literal_folder(pattern);
        holds!(lies_in(path.as_str(), &folder), "{printed:?} names {effect}, which lies outside of {folder:?}");
        // Only two stars, and alternatives, cross from one folder into the next.
        let crosses = !is_glob || pattern.contains("**") || pattern.contains('{');
        let depth = |path: &str| path.matches('/').count();
        holds!(crosses || depth(path.as_str()) == depth(pattern), "{printed:?} names {effect}, at another depth");
    }
    let alone = std::slice::from_ref(capability);
    for mode in [Mode::Ask, Mode::Bypass] {
        let (decision, by) = judged(alone, mode, effect);
        let grants = RuleKind::Grant.concerns(Verdict::Allow, capability, effect);
        holds!(allows(&decision) == (grants && !is_protection(&by)), "{printed:?} and {effect} in {mode}: {by}");
        holds!(!grants || matches, "{printed:?} grants {effect} and does not name it");
    }
    let exactly = rule(Verdict::Allow, Capability::exactly(effect));
    let book = Rulebook::empty().with_mode(Mode::Bypass).with(exactly).with(rule(Verdict::Deny, capability.clone()));
    holds!(!matches || !allows(&decided(book, effect).0), "deny {printed:?} does not take {effect} away");
    Ok(())
}
