//! What holds for whatever rules and effects there are.

use super::*;
use boxagnts_capability::{Ceiling, EffectTemplate, Methods, Target};
use proptest::prelude::*;

/// Few names, so that rules and effects meet; among them what is protected, folded or deceives.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(vec!["a", "b", "src", "out", "x.rs", "y.key"]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![".git", ".GIT.", ".boxagnts", "con", "GIT~1", ".gitignore", "é", "a*[b]{c}", "a b"])
            .prop_map(str::to_owned),
        1 => "[^/\\\\\0]{1,6}".prop_filter("a way up is no name", |name| name != ".."),
    ]
}

fn guest_path() -> impl Strategy<Value = GuestPath> {
    let top = prop::sample::select(vec!["/workspace", "/workspace", "/workspace", "/folders/f", "/tmp", "/etc", ""]);
    (top, prop::collection::vec(name(), 0..4)).prop_map(|(top, names)| path(&format!("{top}/{}", names.join("/"))))
}

fn address() -> impl Strategy<Value = Target> {
    let host = prop::sample::select(vec!["a.com", "b.a.com", "127.0.0.1:8080", "localhost", "1.1.1.1", "[::1]"]);
    let rest = prop::sample::select(vec!["", "/", "/v1", "/v1/x", "/v1?q=1", "/é*"]);
    (prop::sample::select(vec!["http", "https"]), host, rest)
        .prop_map(|(scheme, host, rest)| format!("{scheme}://{host}{rest}").parse().unwrap())
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["cargo", "test", "a", "*", "a/b", "x=y", "\""]).prop_map(str::to_owned),
        ".{1,5}"
    ]
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        4 => guest_path().prop_map(Effect::Read),
        6 => guest_path().prop_map(Effect::Write),
        2 => (any::<bool>(), address()).prop_map(|(get, target)| {
            Effect::Network { methods: if get { Methods::Get } else { Methods::Any }, target }
        }),
        1 => word().prop_map(Effect::Env),
        1 => (word(), address())
            .prop_map(|(name, target)| Effect::Secret { name, host: target.host().clone() }),
        1 => Just(Effect::SpawnAgent(AgentName::main())),
        1 => prop::sample::select(vec![Effect::MemoryRead, Effect::MemoryWrite, Effect::ScheduleWrite]),
        1 => prop::collection::vec(prop_oneof![word(), Just(String::new())], 1..4).prop_map(Effect::Exec),
        1 => (word(), word()).prop_map(|(server, tool)| Effect::Mcp { server, tool }),
    ]
}

fn wide_text() -> impl Strategy<Value = Capability> {
    let texts = vec![
        "fs.read:/",
        "fs.write:/",
        "fs.read:/workspace",
        "fs.write:/workspace",
        "fs.write:/workspace/**",
        "fs.write:**/*.rs",
        "fs.read:/workspace/*/x.rs",
        "fs.write:/workspace/?/**",
        "fs.write:[!a]*",
        "fs.read:{a,src/*}",
        "fs.write:/tmp",
        "network:*",
        "network.get:https://*",
        "network:https://*.a.com",
        "network:http://127.0.0.1:8080/v1",
        "env:*",
        "secret:*@*",
        "agent.spawn:*",
        "memory.read",
        "memory.write",
        "schedule.write",
        "exec:*",
        "exec:cargo **",
        "exec:* test",
        "mcp:*",
        "mcp:a/*",
        "mcp:*/a",
    ];
    prop::sample::select(texts).prop_map(cap)
}

fn capability() -> impl Strategy<Value = Capability> {
    prop_oneof![3 => wide_text(), 2 => effect().prop_map(|effect| Capability::exactly(&effect))]
}

fn subject() -> impl Strategy<Value = Subject> {
    prop::sample::select(vec![Subject::BuiltIn, Subject::BuiltIn, foreign("fetcher"), foreign("bash")])
}

fn any_rule() -> impl Strategy<Value = Rule> {
    let verdict = prop::sample::select(vec![Verdict::Allow, Verdict::Allow, Verdict::Ask, Verdict::Deny]);
    (verdict, capability(), prop::sample::select(Layer::ALL.to_vec()), subject())
        .prop_map(|(verdict, capability, layer, subject)| Rule { verdict, capability, layer, subject })
}

