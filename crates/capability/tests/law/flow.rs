//! The Rule of Two: untrusted text, private data and an effect on the outside do not come together unseen.

use super::*;
use boxagnts_capability::{Methods, RuleOfTwo, Unanswered};

const DOCS: &str = "https://docs.test";

fn page() -> Label {
    Label::untrusted(DOCS)
}

fn secret_file() -> Label {
    Label::private("/workspace/.env")
}

fn both() -> Label {
    page().join(&secret_file())
}

/// The network is granted, so that nothing but the flow can be asked about.
fn open(rule: RuleOfTwo, mode: Mode) -> Rulebook {
    defaults()
        .with(allow("network:*"))
        .with(allow("exec:*"))
        .with(allow("mcp:*"))
        .with_rule_of_two(rule)
        .with_mode(mode)
}

fn get(url: &str) -> Effect {
    Effect::Network { methods: Methods::Get, target: url.parse().unwrap() }
}

fn post(url: &str) -> Effect {
    Effect::Network { methods: Methods::Any, target: url.parse().unwrap() }
}

fn after(context: &Label, book: &Rulebook, effect: &Effect) -> Decision {
    decided_after(context, &Authority::new(book.clone()), &Subject::BuiltIn, Effects::Exact(vec![effect.clone()]))
}

fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow { .. } => "allow",
        Decision::Ask { .. } => "ask",
        Decision::Deny { .. } => "deny",
    }
}

fn pending_after(context: &Label, authority: &Authority, effect: Effect) -> boxagnts_capability::Pending {
    match decided_after(context, authority, &Subject::BuiltIn, Effects::Exact(vec![effect])) {
        Decision::Ask { pending, .. } => pending,
        other => panic!("no question: {other:?}"),
    }
}

#[test]
fn b11_any_two_go_unasked_and_the_third_is_asked_about() {
    let book = open(RuleOfTwo::Ask, Mode::Ask);
    let outside = [
        get("https://evil.test/?q=1"),
        post("https://evil.test/"),
        Effect::Exec(vec!["git".to_owned(), "push".to_owned()]),
        Effect::Mcp { server: "mail".to_owned(), tool: "send".to_owned() },
    ];
    for effect in outside {
        for two in [Label::PUBLIC, Label::INTERNAL, page(), secret_file(), page().join(&Label::INTERNAL)] {
            assert_eq!(word(&after(&two, &book, &effect)), "allow", "{effect} after {two}");
        }
        assert_eq!(word(&after(&both(), &book, &effect)), "ask", "{effect}");
    }
    for inside in [read("a"), write("/tmp/a"), Effect::Read(path(".env"))] {
        assert_eq!(word(&after(&both(), &book, &inside)), "allow", "{inside} leaves nothing");
    }
}

#[test]
fn what_becomes_of_it_is_a_matter_of_the_setting_and_the_mode() {
    let verdict = |rule, mode| word(&after(&both(), &open(rule, mode), &get("https://evil.test/")));
    let row = |rule| Mode::ALL.map(|mode| verdict(rule, mode));
    // ask, accept-edits, plan, dont-ask, bypass
    assert_eq!(row(RuleOfTwo::Ask), ["ask", "ask", "deny", "deny", "allow"]);
    assert_eq!(row(RuleOfTwo::Deny), ["deny", "deny", "deny", "deny", "deny"]);
    assert_eq!(row(RuleOfTwo::Off), ["allow"; 5]);
    let foreign_tool = foreign("other");
    let granted = Rule { subject: foreign_tool.clone(), ..allow("network:*") };
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Bypass).with(granted));
    let effects = Effects::Exact(vec![get("https://evil.test/")]);
    assert_eq!(word(&decided_after(&both(), &authority, &foreign_tool, effects)), "ask", "a mode widens our own tools");
}

#[test]
fn the_question_shows_what_was_read_and_where_it_would_go() {
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Ask));
    let pending = pending_after(&both(), &authority, get("https://evil.test/?q=1"));
    let shown = pending.crossing().map(ToString::to_string).unwrap();
    expect_test::expect![[
        r"untrusted text was read: https://docs.test; private data was read: /workspace/.env; this would send a GET request to https://evil.test"
    ]]
    .assert_eq(&shown);
    assert!(pending.asked_by_rules().is_empty(), "a rule allows it, so no yes of this kind makes a rule");
    let refusal = pending.refuse(Unanswered::NobodyThere);
    assert_eq!(refusal.needs, None, "no grant helps");
    assert!(refusal.to_string().contains(&shown) && refusal.to_string().contains("a session that has not read both"));
}

