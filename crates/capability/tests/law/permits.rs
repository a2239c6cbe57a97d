//! What a permit lets through, and when it stops.

use super::*;
use expect_test::expect;

fn exact(authority: &Authority, effects: &[Effect]) -> Permit {
    permit(authority, Effects::Exact(effects.to_vec()))
}

#[test]
fn an_exact_permit_holds_its_own_effects_only() {
    let authority = Authority::new(defaults());
    let permit = exact(&authority, &[read("src/a.rs")]);
    assert_eq!(permit.check(&read("src/a.rs")).unwrap().as_str(), "allow fs.read:/workspace (built-in defaults)");
    let other = permit.check(&read("src/b.rs")).unwrap_err();
    expect!["fs.read:/workspace/src/b.rs is refused by the bounds of this call, which bash named before it started; no grant widens a call that has begun"]
        .assert_eq(&other.to_string());
    for effect in [write("src/a.rs"), read("src"), read("src/a.rs/x"), write("/tmp/a"), Effect::MemoryRead] {
        assert!(permit.check(&effect).is_err(), "{effect}");
    }
}

#[test]
fn an_exact_permit_sees_the_way_to_its_paths() {
    let authority = Authority::new(defaults());
    let permit = exact(&authority, &[read("src/deep/a.rs")]);
    for text in ["/", "/workspace", "src", "src/deep", "src/deep/a.rs"] {
        assert!(permit.may_see(&path(text)), "{text}");
    }
    for text in ["src/deep/b.rs", "srx", "src/deep/a.rs/x", "/tmp", ".git"] {
        assert!(!permit.may_see(&path(text)), "{text}");
    }
}

#[test]
fn folders_are_made_on_the_way_to_a_permitted_file() {
    let authority = Authority::new(defaults().with(allow("fs.write:/workspace/new/dir/a.txt")));
    let permit = exact(&authority, &[write("new/dir/a.txt")]);
    for text in ["new", "new/dir", "new/dir/a.txt"] {
        assert!(permit.may_make_folder(&path(text)).is_ok(), "{text}");
        assert_eq!(permit.check(&write(text)).is_ok(), text.ends_with("a.txt"), "making is no other write: {text}");
    }
    for text in ["new/other", "new/dir/b", "newer", "new/dir/.git"] {
        assert!(permit.may_make_folder(&path(text)).is_err(), "{text}");
    }
    authority.add(deny("fs.write:/workspace/n*"));
    assert!(permit.may_make_folder(&path("new")).is_err(), "a deny of the folder alone is enough");
    let reading = exact(&authority, &[read("new/dir/a.txt")]);
    assert!(reading.may_make_folder(&path("new")).is_err());
}

/// The law's part; who follows the link asks here.
#[test]
fn a_link_leads_only_to_what_the_rules_allow_outright() {
    let authority = Authority::new(defaults().with(deny("fs.read:/workspace/secret")));
    let permit = exact(&authority, &[read("link"), read("other")]);
    assert!(permit.check_resolved(&read("other")).is_ok(), "its own effect");
    assert!(permit.check_resolved(&read("third")).is_ok(), "allowed by the rules");
    assert!(permit.check(&read("third")).is_err(), "but not by its own name");
    for effect in [read("secret/a"), read("/etc/passwd"), read(".boxagnts/x"), write("/tmp/a")] {
        assert!(permit.check_resolved(&effect).is_err(), "{effect}");
    }
    let Decision::Ask { pending, .. } = decided(&authority, &Subject::BuiltIn, Effects::Exact(vec![write("link")]))
    else {
        panic!("no question");
    };
    let answered = pending.allow().unwrap();
    assert!(answered.check_resolved(&write("link")).is_ok());
    let elsewhere = answered.check_resolved(&write("target")).unwrap_err();
    assert_eq!(elsewhere.needs.as_deref(), Some("fs.write:/workspace/target"), "the yes was to another place");
    assert!(answered.check_resolved(&write(".git/hooks/x")).is_err());
}

#[test]
fn an_envelope_is_cut_down_to_what_the_rules_allow() {
    let book = defaults().with(deny("fs.read:/workspace/**/*.key")).with(allow("fs.write:/workspace/out"));
    let permit = envelope(&book, &["fs.read:/workspace", "fs.write:/workspace"]);
    for effect in [read("a"), read("/workspace"), write("out/a"), read("deep/er/a")] {
        assert!(permit.check(&effect).is_ok(), "{effect}");
    }
    for effect in [read("id.key"), read("x/id.key"), write(".git/x"), write("out/.git/x"), read(".boxagnts")] {
        let refusal = permit.check(&effect).unwrap_err();
        assert_eq!(refusal.needs, None, "{effect}");
    }
    assert!(!permit.may_see(&path("x/id.key")) && permit.may_see(&path("x/id.pub")));
}

