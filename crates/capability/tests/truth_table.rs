//! The whole truth table of the law, effect by mode by layer, in one golden file: `truth_table.txt`.
//!
//! `UPDATE_EXPECT=1 cargo test -p boxagnts-capability` writes it anew; every changed cell is a changed promise.

#![allow(clippy::unwrap_used, reason = "a test ends where its own arrangement fails")]

use boxagnts_capability::{
    Authority, Capability, Ceiling, DecideRequest, Decision, Effect, Effects, Layer, Methods, Mode, Rule, Rulebook,
    Subject, Verdict, decide,
};
use boxagnts_types::{AgentName, GuestPath, Label, ToolName};
use std::fmt::Write as _;

fn effects() -> Vec<Effect> {
    let path = |text: &str| GuestPath::parse(text).unwrap();
    let request = |methods, url: &str| Effect::Network { methods, target: url.parse().unwrap() };
    vec![
        Effect::Read(path("/workspace/a.txt")),
        Effect::Read(path("/workspace/.git/config")),
        Effect::Read(path("/workspace/.boxagnts/config.toml")),
        Effect::Read(path("/folders/docs/a.txt")),
        Effect::Read(path("/results/01")),
        Effect::Read(path("/tmp/a.txt")),
        Effect::Read(path("/etc/passwd")),
        Effect::Write(path("/workspace/a.txt")),
        Effect::Write(path("/workspace/.git/hooks/x")),
        Effect::Write(path("/workspace/.boxagnts/config.toml")),
        Effect::Write(path("/workspace/con")),
        Effect::Write(path("/folders/docs/a.txt")),
        Effect::Write(path("/folders/out/a.txt")),
        Effect::Write(path("/results/01")),
        Effect::Write(path("/tmp/a.txt")),
        request(Methods::Get, "https://docs.example.com/a"),
        request(Methods::Any, "https://docs.example.com/a"),
        request(Methods::Get, "http://127.0.0.1:8080/"),
        Effect::Env("LANG".to_owned()),
        Effect::Secret { name: "TOKEN".to_owned(), host: "api.example.com".parse().unwrap() },
        Effect::SpawnAgent(AgentName::main()),
        Effect::MemoryRead,
        Effect::MemoryWrite,
        Effect::ScheduleWrite,
        Effect::Exec(vec!["cargo".to_owned(), "test".to_owned()]),
        Effect::Mcp { server: "github".to_owned(), tool: "create_issue".to_owned() },
    ]
}

fn verdict(book: &Rulebook, subject: &Subject, effect: &Effect) -> &'static str {
    let tool: ToolName = "tool".parse().unwrap();
    let call = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
    let chain = [AgentName::main()];
    let effects = Effects::Exact(vec![effect.clone()]);
    let request = DecideRequest { call, tool: &tool, subject, chain: &chain, effects, context: &Label::PUBLIC };
    match decide(&Authority::new(book.clone()), request) {
        Decision::Allow { .. } => "allow",
        Decision::Ask { .. } => "ask",
        Decision::Deny { .. } => "-",
    }
}

/// A row per effect, a column per mode.
fn rows(table: &mut String, label: &str, subject: &Subject, effect: &Effect, book: impl Fn(Rulebook) -> Rulebook) {
    write!(table, "{:<52}{label:<36}", effect.to_string()).unwrap();
    for mode in Mode::ALL {
        let folder = GuestPath::parse("/folders/out").unwrap();
        let book = book(Rulebook::defaults(mode).with_writable_folder(&folder));
        write!(table, "{:<14}", verdict(&book, subject, effect)).unwrap();
    }
    table.truncate(table.trim_end().len());
    table.push('\n');
}

fn heading(table: &mut String, text: &str) {
    write!(table, "\n{text}\n\n{:<88}", "").unwrap();
    for mode in Mode::ALL {
        write!(table, "{mode:<14}").unwrap();
    }
    table.truncate(table.trim_end().len());
    table.push('\n');
}

fn rule(verdict: Verdict, effect: &Effect, layer: Layer, subject: &Subject) -> Rule {
    Rule { verdict, capability: Capability::exactly(effect), layer, subject: subject.clone() }
}

fn ceiling(change: impl FnOnce(&mut Ceiling)) -> Ceiling {
    let mut ceiling = Ceiling::new("a policy");
    change(&mut ceiling);
    ceiling
}

/// Each kind of ceiling over the defaults alone, and over an allow of each layer.
fn under_ceilings(table: &mut String) {
    heading(table, "One ceiling about exactly this effect over the defaults, for a built-in tool");
    for effect in effects() {
        for (what, ceiling) in ceilings_about(&effect) {
            rows(table, what, &Subject::BuiltIn, &effect, |book| book.with_ceiling(ceiling.clone()));
        }
    }
    heading(table, "One ceiling about exactly this effect over an allow of it, for a built-in tool");
    for effect in effects() {
        for layer in Layer::ALL {
            let granted = rule(Verdict::Allow, &effect, layer, &Subject::BuiltIn);
            for (what, ceiling) in ceilings_about(&effect) {
                rows(table, &format!("{what}, {layer}"), &Subject::BuiltIn, &effect, |book| {
                    book.with(granted.clone()).with_ceiling(ceiling.clone())
                });
            }
        }
    }
}

fn ceilings_about(effect: &Effect) -> [(&'static str, Ceiling); 4] {
    let own = vec![Capability::exactly(effect)];
    [
        ("leaves it", ceiling(|ceiling| ceiling.allow = Some(own.clone()))),
        ("leaves nothing", ceiling(|ceiling| ceiling.allow = Some(Vec::new()))),
        ("asks", ceiling(|ceiling| ceiling.ask = own.clone())),
        ("denies", ceiling(|ceiling| ceiling.deny = own.clone())),
    ]
}

#[test]
fn the_truth_table_is_what_is_promised() {
    let mut table = String::from("'-' is a deny. /folders/out is mapped for writing, /folders/docs is not.\n");
    let foreign = Subject::Tool("tool".parse().unwrap());

    heading(&mut table, "The built-in defaults, for a built-in tool");
    for effect in effects() {
        rows(&mut table, "", &Subject::BuiltIn, &effect, |book| book);
    }
    heading(&mut table, "The built-in defaults, for a tool that somebody added");
    for effect in effects() {
        rows(&mut table, "", &foreign, &effect, |book| book);
    }
    heading(&mut table, "One rule for exactly this effect over the defaults, for a built-in tool");
    for effect in effects() {
        for layer in Layer::ALL {
            for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny] {
                let label = format!("{verdict}, {layer}");
                let one = rule(verdict, &effect, layer, &Subject::BuiltIn);
                rows(&mut table, &label, &Subject::BuiltIn, &effect, |book| book.with(one.clone()));
            }
        }
    }
    heading(&mut table, "One rule for exactly this effect and this tool, for a tool that somebody added");
    for effect in effects() {
        for verdict in [Verdict::Allow, Verdict::Ask, Verdict::Deny] {
            let one = rule(verdict, &effect, Layer::Granted, &foreign);
            rows(&mut table, &format!("{verdict}, granted for it"), &foreign, &effect, |book| book.with(one.clone()));
        }
    }
    under_ceilings(&mut table);
    expect_test::expect_file!["./truth_table.txt"].assert_eq(&table);
}