fn ceiling() -> impl Strategy<Value = Ceiling> {
    let list = |most| prop::collection::vec(capability(), 0..most);
    let of = prop::option::of(prop::sample::select(vec![tool("fetcher"), tool("bash")]));
    (prop::option::of(list(6)), list(3), list(2), of).prop_map(|(allow, ask, deny, tool)| Ceiling {
        allow,
        ask,
        deny,
        tool,
        ..Ceiling::new("a ceiling")
    })
}

fn rulebook() -> impl Strategy<Value = Rulebook> {
    let mode = prop::sample::select(Mode::ALL.to_vec());
    let rules = prop::collection::vec(any_rule(), 0..6);
    (any::<bool>(), mode, rules, prop::collection::vec(ceiling(), 0..2)).prop_map(|(empty, mode, rules, ceilings)| {
        let book = if empty { Rulebook::empty().with_mode(mode) } else { Rulebook::defaults(mode) };
        let book = rules.into_iter().fold(book, Rulebook::with);
        ceilings.into_iter().fold(book, Rulebook::with_ceiling)
    })
}

/// How much a verdict lets through.
fn reach(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Deny => 0,
        Verdict::Ask => 1,
        Verdict::Allow => 2,
    }
}

/// What an envelope's permit lets through.
fn passes(book: &Rulebook, subject: &Subject, ranges: &[Capability], effect: &Effect) -> bool {
    match decided(&Authority::new(book.clone()), subject, Effects::Envelope(ranges.to_vec())) {
        Decision::Allow { permit, .. } => permit.check(effect).is_ok(),
        Decision::Ask { .. } => panic!("an envelope is never a question"),
        Decision::Deny { .. } => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ceiling_or_a_deny_never_allows_more(
        book in rulebook(), subject in subject(), effect in effect(), ceiling in ceiling(), denied in capability(),
        ranges in prop::collection::vec(capability(), 0..3),
    ) {
        let before = verdict_for(&book, &subject, &effect);
        let denying = Rule { verdict: Verdict::Deny, capability: denied, layer: Layer::BuiltIn, subject: Subject::BuiltIn };
        for narrower in [book.clone().with_ceiling(ceiling), book.clone().with(denying)] {
            prop_assert!(reach(verdict_for(&narrower, &subject, &effect)) <= reach(before));
            prop_assert!(!passes(&narrower, &subject, &ranges, &effect) || passes(&book, &subject, &ranges, &effect));
        }
    }

    #[test]
    fn with_fewer_grants_nothing_more_is_allowed(
        book in rulebook(), subject in subject(), effect in effect(), more in prop::collection::vec(any_rule(), 0..4),
        ranges in prop::collection::vec(capability(), 0..3),
    ) {
        let granted = more.into_iter().filter(|rule| rule.verdict == Verdict::Allow);
        let wider = granted.fold(book.clone(), Rulebook::with);
        prop_assert!(reach(verdict_for(&book, &subject, &effect)) <= reach(verdict_for(&wider, &subject, &effect)));
        let none = wider.rules().iter().filter(|rule| rule.verdict != Verdict::Allow).cloned();
        let none = wider.ceilings().iter().cloned().fold(
            none.fold(Rulebook::empty().with_mode(wider.mode()), Rulebook::with), Rulebook::with_ceiling);
        if wider.mode() != Mode::Bypass && wider.mode() != Mode::AcceptEdits {
            prop_assert_ne!(verdict_for(&none, &subject, &effect), Verdict::Allow, "nothing but a grant allows");
            prop_assert!(!passes(&none, &subject, &ranges, &effect));
        }
    }

    #[test]
    fn an_explanation_says_what_the_decision_says(book in rulebook(), subject in subject(), effect in effect()) {
        let name = match &subject {
            Subject::BuiltIn => tool("bash"),
            Subject::Tool(name) => name.clone(),
        };
        let explained = book.explain(&name, &subject, &effect);
        prop_assert_eq!(explained.verdict, verdict_for(&book, &subject, &effect));
        let decision = decided(&Authority::new(book.clone()), &subject, Effects::Exact(vec![effect.clone()]));
        let (Decision::Allow { lines, .. } | Decision::Ask { lines, .. } | Decision::Deny { lines, .. }) = decision;
        prop_assert_eq!(&explained.rule, &lines[0].rule);
        prop_assert!(!explained.steps.is_empty());
        prop_assert!(explained.verdict != Verdict::Allow || (explained.needs.is_none() && explained.instead.is_none()));
        prop_assert!(explained.verdict == Verdict::Allow || explained.needs.is_some() || explained.instead.is_some());
    }

    #[test]
    fn other_rules_of_one_layer_leave_the_rest_alone(
        rules in prop::collection::vec(any_rule(), 0..6), others in prop::collection::vec(any_rule(), 0..4),
        layer in prop::sample::select(Layer::ALL.to_vec()), ceiling in ceiling(), subject in subject(), effect in effect(),
    ) {
        let of_layer: Vec<(Rule, String)> =
            others.into_iter().map(|rule| (Rule { layer, ..rule }, "a file:1".to_owned())).collect();
        let authority = Authority::new(rules.iter().cloned().fold(Rulebook::empty(), Rulebook::with).with_ceiling(ceiling.clone()));
        authority.replace_layer(layer, &of_layer);
        let kept = rules.into_iter().filter(|rule| rule.layer != layer);
        let anew = kept.chain(of_layer.into_iter().map(|(rule, _)| rule)).fold(Rulebook::empty(), Rulebook::with);
        let anew = anew.with_ceiling(ceiling);
        prop_assert_eq!(verdict_for(&authority.book(), &subject, &effect), verdict_for(&anew, &subject, &effect));
        let book = authority.book();
        prop_assert_eq!(book.rules(), anew.rules());
    }

    #[test]
    fn a_rule_for_another_tool_changes_nothing_here(book in rulebook(), effect in effect(), other in any_rule()) {
        prop_assume!(other.verdict != Verdict::Deny);
        let other = Rule { subject: foreign("other"), ..other };
        for subject in [Subject::BuiltIn, foreign("fetcher")] {
            let after = verdict_for(&book.clone().with(other.clone()), &subject, &effect);
            prop_assert_eq!(after, verdict_for(&book, &subject, &effect));
        }
    }

    #[test]
    fn an_envelope_passes_what_lies_inside_it_and_is_allowed(
        book in rulebook(), subject in subject(), effect in effect(), ranges in prop::collection::vec(capability(), 0..4),
    ) {
        let inside = ranges.iter().any(|range| range.matches(&effect));
        let allowed = verdict_for(&book, &subject, &effect) == Verdict::Allow;
        prop_assert_eq!(passes(&book, &subject, &ranges, &effect), inside && allowed);
    }

    #[test]
    fn deciding_is_total(
        book in rulebook(), later in rulebook(), subject in subject(), effects in prop::collection::vec(effect(), 0..4),
        ranges in prop::collection::vec(capability(), 0..4), probe in effect(), place in guest_path(),
    ) {
        let authority = Authority::new(book);
        for effects in [Effects::Exact(effects), Effects::Envelope(ranges)] {
            let permit = match decided(&authority, &subject, effects) {
                Decision::Allow { permit, .. } => permit,
                Decision::Ask { pending, .. } => pending.allow().expect("the rules did not change"),
                Decision::Deny { refusal, .. } => {
                    prop_assert!(!refusal.to_string().is_empty());
                    continue;
                }
            };
            for book in [None, Some(later.clone())] {
                if let Some(book) = book {
                    authority.replace(book);
                }
                let direct = permit.check(&probe).is_ok();
                prop_assert!(!direct || permit.check_resolved(&probe).is_ok(), "a name leads at least to itself");
                let touches = [Effect::Read(place.clone()), Effect::Write(place.clone())];
                let touches = touches.iter().any(|effect| permit.check(effect).is_ok());
                prop_assert!(!touches || permit.may_see(&place), "what may be touched may be seen");
                let _ = permit.may_make_folder(&place);
            }
        }
    }

    #[test]
    fn nothing_opens_a_protected_path(
        rules in prop::collection::vec(any_rule(), 0..6), mode in prop::sample::select(Mode::ALL.to_vec()), place in guest_path(),
        disguise in prop::sample::select(vec![".git", ".GIT", ".g\u{200c}it", ".git. .", "．git", "git~1", ".vscode", ".MCP.json"]),
        rest in prop::collection::vec(name(), 0..2),
    ) {
        let book = rules.into_iter().fold(Rulebook::defaults(mode).with(allow("fs.write:/")), Rulebook::with);
        let inside = place.join(disguise).unwrap().join(&rest.join("/")).unwrap();
        prop_assert_eq!(verdict(&book, &Effect::Write(inside.clone())), Verdict::Deny);
        prop_assert!(!passes(&book, &Subject::BuiltIn, &[cap("fs.write:/")], &Effect::Write(inside)));
        let own = place.join(".BoxAgnts").unwrap().join(&rest.join("/")).unwrap();
        prop_assert_eq!(verdict(&book, &Effect::Read(own.clone())), Verdict::Deny);
        let whole = Effects::Envelope(vec![cap("fs.read:/"), cap("fs.write:/")]);
        if let Decision::Allow { permit, .. } = decided(&Authority::new(book), &Subject::BuiltIn, whole) {
            prop_assert!(!permit.may_see(&own));
        }
    }

    #[test]
    fn an_effects_text_reads_back_as_its_own_capability(effect in effect()) {
        let text = effect.to_string();
        let capability: Capability = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(&capability, &Capability::exactly(&effect));
        prop_assert!(capability.matches(&effect));
        if let Some(read) = capability.as_effect() {
            prop_assert_eq!(Capability::exactly(&read), capability);
        }
        prop_assert_eq!(boxagnts_types::show::visible_line(&text), text);
    }

    #[test]
    fn a_refusals_need_is_the_grant_that_helps(mode in prop::sample::select(Mode::ALL.to_vec()), effect in effect()) {
        let book = Rulebook::defaults(mode);
        if let Decision::Deny { refusal, .. } = decided(&Authority::new(book.clone()), &Subject::BuiltIn, Effects::Exact(vec![effect.clone()]))
            && let Some(needs) = refusal.needs
        {
            prop_assert_ne!(verdict(&book.with(allow(&needs)), &effect), Verdict::Deny, "{}", needs);
        }
    }

    #[test]
    fn running_beside_is_mutual_and_no_range_is_more_sociable_than_what_lies_in_it(
        ours in prop::collection::vec(effect(), 0..3), theirs in prop::collection::vec(effect(), 0..3),
        ranges in prop::collection::vec(capability(), 0..3),
    ) {
        let exact = |effects: &[Effect]| Effects::Exact(effects.to_vec());
        let beside = exact(&ours).may_run_beside(&exact(&theirs));
        prop_assert_eq!(beside, exact(&theirs).may_run_beside(&exact(&ours)));
        prop_assert!(exact(&ours).may_run_beside(&Effects::Exact(Vec::new())), "what has no effect disturbs nobody");
        if [&ours, &theirs].iter().all(|effects| effects.iter().all(Effect::only_reads)) {
            prop_assert!(beside, "looking disturbs nobody");
        }
        let envelope = Effects::Envelope(ranges.clone());
        if envelope.may_run_beside(&exact(&theirs)) {
            let inside: Vec<Effect> =
                ours.into_iter().filter(|effect| ranges.iter().any(|range| range.matches(effect))).collect();
            prop_assert!(exact(&inside).may_run_beside(&exact(&theirs)), "{:?} in {:?}", inside, ranges);
        }
    }

    #[test]
    fn a_write_runs_beside_nothing_that_touches_its_path(
        place in guest_path(), rest in prop::collection::vec(name(), 0..3), upwards in any::<bool>(), write in any::<bool>(),
    ) {
        let below = place.join(&rest.join("/")).unwrap();
        let (written, touched) = if upwards { (below, place) } else { (place, below) };
        let touch = if write { Effect::Write(touched) } else { Effect::Read(touched) };
        let write = Effects::Exact(vec![Effect::Write(written)]);
        prop_assert!(!write.may_run_beside(&Effects::Exact(vec![touch.clone()])));
        prop_assert!(!write.may_run_beside(&Effects::Envelope(vec![cap("fs.read:/")])));
        let writers = Effects::Envelope(vec![cap("fs.write:/")]);
        prop_assert!(!writers.may_run_beside(&Effects::Exact(vec![touch])));
    }

    #[test]
    fn reading_text_never_panics_and_what_it_accepts_prints_the_same(
        kind in prop::sample::select(vec!["", "fs.read:", "fs.write:", "network:", "network:https://", "env:", "exec:", "mcp:", "secret:"]),
        value in "[a-c*?\\[\\]{}\\\\/.,!^$~@:é \"u-]{0,12}|.{0,12}",
    ) {
        let text = format!("{kind}{value}");
        if let Ok(capability) = text.parse::<Capability>() {
            let printed = capability.to_string();
            let again: Capability = printed.parse().map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
            prop_assert_eq!(again.to_string(), printed);
            prop_assert_eq!(again, capability);
        }
        let _ = text.parse::<EffectTemplate>();
        if let Ok(target) = value.parse::<Target>() {
            prop_assert_eq!(target.to_string().parse::<Target>().unwrap(), target);
        }
    }
}
