//! What the modes make of questions.

use super::*;

fn in_mode(mode: Mode, effect: &Effect) -> Verdict {
    verdict(&Rulebook::defaults(mode).with_writable_folder(&path("/folders/out")), effect)
}

#[test]
fn accept_edits_lifts_file_writes_and_nothing_else() {
    for text in ["a", "/folders/out/a"] {
        assert_eq!(in_mode(Mode::AcceptEdits, &write(text)), Verdict::Allow, "{text}");
    }
    assert_eq!(in_mode(Mode::AcceptEdits, &write("/folders/docs/a")), Verdict::Deny);
    for effect in [Effect::Exec(vec!["ls".to_owned()]), Effect::MemoryWrite, Effect::ScheduleWrite] {
        assert_eq!(in_mode(Mode::AcceptEdits, &effect), Verdict::Ask, "{effect}");
    }
    let elsewhere = Rulebook::defaults(Mode::AcceptEdits).with(rule(Verdict::Ask, "fs.write:/results", Layer::Granted));
    assert_eq!(verdict(&elsewhere, &write("/results/a")), Verdict::Ask, "only the workspace and mapped folders");
}

#[test]
fn plan_mode_changes_nothing_outside_scratch_even_when_granted() {
    let granted = [allow("fs.write:/"), allow("exec:*"), allow("agent.spawn:*"), allow("memory.write")];
    let answered = rule(Verdict::Allow, "fs.write:/workspace/a", Layer::Answer);
    let book = granted.into_iter().fold(Rulebook::defaults(Mode::Plan), Rulebook::with).with(answered);
    let spawn = Effect::SpawnAgent(AgentName::main());
    for effect in [write("a"), write("/folders/out/a"), Effect::Exec(vec!["ls".to_owned()]), spawn, Effect::MemoryWrite]
    {
        assert_eq!(verdict(&book, &effect), Verdict::Deny, "{effect}");
        assert_ne!(
            verdict(&book.clone().with_mode(Mode::Ask), &effect),
            Verdict::Deny,
            "the mode alone denies {effect}"
        );
    }
    assert_eq!(verdict(&book, &write("/tmp/a")), Verdict::Allow);
    assert_eq!(verdict(&book, &write("/tmpx/a")), Verdict::Deny);
    assert_eq!(verdict(&book, &read("a")), Verdict::Allow);
}

#[test]
fn dont_ask_denies_questions_and_names_the_grant() {
    assert_eq!(in_mode(Mode::DontAsk, &read("a")), Verdict::Allow);
    let refusal = refusal(&Rulebook::defaults(Mode::DontAsk), &write("a"));
    assert_eq!(refusal.needs.as_deref(), Some("fs.write:/workspace/a"));
    let granted = Rulebook::defaults(Mode::DontAsk).with(allow(&refusal.needs.unwrap()));
    assert_eq!(verdict(&granted, &write("a")), Verdict::Allow, "the grant it names is the one that helps");
}

#[test]
fn bypass_lifts_questions_and_no_deny() {
    for effect in [write("a"), Effect::Exec(vec!["ls".to_owned()]), Effect::MemoryWrite] {
        assert_eq!(in_mode(Mode::Bypass, &effect), Verdict::Allow, "{effect}");
    }
    let denied = Rulebook::defaults(Mode::Bypass).with(deny("exec:rm **"));
    assert_eq!(verdict(&denied, &Effect::Exec(vec!["rm".to_owned(), "x".to_owned()])), Verdict::Deny);
    for effect in [write(".git/config"), write("/results/a"), read("/etc/passwd"), Effect::Env("HOME".to_owned())] {
        assert_eq!(in_mode(Mode::Bypass, &effect), Verdict::Deny, "{effect}");
    }
}

#[test]
fn a_mode_widens_for_built_in_tools_only() {
    let asked = Rule { subject: foreign("fetcher"), ..rule(Verdict::Ask, "fs.write:/workspace", Layer::Granted) };
    for (mode, expected) in [
        (Mode::Ask, Verdict::Ask),
        (Mode::AcceptEdits, Verdict::Ask),
        (Mode::Bypass, Verdict::Ask),
        (Mode::DontAsk, Verdict::Deny),
        (Mode::Plan, Verdict::Deny),
    ] {
        let book = Rulebook::defaults(mode).with(asked.clone());
        assert_eq!(verdict_for(&book, &foreign("fetcher"), &write("a")), expected, "{mode}");
    }
}
