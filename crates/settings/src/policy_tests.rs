use super::*;
use boxagnts_capability::Effect;

fn policy(text: &str) -> Result<Rules, SettingsError> {
    Rules::of_policy(text, Path::new("/etc/boxagnts/policy.toml"))
}

fn settings(text: &str) -> Result<Settings, SettingsError> {
    Settings::default().under(text, Path::new("c.toml"))
}

fn told<'r>(lines: impl Iterator<Item = (Verdict, &'r Line)>) -> Vec<String> {
    lines.map(|(verdict, line)| format!("{verdict} {} {}", line.capability, line.place.line)).collect()
}

#[test]
fn a_policy_is_three_lists_and_each_line_knows_where_it_stands() {
    let rules = policy("allow = [\n  \"fs.read:/workspace\",\n  { capability = \"fs.write:out\" },\n]\nask = [\"network:*\"]\ndeny=['exec:*']").unwrap();
    let wanted = ["allow fs.read:/workspace 2", "allow fs.write:/workspace/out 3", "ask network:* 5", "deny exec:* 6"];
    assert_eq!(told(rules.lines()), wanted);
    assert_eq!(rules.allow.unwrap().place.line, 1);
}

#[test]
fn an_empty_list_is_another_thing_than_none() {
    assert_eq!(policy("allow = []").unwrap().allow.map(|allow| allow.lines), Some(Vec::new()));
    assert_eq!(policy("deny = [\"memory.read\"]").unwrap().allow, None);
}

/// E11: whoever wrote a policy meant to bound something, and a slip must not turn that into nothing.
#[test]
fn e11_a_policy_that_cannot_be_meant_is_an_error_with_its_line() {
    for (text, said) in [
        ("", "policy.toml says nothing; write one of allow, ask, deny"),
        ("# deny = []", "says nothing"),
        ("deny = []", "says nothing"),
        ("\ndeyn = [\"exec:*\"]", "policy.toml:2: there is no setting \"deyn\"; did you mean \"deny\"?"),
        ("[policy]\ndeny = []", "there is no setting \"policy\""),
        ("deny = []\ndeny = []", "policy.toml:2: "),
        ("deny = [", "policy.toml:1: "),
        ("\u{feff}deny = []", "byte order mark"),
        ("deny = \"exec:*\"", "deny cannot be \"exec:*\"; it is a list of capabilities"),
        ("deny = [1]", "deny cannot be 1; it is a capability, or a table such as"),
        (
            "\ndeny = [\"fs.wirte:/a\"]",
            "policy.toml:2: deny: \"fs.wirte:/a\" is no capability; did you mean \"fs.write:/a\"?",
        ),
        ("deny = [{ match = [] }]", "it is a table that has \"capability\""),
        ("deny = [{ capability = \"exec:*\", matches = [] }]", "did you mean \"deny.match\"?"),
        ("deny = [{ capability = \"exec:*\", match = [\"exec:*\"] }]", "an effect names one thing"),
        ("deny = [{ capability = \"exec:*\", match = \"exec:ls\" }]", "deny.match cannot be"),
        ("deny = [{ capability = \"exec:*\", match = [7] }]", "deny.match cannot be 7"),
        ("deny = [{ capability = \"exec:*\", capability = \"exec:*\" }]", "policy.toml:1: "),
    ] {
        let error = policy(text).expect_err(text).to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
}

#[test]
fn a_line_must_mean_what_its_examples_say() {
    let right = "{ capability = \"fs.write:**/*.lock\", match = [\"fs.write:/workspace/a/x.lock\"], not_match = [\"fs.write:/workspace/x.rs\"] }";
    let wrong = "{ capability = \"fs.write:*.lock\",\n match = [\"fs.write:/workspace/a/x.lock\"] }";
    for list in ["allow", "ask", "deny"] {
        assert_eq!(policy(&format!("{list} = [{right}]")).unwrap().failures(RuleKind::Ceiling), []);
        let failures = policy(&format!("{list} = [{wrong}]")).unwrap().failures(RuleKind::Ceiling);
        let [failure] = failures.as_slice() else { panic!("{failures:?}") };
        assert_eq!((failure.place.line, failure.concerns), (2, true));
        let error = settings(&format!("[policy]\n{list} = [{wrong}]")).unwrap_err().to_string();
        let wanted = format!(
            "c.toml:3: {list} fs.write:/workspace/*.lock does not concern fs.write:/workspace/a/x.lock, unlike its example"
        );
        assert_eq!(error, wanted);
        assert!(settings(&format!("[grants]\n{list} = [{wrong}]")).is_err());
        assert!(settings(&format!("[grants]\n{list} = [{right}]")).is_ok());
    }
    let never = "[grants]\nallow = [{ capability = \"network:*\", not_match = [\"network:http://127.0.0.1\"] }]";
    assert!(settings(never).is_ok(), "a wildcard grants no address of this machine");
    assert!(
        policy(never.trim_start_matches("[grants]\n")).is_ok_and(|rules| !rules.failures(RuleKind::Ceiling).is_empty())
    );
}

#[test]
fn grants_are_for_our_tools_or_for_one_other() {
    let grants = settings("[grants]\nallow = [\"fs.write:out\"]\n[grants.for.weather]\nallow = ['network:https://a.com']\ndeny = ['memory.read']")
        .unwrap()
        .grants;
    assert_eq!(told(grants.built_in.lines()), ["allow fs.write:/workspace/out 2"]);
    let (tool, rules) = grants.tools.first_key_value().unwrap();
    assert_eq!(
        (tool.as_str(), told(rules.lines())),
        ("weather", vec!["allow network:https://a.com 4".into(), "deny memory.read 5".into()])
    );
    for (text, said) in [
        ("[grants]\nfor = 1", "grants.for cannot be 1; it is a table, [grants.for.TOOL]"),
        ("[grants.for]\nweather = []", "it is a table, [grants.for.TOOL]"),
        ("[grants.for.Weather]\nallow = []", "is no tool name"),
        ("[grants.for.weather]\nalow = []", "did you mean"),
    ] {
        let error = settings(text).expect_err(text).to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
}

#[test]
fn a_workspace_may_bring_a_policy_and_nothing_else() {
    let read = |text: &str| Rules::of_workspace(text, Path::new(".boxagnts/config.toml"));
    assert_eq!(told(read("[policy]\ndeny = ['exec:*']").unwrap().lines()), ["deny exec:* 2"]);
    assert!(read("").unwrap().is_silent());
    for text in
        ["[grants]\nallow = ['exec:*']", "[record]\nlocation = 'workspace'", "[agent]\naccess = 'full'", "deny = []"]
    {
        let error = read(text).expect_err(text).to_string();
        assert!(error.contains("there is no setting") && error.contains("policy"), "{error}");
    }
}

#[test]
fn the_examples_of_any_kind_of_file_are_tried() {
    let line = "{ capability = \"fs.write:out\", match = [\"fs.write:/workspace/out/a\", \"fs.write:/workspace/a\"], not_match = [\"memory.read\"] }";
    for text in [
        format!("deny = [{line}]"),
        format!("[policy]\ndeny = [{line}]"),
        format!("[grants]\nallow = [{line}]"),
        format!("[grants.for.x]\nask = [{line}]"),
    ] {
        let Examined { lines, examples, failures } = Examined::of(&text, Path::new("f.toml")).unwrap();
        let effects: Vec<Effect> = failures.into_iter().map(|failure| failure.effect).collect();
        assert_eq!((lines, examples, effects), (1, 3, vec!["fs.write:/workspace/a".parse().unwrap()]), "{text}");
    }
}
