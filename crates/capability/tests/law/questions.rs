//! Questions, and what an answer is worth.

use super::*;
use boxagnts_capability::{Ceiling, Pending, Unanswered};
use expect_test::expect;

fn asked(authority: &Authority, effects: Vec<Effect>) -> Pending {
    match decided(authority, &Subject::BuiltIn, Effects::Exact(effects)) {
        Decision::Ask { pending, .. } => pending,
        other => panic!("no question: {other:?}"),
    }
}

fn lines(decision: &Decision) -> String {
    let (Decision::Allow { lines, .. } | Decision::Ask { lines, .. } | Decision::Deny { lines, .. }) = decision;
    let lines: Vec<_> =
        lines.iter().map(|line| format!("{}: {} by {}\n", line.effect, line.verdict, line.rule)).collect();
    lines.concat()
}

#[test]
fn only_the_effects_that_need_a_yes_are_asked() {
    let authority = Authority::new(defaults());
    let effects = vec![read("a"), write("a"), write("/tmp/a"), write("b")];
    let decision = decided(&authority, &Subject::BuiltIn, Effects::Exact(effects));
    expect![[r#"
        fs.read:/workspace/a: allow by allow fs.read:/workspace (built-in defaults)
        fs.write:/workspace/a: ask by ask fs.write:/workspace (built-in defaults)
        fs.write:/tmp/a: allow by allow fs.write:/tmp (built-in defaults)
        fs.write:/workspace/b: ask by ask fs.write:/workspace (built-in defaults)
    "#]]
    .assert_eq(&lines(&decision));
    let Decision::Ask { pending, .. } = decision else { panic!("no question") };
    assert_eq!(pending.asks(), [write("a"), write("b")]);
}

#[test]
fn one_deny_denies_the_call() {
    let authority = Authority::new(defaults());
    let decision = decided(&authority, &Subject::BuiltIn, Effects::Exact(vec![write("a"), write(".git/x"), read("a")]));
    assert!(matches!(decision, Decision::Deny { .. }));
    assert_eq!(lines(&decision).lines().count(), 3, "each effect has its line");
}

#[test]
fn a_call_without_effects_may_start() {
    let authority = Authority::new(Rulebook::empty());
    for effects in [Effects::Exact(Vec::new()), Effects::Envelope(Vec::new())] {
        let permit = permit(&authority, effects);
        assert!(permit.check(&read("a")).is_err() && !permit.may_see(&path("a")));
    }
}

/// For this call and no other.
#[test]
fn a_yes_permits_exactly_what_was_asked() {
    let authority = Authority::new(defaults());
    let permit = asked(&authority, vec![write("a/b.txt")]).allow().unwrap();
    assert_eq!(permit.call(), call());
    assert_eq!(permit.check(&write("a/b.txt")).unwrap().as_str(), "the person's answer");
    for other in [write("a/c.txt"), write("a/b.txt/c"), write("a"), read("a/b.txt"), write("/tmp/x")] {
        assert!(permit.check(&other).is_err(), "{other}");
    }
    assert_eq!(verdict(&authority.book(), &write("a/b.txt")), Verdict::Ask, "the next call is asked again");
}

#[test]
fn a_deny_that_came_meanwhile_wins_over_the_yes() {
    let authority = Authority::new(defaults());
    let pending = asked(&authority, vec![write("a")]);
    authority.add(deny("fs.write:/workspace/a"));
    assert_eq!(pending.allow().unwrap_err().rule, "deny fs.write:/workspace/a (command line)");
    let pending = asked(&authority, vec![write("b")]);
    authority.replace(Rulebook::defaults(Mode::Plan));
    assert_eq!(pending.allow().unwrap_err().rule, "plan mode");
}

#[test]
fn a_yes_is_no_answer_to_a_question_that_came_later() {
    let authority = Authority::new(defaults());
    let pending = asked(&authority, vec![read("a"), write("a")]);
    authority.add(rule(Verdict::Ask, "fs.read:/workspace/a", Layer::Granted));
    assert_eq!(pending.allow().unwrap_err().needs.as_deref(), Some("fs.read:/workspace/a"));
}

#[test]
fn a_yes_outlives_the_question_but_no_deny() {
    let authority = Authority::new(defaults());
    let permit = asked(&authority, vec![write("a")]).allow().unwrap();
    authority.replace(Rulebook::defaults(Mode::DontAsk));
    assert!(permit.check(&write("a")).is_ok(), "the question was answered, so nothing is asked");
    authority.replace(Rulebook::empty());
    assert!(permit.check(&write("a")).is_ok());
    authority.add(deny("fs.write:/workspace"));
    assert!(permit.check(&write("a")).is_err());
}

#[test]
fn a_no_teaches_according_to_its_reason() {
    let authority = Authority::new(defaults());
    let refused = |why| asked(&authority, vec![write("a"), write("b")]).refuse(why).to_string();
    expect!["fs.write:/workspace/a and fs.write:/workspace/b is refused by the person's answer; do not try it again another way"]
        .assert_eq(&refused(Unanswered::PersonSaidNo));
    expect!["fs.write:/workspace/a and fs.write:/workspace/b is refused by ask fs.write:/workspace (built-in defaults), since nobody is there to answer; needs fs.write:/workspace/a and fs.write:/workspace/b"]
        .assert_eq(&refused(Unanswered::NobodyThere));
    expect!["fs.write:/workspace/a and fs.write:/workspace/b is refused by ask fs.write:/workspace (built-in defaults), since the question was interrupted; needs fs.write:/workspace/a and fs.write:/workspace/b"]
        .assert_eq(&refused(Unanswered::Interrupted));
}

#[test]
fn a_question_of_a_ceiling_that_nobody_answers_names_no_grant() {
    let ceiling = Ceiling { ask: vec!["fs.write:/workspace/a".parse().unwrap()], ..Ceiling::new("the policy p") };
    let authority = Authority::new(defaults().with_ceiling(ceiling));
    let refused = asked(&authority, vec![write("a")]).refuse(Unanswered::NobodyThere);
    assert_eq!(refused.needs, None);
    assert!(refused.to_string().ends_with("no grant can lift this, only a person's answer"), "{refused}");
}