#[test]
fn a_question_inside_an_envelope_is_a_refusal_that_names_what_to_ask_for() {
    let permit = envelope(&defaults(), &["fs.read:/workspace", "fs.write:/workspace"]);
    expect![
        "fs.write:/workspace/a is refused by ask fs.write:/workspace (built-in defaults); needs fs.write:/workspace/a"
    ]
    .assert_eq(&permit.check(&write("a")).unwrap_err().to_string());
    assert_eq!(permit.may_make_folder(&path("d")).unwrap_err().needs.as_deref(), Some("fs.write:/workspace/d"));
}

#[test]
fn an_envelope_ends_where_it_says_even_in_bypass() {
    let book = Rulebook::defaults(Mode::Bypass).with(allow("fs.read:/"));
    let permit = envelope(&book, &["fs.read:/workspace/src"]);
    assert!(permit.check(&read("src/a")).is_ok());
    for effect in [read("docs/a"), write("src/a"), read("/tmp/a")] {
        assert!(permit.check(&effect).is_err(), "{effect}");
        assert!(permit.check_resolved(&effect).is_err(), "{effect}");
    }
}

#[test]
fn an_envelope_starts_unless_nothing_of_it_could_ever_be_allowed() {
    let told = |book: Rulebook, capabilities: &[&str]| {
        let ranges = capabilities.iter().map(|text| cap(text)).collect();
        let decision = decided(&Authority::new(book), &Subject::BuiltIn, Effects::Envelope(ranges));
        let (word, lines) = match &decision {
            Decision::Allow { lines, .. } => ("starts", lines),
            Decision::Ask { lines, .. } => ("asks", lines),
            Decision::Deny { lines, .. } => ("denied", lines),
        };
        let lines: Vec<_> =
            lines.iter().map(|line| format!("{} {}: {}\n", line.verdict, line.effect, line.rule)).collect();
        format!("{word}\n{}", lines.concat())
    };
    expect![[r#"
        starts
        allow fs.read:/: allow fs.read:/workspace (built-in defaults)
        ask fs.write:/workspace: ask fs.write:/workspace (built-in defaults)
        deny env:HOME: the rules, none of which names it
    "#]]
    .assert_eq(&told(defaults(), &["fs.read:/", "fs.write:/workspace", "env:HOME"]));
    expect![[r#"
        denied
        deny fs.read:/workspace/x: deny fs.read:/workspace (command line)
        deny fs.write:/workspace: plan mode
        deny fs.write:/workspace/.git/hooks: the protected paths: .git is never written, here or below
        deny exec:cargo **: plan mode
    "#]]
    .assert_eq(&told(
        Rulebook::defaults(Mode::Plan).with(deny("fs.read:/workspace")),
        &["fs.read:/workspace/x", "fs.write:/workspace", "fs.write:/workspace/.git/hooks", "exec:cargo **"],
    ));
    expect![[r#"
        starts
        ask fs.write:/workspace: ask fs.write:/workspace (built-in defaults)
    "#]]
    .assert_eq(&told(defaults(), &["fs.write:/workspace"]));
    expect![[r#"
        starts
        allow fs.write:/: allow fs.write:/tmp (built-in defaults)
    "#]]
    .assert_eq(&told(Rulebook::defaults(Mode::Plan), &["fs.write:/"]));
    expect![[r#"
        starts
        allow fs.write:/workspace: ask fs.write:/workspace (built-in defaults), lifted by the mode accept-edits
    "#]]
    .assert_eq(&told(Rulebook::defaults(Mode::AcceptEdits), &["fs.write:/workspace"]));
}

#[test]
fn an_envelope_sees_the_way_to_what_it_may_touch() {
    let book = Rulebook::empty().with(allow("fs.read:/workspace/a/b")).with(allow("fs.read:/workspace/g/*.rs"));
    let permit = envelope(&book, &["fs.read:/workspace"]);
    for text in ["/", "/workspace", "a", "a/b", "a/b/c", "g", "g/x.rs"] {
        assert!(permit.may_see(&path(text)), "{text}");
    }
    for text in ["b", "a/c", "/tmp", "g/x.py", ".boxagnts"] {
        assert!(!permit.may_see(&path(text)), "{text}");
    }
    let narrow = envelope(&defaults(), &["fs.read:/workspace/a/b", "fs.read:/workspace/a/*.rs"]);
    for text in ["/workspace", "a", "a/b/c", "a/x.rs"] {
        assert!(narrow.may_see(&path(text)), "{text}");
    }
    for text in ["b", "a/c", "/tmp"] {
        assert!(!narrow.may_see(&path(text)), "{text}");
    }
}

#[test]
fn no_rule_shows_the_way_to_our_own_folder() {
    let book = defaults().with(allow("fs.read:/workspace/.boxagnts/*.toml"));
    let permit = envelope(&book, &["fs.read:/workspace", "fs.read:/workspace/.boxagnts/*.toml"]);
    for text in [".boxagnts", ".boxagnts/config.toml", ".BOXAGNTS"] {
        assert!(!permit.may_see(&path(text)), "{text}");
    }
    assert!(permit.may_see(&path("/workspace")));
}

/// While the call runs.
#[test]
fn a_revoked_grant_refuses_the_next_effect() {
    let with_grant = defaults().with(allow("fs.write:/workspace/out"));
    let authority = Authority::new(with_grant.clone());
    let named = exact(&authority, &[write("out/a")]);
    let inside = permit(&authority, Effects::Envelope(vec![cap("fs.write:/workspace")]));
    assert!(named.check(&write("out/a")).is_ok() && inside.check(&write("out/a")).is_ok());
    authority.replace(defaults());
    expect!["fs.write:/workspace/out/a is refused by ask fs.write:/workspace (built-in defaults); allow fs.write:/workspace/out (command line) no longer holds; needs fs.write:/workspace/out/a"]
        .assert_eq(&named.check(&write("out/a")).unwrap_err().to_string());
    assert!(inside.check(&write("out/a")).unwrap_err().rule.ends_with("no longer holds"));
    assert!(named.may_make_folder(&path("out")).is_err() && !named.may_see(&path("out")));
    authority.replace(with_grant);
    assert!(named.check(&write("out/a")).is_ok(), "and a grant given back counts again");
}

#[test]
fn a_grant_given_meanwhile_widens_an_envelope_and_no_exact_permit() {
    let authority = Authority::new(defaults());
    let named = exact(&authority, &[read("a")]);
    let inside = permit(&authority, Effects::Envelope(vec![cap("fs.read:/"), cap("fs.write:/workspace")]));
    assert!(inside.check(&write("out/a")).is_err());
    authority.add(allow("fs.write:/workspace/out"));
    assert!(inside.check(&write("out/a")).is_ok());
    assert!(named.check(&read("a")).is_ok() && named.check(&write("out/a")).is_err());
}

#[test]
fn a_clone_of_the_authority_is_the_same_authority() {
    let authority = Authority::new(defaults());
    let permit = exact(&authority, &[read("a")]);
    authority.clone().add(deny("fs.read:/workspace/a"));
    assert!(permit.check(&read("a")).is_err());
}

#[test]
fn permits_and_questions_may_cross_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<Permit>();
    crosses::<Authority>();
    crosses::<boxagnts_capability::Pending>();
}

#[test]
fn a_question_inside_an_envelope_is_told_apart_from_a_refusal() {
    let permit =
        envelope(&defaults().with(deny("fs.write:/workspace/no")), &["fs.read:/workspace", "fs.write:/workspace"]);
    assert!(matches!(permit.judge(&read("a")), Judgement::Allowed(_)));
    assert!(matches!(permit.judge(&write("a")), Judgement::Asked(_)));
    for effect in [write("no"), write(".git/config"), write("/tmp/a"), Effect::MemoryWrite] {
        assert!(matches!(permit.judge(&effect), Judgement::Refused(_)), "{effect}");
    }
    assert!(permit.check(&write("a")).is_err(), "whoever cannot ask is refused");
}

#[test]
fn a_yes_to_a_running_call_is_a_yes_to_exactly_these_effects() {
    let authority = Authority::new(defaults());
    let permit = super::permit(&authority, Effects::Envelope(vec!["fs.write:/workspace".parse().unwrap()]));
    permit.accept(&[write("a"), write(".git/config"), write("/tmp/a")]);
    assert_eq!(permit.check(&write("a")).unwrap().as_str(), "the person's answer");
    for effect in [write("a/b"), write("b"), write(".git/config"), write("/tmp/a")] {
        assert!(permit.check(&effect).is_err(), "{effect}");
    }
    authority.add(deny("fs.write:/workspace/a"));
    assert!(permit.check(&write("a")).is_err(), "a deny that comes later wins");
}

/// Two requests to one address need not say the same, while a file is written in pieces.
#[test]
fn a_yes_to_what_leaves_the_machine_is_used_up_and_one_to_a_file_is_not() {
    let permit = envelope(&defaults(), &["network:https://api.test", "fs.write:/workspace"]);
    let request: Effect = "network:https://api.test/x".parse().unwrap();
    for effect in [&request, &write("a")] {
        permit.accept(std::slice::from_ref(effect));
        assert!(permit.check(effect).is_ok(), "{effect}");
        permit.spend(effect);
    }
    assert!(permit.check(&request).is_err() && permit.check(&write("a")).is_ok());
    permit.accept(std::slice::from_ref(&request));
    assert!(permit.check(&request).is_ok(), "another yes is for another request");
}

#[test]
fn a_yes_does_not_widen_what_was_named_before_the_start() {
    let authority = Authority::new(defaults());
    let permit = exact(&authority, &[read("a")]);
    permit.accept(&[write("a"), read("b")]);
    assert!(permit.check(&write("a")).is_err() && permit.check(&read("b")).is_err());
}