#[test]
fn a_yes_for_once_covers_that_call_and_no_other() {
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Ask));
    let effect = get("https://good.test/a");
    let permit = pending_after(&both(), &authority, effect.clone()).allow().unwrap();
    assert!(permit.check(&effect).is_ok());
    assert_eq!(word(&after(&both(), &authority.book(), &effect)), "ask");
}

#[test]
fn a_yes_for_the_session_covers_these_labels_that_host_and_that_method() {
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Ask));
    let pending = pending_after(&both(), &authority, get("https://good.test/a"));
    authority.allow_flow(pending.crossing().unwrap());
    let now = |context: &Label, effect: &Effect| word(&after(context, &authority.book(), effect));
    assert_eq!(now(&both(), &get("https://good.test/b")), "allow");
    // What the host itself answered may go back to it.
    assert_eq!(now(&both().join(&Label::untrusted("https://good.test")), &get("https://good.test/c")), "allow");
    for (context, effect, what) in [
        (both(), get("https://other.test/a"), "another host"),
        (both(), get("http://good.test/a"), "in the clear"),
        (both(), get("https://good.test:8443/a"), "another port"),
        (both(), post("https://good.test/a"), "another method"),
        (both().join(&Label::private("/workspace/key")), get("https://good.test/a"), "more private data"),
        (both().join(&Label::untrusted("https://third.test")), get("https://good.test/a"), "more untrusted text"),
    ] {
        assert_eq!(now(&context, &effect), "ask", "{what}");
    }
}

#[test]
fn a_label_that_names_not_all_is_never_remembered() {
    let many = (0..100).map(|number| Label::private(&format!("/workspace/{number}")));
    let cut = many.fold(page(), |all, one| all.join(&one));
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Ask));
    let effect = get("https://good.test/a");
    let pending = pending_after(&cut, &authority, effect.clone());
    authority.allow_flow(pending.crossing().unwrap());
    assert_eq!(word(&after(&cut, &authority.book(), &effect)), "ask");
    assert!(pending.allow().unwrap().check(&effect).is_ok(), "the call that was shown goes on");
}

#[test]
fn b11_what_a_running_call_reads_counts_before_it_sends() {
    let authority = Authority::new(open(RuleOfTwo::Ask, Mode::Ask));
    let capabilities = ["fs.read:/workspace", "network:*"].map(cap).to_vec();
    let Decision::Allow { permit, .. } =
        decided_after(&page(), &authority, &Subject::BuiltIn, Effects::Envelope(capabilities))
    else {
        panic!("an envelope starts");
    };
    let effect = post("https://evil.test/");
    assert!(matches!(permit.judge(&effect), Judgement::Allowed(_)), "two of three");
    permit.seen().saw(&secret_file());
    assert!(matches!(permit.judge(&effect), Judgement::Asked(rule) if rule.as_str() == "the Rule of Two"));
    assert!(permit.check(&effect).is_err());
    let crossing = permit.crossing(std::slice::from_ref(&effect)).unwrap();
    permit.accept_flow(&crossing);
    assert!(permit.check(&effect).is_ok());
    permit.seen().saw(&Label::private("/workspace/key"));
    assert!(permit.check(&effect).is_err(), "what is read after the yes was not shown");
    assert!(permit.check_begun(&effect).is_ok(), "what was sent before it may still arrive");
}

#[test]
fn a_rule_that_denies_is_told_before_any_flow() {
    let book = open(RuleOfTwo::Ask, Mode::Ask).with(deny("network:https://evil.test"));
    let Decision::Deny { refusal, .. } = after(&both(), &book, &get("https://evil.test/")) else { panic!("denied") };
    assert!(refusal.rule.contains("deny network"), "{refusal}");
}

#[test]
fn the_label_of_a_result_is_what_the_call_itself_has_read() {
    let permit = permit(&Authority::new(defaults()), Effects::Exact(Vec::new()));
    assert_eq!(permit.seen().own(), Label::INTERNAL);
    permit.seen().saw(&page());
    assert_eq!(permit.seen().own(), page(), "a page is public");
    permit.seen().saw(&Label::INTERNAL);
    assert_eq!(permit.seen().own(), page().join(&Label::INTERNAL));
}
