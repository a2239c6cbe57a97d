//! Grants, ceilings, layers and subjects.

use super::*;
use boxagnts_capability::Ceiling;
use expect_test::expect;

fn bounded(allow: &[&str]) -> Ceiling {
    Ceiling { allow: Some(allow.iter().map(|text| cap(text)).collect()), ..Ceiling::new("the profile reviewer") }
}

#[test]
fn an_empty_policy_grants_nothing() {
    for effect in [read("a"), write("/tmp/a"), Effect::MemoryRead, Effect::Exec(vec!["ls".to_owned()])] {
        assert_eq!(verdict(&Rulebook::empty(), &effect), Verdict::Deny, "{effect}");
        assert_eq!(verdict(&Rulebook::empty().with_mode(Mode::Bypass), &effect), Verdict::Deny, "{effect}");
    }
    assert!(Rulebook::empty().rules().is_empty());
}

#[test]
fn the_built_in_defaults_are_these() {
    let rules: Vec<String> = defaults().rules().iter().map(ToString::to_string).collect();
    expect![[r#"
        allow fs.read:/workspace (built-in defaults)
        allow fs.read:/folders (built-in defaults)
        allow fs.read:/skills (built-in defaults)
        allow fs.read:/results (built-in defaults)
        allow fs.read:/tmp (built-in defaults)
        allow fs.write:/tmp (built-in defaults)
        ask fs.write:/workspace (built-in defaults)
        ask network:* (built-in defaults)
        ask exec:* (built-in defaults)
        ask mcp:* (built-in defaults)
        ask agent.spawn:* (built-in defaults)
        ask memory.write (built-in defaults)
        ask schedule.write (built-in defaults)"#]]
    .assert_eq(&rules.join("\n"));
}

/// At every pair of layers, in either order.
#[test]
fn a_deny_wins_over_every_nearer_and_more_exact_allow() {
    let denied = [Layer::BuiltIn, Layer::UserConfig, Layer::Granted, Layer::CommandLine, Layer::Answer];
    for far in denied {
        for near in denied {
            for (first, second) in [(far, near), (near, far)] {
                let allowing = rule(Verdict::Allow, "fs.write:/workspace/out/a.txt", first);
                let denying = rule(Verdict::Deny, "fs.write:/workspace/**", second);
                let one = defaults().with(allowing.clone()).with(denying.clone());
                let other = defaults().with(denying).with(allowing);
                for book in [one, other] {
                    assert_eq!(verdict(&book, &write("out/a.txt")), Verdict::Deny);
                    assert_eq!(verdict(&book.with_mode(Mode::Bypass), &write("out/a.txt")), Verdict::Deny);
                }
            }
        }
    }
    let book = defaults().with(allow("fs.write:/")).with(deny("fs.write:/workspace/secret"));
    assert_eq!(verdict(&book, &write("secret/x")), Verdict::Deny);
    assert_eq!(verdict(&book, &write("secrets")), Verdict::Allow, "the twin beside it is granted");
}

#[test]
fn the_nearest_layer_that_names_an_effect_decides() {
    let layers = [Layer::Answer, Layer::CommandLine, Layer::Granted, Layer::UserConfig, Layer::BuiltIn];
    for (at, near) in layers.into_iter().enumerate() {
        for far in &layers[at + 1..] {
            let one = |nearer, farther| {
                let near = rule(nearer, "fs.read:/etc/hosts", near);
                Rulebook::empty().with(rule(farther, "fs.read:/etc/hosts", *far)).with(near)
            };
            assert_eq!(verdict(&one(Verdict::Allow, Verdict::Ask), &read("/etc/hosts")), Verdict::Allow);
            assert_eq!(verdict(&one(Verdict::Ask, Verdict::Allow), &read("/etc/hosts")), Verdict::Ask);
        }
        let both = |first, second| {
            Rulebook::empty().with(rule(first, "fs.read:/etc", near)).with(rule(second, "fs.read:/etc/hosts", near))
        };
        for book in [both(Verdict::Ask, Verdict::Allow), both(Verdict::Allow, Verdict::Ask)] {
            assert_eq!(verdict(&book, &read("/etc/hosts")), Verdict::Ask, "inside one layer ask before allow");
        }
    }
}

#[test]
fn what_is_effective_lies_inside_every_ceiling() {
    let book = defaults().with(allow("fs.write:/workspace"));
    let both =
        book.clone().with_ceiling(bounded(&["fs.write:src", "fs.read:/"])).with_ceiling(bounded(&["fs.write:*/a"]));
    assert_eq!(verdict(&book, &write("b")), Verdict::Allow);
    assert_eq!(verdict(&both, &write("src/a")), Verdict::Allow);
    for outside in ["b", "src/b", "docs/a"] {
        assert_eq!(verdict(&both, &write(outside)), Verdict::Deny, "{outside}");
    }
    assert_eq!(verdict(&both, &read("src/a")), Verdict::Deny, "the second ceiling leaves no reading at all");
}

#[test]
fn an_absent_bound_bounds_nothing_and_an_empty_one_leaves_nothing() {
    let open = defaults().with_ceiling(Ceiling::new("a policy"));
    let closed = defaults().with_ceiling(bounded(&[]));
    assert_eq!(verdict(&open, &read("a")), Verdict::Allow);
    assert_eq!(verdict(&closed, &read("a")), Verdict::Deny);
}

#[test]
fn a_ceiling_grants_nothing() {
    let ceiling = Ceiling { ask: vec![cap("fs.read:/etc")], ..bounded(&["fs.read:/etc", "memory.read"]) };
    let book = Rulebook::empty().with_ceiling(ceiling).with_mode(Mode::Bypass);
    assert_eq!(verdict(&book, &read("/etc/hosts")), Verdict::Deny);
    assert_eq!(verdict(&book, &Effect::MemoryRead), Verdict::Deny);
}

#[test]
fn only_an_answer_lifts_a_ceilings_question() {
    let asking = Ceiling { ask: vec![cap("fs.read:/workspace/private")], ..Ceiling::new("the policy") };
    let book = defaults().with_ceiling(asking);
    let target = read("private/a");
    assert_eq!(verdict(&book, &target), Verdict::Ask);
    assert_eq!(verdict(&book, &read("public/a")), Verdict::Allow);
    for layer in [Layer::CommandLine, Layer::Granted, Layer::UserConfig] {
        let granted = book.clone().with(rule(Verdict::Allow, "fs.read:/workspace/private", layer));
        assert_eq!(verdict(&granted, &target), Verdict::Ask, "{layer}");
        assert_eq!(verdict(&granted.with_mode(Mode::Bypass), &target), Verdict::Ask, "{layer}");
    }
    let answered = book.with(rule(Verdict::Allow, "fs.read:/workspace/private/a", Layer::Answer));
    assert_eq!(verdict(&answered, &target), Verdict::Allow);
    assert_eq!(verdict(&answered, &read("private/b")), Verdict::Ask, "the answer was about one file");
}

#[test]
fn a_manifest_is_a_ceiling_for_its_own_tool_only() {
    let manifest = Ceiling { tool: Some(tool("fetcher")), ..bounded(&["network.get:https://a.com"]) };
    let granted = Rule { subject: foreign("fetcher"), ..allow("fs.read:/workspace") };
    let book = defaults().with(granted).with_ceiling(manifest);
    assert_eq!(verdict_for(&book, &foreign("fetcher"), &read("a")), Verdict::Deny);
    assert_eq!(verdict_for(&book, &Subject::BuiltIn, &read("a")), Verdict::Allow);
}

#[test]
fn defaults_and_allow_hold_for_built_in_tools_only() {
    let book = defaults().with(allow("network:https://a.com")).with_mode(Mode::Bypass);
    for effect in [read("a"), write("/tmp/a"), write("a")] {
        assert_eq!(verdict(&book, &effect), Verdict::Allow, "{effect}");
        assert_eq!(verdict_for(&book, &foreign("fetcher"), &effect), Verdict::Deny, "{effect}");
    }
}

#[test]
fn a_grant_for_one_tool_holds_for_no_other() {
    let for_it = |name| Rule { subject: foreign(name), ..allow("fs.read:/workspace") };
    let book = Rulebook::empty().with(for_it("fetcher"));
    assert_eq!(verdict_for(&book, &foreign("fetcher"), &read("a")), Verdict::Allow);
    assert_eq!(verdict_for(&book, &foreign("fetcher2"), &read("a")), Verdict::Deny);
    assert_eq!(verdict(&book, &read("a")), Verdict::Deny);
    let for_bash = Rulebook::empty().with(for_it("bash"));
    assert_eq!(verdict(&for_bash, &read("a")), Verdict::Allow, "a built-in tool may be granted something by name");
    assert_eq!(verdict_for(&for_bash, &foreign("fetcher"), &read("a")), Verdict::Deny);
}

#[test]
fn a_deny_holds_for_everyone() {
    let denied = Rule { subject: foreign("other"), ..deny("fs.read:/workspace/x") };
    let granted = Rule { subject: foreign("fetcher"), ..allow("fs.read:/workspace") };
    let book = defaults().with(granted).with(denied);
    for subject in [Subject::BuiltIn, foreign("fetcher"), foreign("other")] {
        assert_eq!(verdict_for(&book, &subject, &read("x/y")), Verdict::Deny, "{subject:?}");
    }
    assert_eq!(verdict_for(&book, &foreign("fetcher"), &read("y")), Verdict::Allow);
}

/// Not even everything, granted at every layer, in bypass.
#[test]
fn nothing_grants_a_protected_path() {
    let everything = ["fs.write:/", "fs.read:/", "fs.write:.git", "fs.write:.git/**", "fs.write:**/.boxagnts/*"];
    let layers = [Layer::Answer, Layer::CommandLine, Layer::Granted];
    let rules = layers.into_iter().flat_map(|layer| everything.map(|text| rule(Verdict::Allow, text, layer)));
    let book = rules.fold(Rulebook::defaults(Mode::Bypass), Rulebook::with);
    for text in
        [".git", ".git/hooks/x", "a/.GIT/config", ".g\u{200c}it", ".git.", ".git::$INDEX_ALLOCATION", "GIT~1/x", "con"]
    {
        assert_eq!(verdict(&book, &write(text)), Verdict::Deny, "{text}");
        assert_eq!(verdict(&book, &read(text)), Verdict::Allow, "{text}");
    }
    for text in [".boxagnts", "a/.Boxagnts/config.toml", "/tmp/.boxagnts"] {
        assert_eq!(verdict(&book, &write(text)), Verdict::Deny, "{text}");
        assert_eq!(verdict(&book, &read(text)), Verdict::Deny, "{text}");
    }
    for text in [".gitignore", ".github/workflows/ci.yml", "git", "x.git", ".boxagnts2"] {
        assert_eq!(verdict(&book, &write(text)), Verdict::Allow, "{text}");
    }
}

/// The address of cloud metadata, as far as it stands in the text.
#[test]
fn a_wildcard_grant_leaves_local_addresses_closed() {
    let local = Effect::Network {
        methods: boxagnts_capability::Methods::Get,
        target: "http://169.254.169.254/latest/meta-data/".parse().unwrap(),
    };
    let book = defaults().with(allow("network:*")).with_mode(Mode::Bypass);
    assert_eq!(verdict(&book, &local), Verdict::Deny);
    let named = book.with(allow("network:http://169.254.169.254"));
    assert_eq!(verdict(&named, &local), Verdict::Allow);
}

#[test]
fn a_refusal_names_what_to_ask_for() {
    let line = |refusal: Refusal| refusal.to_string();
    let book = defaults().with(deny("fs.read:/workspace/x")).with_ceiling(bounded(&["fs.read:/", "fs.write:/"]));
    expect!["fs.write:/folders/a/b.md is refused by the rules, none of which names it; needs fs.write:/folders/a/b.md"]
        .assert_eq(&line(refusal(&book, &write("/folders/a/b.md"))));
    expect!["fs.read:/workspace/x/y is refused by deny fs.read:/workspace/x (command line); no grant can lift this, only the person can take that rule out"]
        .assert_eq(&line(refusal(&book, &read("x/y"))));
    expect!["memory.read is refused by the bounds of the profile reviewer; no grant can lift this, only a change of those bounds"]
        .assert_eq(&line(refusal(&book, &Effect::MemoryRead)));
    expect!["fs.write:/workspace/.git/hooks/x is refused by the protected paths: .git is never written, here or below; no grant can lift this"]
        .assert_eq(&line(refusal(&book, &write(".git/hooks/x"))));
    expect!["fs.read:/workspace/.boxagnts/a is refused by the protected paths: .boxagnts does not exist for tools; no grant can lift this"]
        .assert_eq(&line(refusal(&book, &read(".boxagnts/a"))));
    expect!["fs.write:/workspace/a is refused by plan mode; leave plan mode first"]
        .assert_eq(&line(refusal(&Rulebook::defaults(Mode::Plan), &write("a"))));
    expect![
        "fs.write:/workspace/a is refused by ask fs.write:/workspace (built-in defaults); needs fs.write:/workspace/a"
    ]
    .assert_eq(&line(refusal(&Rulebook::defaults(Mode::DontAsk), &write("a"))));
}

#[test]
fn a_refusal_cannot_deceive_its_reader() {
    let refusal = refusal(&Rulebook::empty(), &write("a\u{202e}txt.\u{1b}[2Jexe\nallow"));
    expect![[r"fs.write:/workspace/a\u{202e}txt.\u{1b}\[2Jexe\u{a}allow is refused by the rules, none of which names it; needs fs.write:/workspace/a\u{202e}txt.\u{1b}\[2Jexe\u{a}allow"]]
        .assert_eq(&refusal.to_string());
}
