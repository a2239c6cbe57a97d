use super::*;
use std::fs;
use std::time::Duration;

fn under(text: &str) -> Result<Settings, SettingsError> {
    Settings::default().under(text, Path::new("/c/config.toml"))
}

fn refused(text: &str) -> String {
    under(text).expect_err(text).to_string()
}

#[test]
fn what_nobody_said_is_a_default() {
    let settings = under("").unwrap();
    assert_eq!(settings, Settings::default());
    assert_eq!(settings.record.location, Setting { value: Location::Data, origin: Origin::Default });
    assert_eq!(under("[record]\n").unwrap(), Settings::default());
}

#[test]
fn a_value_knows_where_it_stands() {
    let settings = under("# mine\n\n[record]\nlocation = \"workspace\"\n").unwrap();
    let origin = Origin::File { path: "/c/config.toml".into(), line: 4 };
    assert_eq!(settings.record.location, Setting { value: Location::Workspace, origin });
    assert_eq!(under("record.location = 'data'").unwrap().record.location.value, Location::Data);
}

#[test]
fn a_later_layer_wins_and_leaves_alone_what_it_does_not_say() {
    let first = under("[record]\nlocation = \"workspace\"").unwrap();
    let silent = first.clone().under("", Path::new("/second")).unwrap();
    assert_eq!(silent, first);
    let second = first.under("record.location = \"data\"", Path::new("/second")).unwrap();
    let origin = Origin::File { path: "/second".into(), line: 1 };
    assert_eq!(second.record.location, Setting { value: Location::Data, origin });
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_one() {
    for (text, wanted) in [
        ("[recrod]\n", "/c/config.toml:1: there is no setting \"recrod\"; did you mean \"record\"?"),
        (
            "[record]\n\nLocaton = 1",
            "/c/config.toml:3: there is no setting \"record.Locaton\"; did you mean \"record.location\"?",
        ),
        (
            "\n[zzzzzz]",
            "/c/config.toml:2: there is no setting \"zzzzzz\"; there are: record, network, prices, limits, tools, agents, agent, policy, grants, approvals, flow, models",
        ),
        (
            "zzz = 1\nlocation = 2",
            "/c/config.toml:1: there is no setting \"zzz\"; there are: record, network, prices, limits, tools, agents, agent, policy, grants, approvals, flow, models",
        ),
    ] {
        assert_eq!(refused(text), wanted);
    }
}

#[test]
fn a_value_that_cannot_be_is_shown_with_what_can_be() {
    let wanted = "it is \"data\" or \"workspace\"";
    for (text, found) in [
        ("record.location = \"home\"", "\"home\""),
        ("record.location = 1", "1"),
        ("record.location = [\n1]", "["),
        ("record.location = \"Data\"", "\"Data\""),
    ] {
        assert_eq!(refused(text), format!("/c/config.toml:1: record.location cannot be {found}; {wanted}"));
    }
    assert_eq!(refused("record = 1"), "/c/config.toml:1: record cannot be 1; it is a table, [record]");
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    for text in
        ["[record]\nlocation = ", "[record]\nlocation", "[record]\n]", "[record]\nlocation = \"data\"\n[record]"]
    {
        let SettingsError::Syntax { place, message } = under(text).expect_err(text) else { panic!("{text}") };
        assert!(2 <= place.line && !message.is_empty() && !message.contains('\n'), "{text}: {place} {message}");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests prepare the world")]
fn a_file_is_read_where_it_is_there_and_what_is_no_file_stops() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    assert_eq!(Settings::read(&file).unwrap(), Settings::default());
    fs::write(&file, "record.location = \"workspace\"").unwrap();
    assert_eq!(Settings::read(&file).unwrap().record.location.value, Location::Workspace);

    fs::write(&file, b"record.location = \"\xff\"").unwrap();
    assert!(matches!(Settings::read(&file), Err(SettingsError::Unreadable { .. })), "no text");
    fs::write(&file, "#".repeat((1 << 20) + 1)).unwrap();
    assert!(matches!(Settings::read(&file), Err(SettingsError::Unreadable { .. })), "too long");
    assert!(matches!(Settings::read(folder.path()), Err(SettingsError::Unreadable { .. })), "a folder");
    fs::remove_file(&file).unwrap();
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    assert!(matches!(Settings::read(&file), Err(SettingsError::Unreadable { .. })), "a link to nowhere");
}

#[test]
fn prices_are_read_by_the_models_name() {
    let text =
        "[prices]\n\"openai/x\" = { input = 1.25, output = 10 }\n[prices.\"openai/y\"]\ninput = 0\noutput = 1_000";
    let settings = Settings::default().under(text, Path::new("c.toml")).unwrap();
    let price = |model: &str| settings.prices.get(model).map(|price| (price.input.value, price.output.value));
    assert_eq!(price("openai/x"), Some((1.25, 10.0)));
    assert_eq!(price("openai/y"), Some((0.0, 1000.0)));
    assert_eq!(price("openai/z"), None);
}

#[test]
fn a_price_that_cannot_be_meant_is_an_error_with_its_line() {
    for (text, said) in [
        ("[prices]\n\"a/b\" = 3", "such as { input = 1.25, output = 10 }"),
        ("[prices]\n\"a/b\" = { input = 1 }", "\"output\""),
        ("[prices]\n\"a/b\" = { input = -1, output = 1 }", "a number from 0 to 100000"),
        ("[prices]\n\"a/b\" = { input = nan, output = 1 }", "a number from 0 to 100000"),
        ("[prices]\n\"a/b\" = { input = \"1\", output = 1 }", "a number from 0 to 100000"),
        ("[prices]\n\"a/b\" = { input = 1, output = 1, inptu = 1 }", "inptu"),
    ] {
        let error = Settings::default().under(text, Path::new("c.toml")).unwrap_err().to_string();
        assert!(error.starts_with("c.toml:2") && error.contains(said), "{text}: {error}");
    }
}

#[test]
fn a_file_with_a_byte_order_mark_is_refused() {
    assert!(refused("\u{feff}[record]\n").starts_with("/c/config.toml:1: the file begins with a byte order mark"));
}

#[test]
fn an_access_is_one_of_three_words() {
    assert_eq!(under("").unwrap().agent.access.value, Access::Full);
    for (word, access) in [("full", Access::Full), ("read-only", Access::ReadOnly), ("search-only", Access::SearchOnly)]
    {
        assert_eq!(under(&format!("[agent]\naccess = {word:?}")).unwrap().agent.access.value, access);
    }
    assert!(refused("agent.access = \"readonly\"").contains("\"read-only\""));
}

#[test]
fn limits_are_read_for_all_for_a_tool_and_for_an_agent() {
    let text = "[limits]\ntimeout = \"5s\"\nfiles-written = 1_000\n[tools.bash.limits]\nmemory = \"128MiB\"\n\
        [agents.main]\nlimits = { http-total = \"2m\" }";
    let settings = under(text).unwrap();
    let said = |limits: Option<&Limits>, limit| limits.and_then(|limits| limits.get(limit)).map(|said| said.value);
    assert_eq!(said(Some(&settings.limits), Limit::Timeout), Some(Amount::Time(Duration::from_secs(5))));
    assert_eq!(said(Some(&settings.limits), Limit::FilesWritten), Some(Amount::Count(1000)));
    assert_eq!(said(Some(&settings.limits), Limit::Memory), None);
    assert_eq!(said(settings.tool_limits.get("bash"), Limit::Memory), Some(Amount::Size(128 << 20)));
    assert_eq!(said(settings.agent_limits.get("main"), Limit::HttpTotal), Some(Amount::Time(Duration::from_mins(2))));
    let origin = &settings.limits.get(Limit::FilesWritten).unwrap().origin;
    assert_eq!(*origin, Origin::File { path: "/c/config.toml".into(), line: 3 });
    let later = settings.under("limits.timeout = \"6s\"", Path::new("/second")).unwrap();
    assert_eq!(said(Some(&later.limits), Limit::Timeout), Some(Amount::Time(Duration::from_secs(6))));
    assert_eq!(said(Some(&later.limits), Limit::FilesWritten), Some(Amount::Count(1000)), "a later layer adds");
}

#[test]
fn every_limit_can_be_written_at_its_most_and_not_beyond() {
    for limit in Limit::ALL {
        let written = |amount: Amount| match amount {
            Amount::Count(count) => format!("limits.{} = {count}", limit.key()),
            amount => format!("limits.{} = \"{amount}\"", limit.key()),
        };
        let settings = under(&written(limit.most())).unwrap();
        assert_eq!(settings.limits.get(limit).map(|said| said.value), Some(limit.most()), "{limit:?}");
        let (beyond, nothing) = match limit.most() {
            Amount::Time(most) => (Amount::Time(most + Duration::from_millis(1)), Amount::Time(Duration::ZERO)),
            Amount::Size(most) => (Amount::Size(most + 1), Amount::Size(0)),
            Amount::Count(most) => (Amount::Count(most + 1), Amount::Count(0)),
        };
        for amount in [beyond, nothing] {
            assert!(refused(&written(amount)).contains(&format!("at most {}", limit.most())), "{limit:?}: {amount}");
        }
    }
}

#[test]
fn a_limit_that_cannot_be_meant_is_an_error_with_its_line() {
    for (text, said) in [
        ("[limits]\ntimeout = 30", "an amount such as \"30s\""),
        ("[limits]\ntimeout = \"30MiB\"", "an amount such as \"30s\""),
        ("[limits]\nmemory = \"64\"", "an amount such as \"64MiB\""),
        ("[limits]\nfiles-written = \"10\"", "an amount such as 100"),
        ("[limits]\nfiles-written = -1", "an amount such as 100"),
        ("[limits]\ntime-out = \"1s\"", "did you mean \"limits.timeout\"?"),
        ("\ntools.bash = 1", "such as { limits ="),
        ("[tools.bash]\nlimit = {}", "did you mean \"tools.\\\"bash\\\".limits\"?"),
        ("[agents.main]\nlimits = 3", "a table, [agents."),
        ("[agents.main.limits]\nmemry = \"1MiB\"", "did you mean \"agents.\\\"main\\\".limits.memory\"?"),
    ] {
        let error = refused(text);
        assert!(error.starts_with("/c/config.toml:2") && error.contains(said), "{text}: {error}");
    }
}
