//! Settings and policies: the whole input is a TOML file, read in each of the ways that files of ours are read.

use super::text;
use crate::{Broken, Target, holds};
use boxagnts_capability::RuleKind;
use boxagnts_settings::policy::Examined;
use boxagnts_settings::{Rules, Settings};
use std::fmt::Write as _;
use std::path::Path;

pub(super) const TARGET: Target = Target {
    name: "settings",
    reads: "settings and policy files",
    check,
    words: &[
        "[record]\n",
        "location = \"data\"\n",
        "[network]\n",
        "block = [\"10.0.0.0/8\"]\n",
        "[limits]\n",
        "timeout = \"20s\"\n",
        "memory = \"64MiB\"\n",
        "files-written = 1000\n",
        "[tools.bash.limits]\n",
        "[agents.main.limits]\n",
        "[prices]\n",
        "\"openai/x\" = { input = 1.25, output = 10 }\n",
        "[flow]\n",
        "rule-of-two = \"ask\"\n",
        "private = [\"/workspace/.env*\"]\n",
        "[models.openai]\n",
        "max-label = \"internal\"\n",
        "[policy]\n",
        "[grants]\n",
        "[grants.for.weather]\n",
        "[agent]\n",
        "access = \"full\"\n",
        "allow = [\"fs.read:/workspace\"]\n",
        "ask = [\"network:*\"]\n",
        "deny = [\"fs.write:**/*.lock\"]\n",
        "deny = [{ capability = \"fs.write:a\", match = [\"fs.write:/workspace/a\"], not_match = [] }]\n",
        "allow = []\n",
        "allow",
        "deny",
        "=",
        "\"",
        "'",
        "'''",
        "\"\"\"",
        "[",
        "]",
        "[[",
        "]]",
        "{",
        "}",
        ".",
        ",",
        "#",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "\u{feff}",
        "\\u0041",
        "-1",
        "1e400",
        "nan",
        "inf",
        "0x10",
        "1_000",
        "1979-05-27",
        "true",
        "é",
    ],
    quick: 40_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let file = Path::new("/config.toml");
    let mut is_read = settings(&text, file)?;
    is_read |= policy(&text, file, "a policy", &Rules::of_policy)?;
    is_read |= policy(&text, file, "what a workspace brings", &Rules::of_workspace)?;
    if let Ok(examined) = Examined::of(&text, file) {
        holds!(examined.failures.len() <= examined.examples, "{text:?} has {} examples", examined.examples);
        if examined.failures.is_empty() {
            let read = Settings::default().under(&text, file).is_ok() || Rules::of_policy(&text, file).is_ok();
            holds!(read, "{text:?} is examined and found good, and cannot be read");
        }
    }
    Ok(is_read)
}

fn settings(text: &str, file: &Path) -> Result<bool, Broken> {
    let Ok(settings) = Settings::default().under(text, file) else { return Ok(false) };
    let again = Settings::default().under(text, file);
    holds!(again.as_ref().is_ok_and(|again| *again == settings), "{text:?} means two things");
    // What stands there is all that stands there: one more key that nobody knows is not passed over.
    let more = Settings::default().under(&format!("{text}\n[telepathy]\nx = 1\n"), file);
    holds!(more.is_err(), "{text:?} hides a table behind it");
    let bare = Settings::default().under("", file).map_err(|error| error.to_string())?;
    let says_something = text.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
    holds!(says_something || settings == bare, "{text:?} says nothing and changes something");
    let rules = settings.policies.iter().map(|policy| (&policy.rules, RuleKind::Ceiling));
    for (rules, kind) in rules.chain(settings.grants.all().map(|(_, rules)| (rules, RuleKind::Grant))) {
        holds!(rules.failures(kind).is_empty(), "{text:?} has an example that fails");
        holds!(
            rules.lines().all(|(_, line)| line.place.line <= text.lines().count()),
            "{text:?} has a line beyond its end"
        );
    }
    Ok(true)
}

fn policy(
    text: &str,
    file: &Path,
    what: &str,
    read: &dyn Fn(&str, &Path) -> Result<Rules, boxagnts_settings::SettingsError>,
) -> Result<bool, Broken> {
    let Ok(rules) = read(text, file) else { return Ok(false) };
    holds!(read(&format!("{text}\n[telepathy]\nx = 1\n"), file).is_err(), "{text:?} as {what} hides a table behind it");
    // Once more, written in one plain way: the same lines.
    let plain = plain(&rules);
    let again = Rules::of_policy(&plain, file);
    if rules.is_silent() {
        holds!(again.is_err(), "{plain:?} is a policy that says nothing");
        return Ok(true);
    }
    let again = again.map_err(|error| format!("{plain:?} is no policy: {error}"))?;
    holds!(said(&again) == said(&rules), "{text:?} as {what} reads back as {plain:?}");
    holds!(
        again.allow.is_some() == rules.allow.is_some(),
        "{text:?} as {what} bounds something and {plain:?} does not"
    );
    Ok(true)
}

fn said(rules: &Rules) -> Vec<String> {
    let line = |(verdict, line): (_, &boxagnts_settings::policy::Line)| {
        let examples = line.examples.iter().map(|example| format!("{} {}", example.concerns, example.effect));
        format!("{verdict} {} {:?}", line.capability, examples.collect::<Vec<_>>())
    };
    rules.lines().map(line).collect()
}

fn plain(rules: &Rules) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f");
    let mut plain = String::new();
    let lists = [
        ("allow", rules.allow.as_ref().map(|allow| &allow.lines)),
        ("ask", Some(&rules.ask)),
        ("deny", Some(&rules.deny)),
    ];
    for (name, lines) in lists.into_iter().filter_map(|(name, lines)| Some((name, lines?))) {
        // Writing to a string cannot fail.
        let _ = writeln!(plain, "{name} = [");
        for line in lines {
            let examples = |concerns: bool| {
                let kept = line.examples.iter().filter(move |example| example.concerns == concerns);
                kept.map(|example| quoted(&example.effect.to_string())).collect::<Vec<_>>().join(", ")
            };
            let capability = quoted(&line.capability.to_string());
            let (right, wrong) = (examples(true), examples(false));
            let _ = writeln!(plain, "  {{ capability = {capability}, match = [{right}], not_match = [{wrong}] }},");
        }
        let _ = writeln!(plain, "]");
    }
    plain
}
