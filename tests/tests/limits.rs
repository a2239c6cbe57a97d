//! Limits as the person configures them: for all tools, for one, for an agent; shown, and kept.

#![expect(clippy::unwrap_used, reason = "end-to-end tests look at the world and insist on it")]
#![expect(clippy::disallowed_methods, reason = "the test writes the settings of its own home")]

use boxagnts_tests::{Ended, House};
use serde_json::json;
use std::time::{Duration, Instant};

/// A home with these settings.
fn with(settings: &str) -> House {
    let house = House::new();
    let folder = house.home().join(".config/boxagnts");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    house
}

fn script(house: &House, script: &str) -> Ended {
    let input = json!({ "script": script }).to_string();
    house.run(["tool", "call", "bash", &input, "--permission-mode", "bypass"])
}

const ENDLESS: &str = "while true; do x=1; done";

#[test]
fn a_limit_for_one_tool_ends_its_calls_and_no_others() {
    let house = with("[tools.bash.limits]\ntimeout = \"500ms\"\n");
    house.write("a", "text");
    let begun = Instant::now();
    let ended = script(&house, ENDLESS);
    let told = format!("{}{}", ended.out, ended.err);
    assert!(told.contains("the limit of 500 ms of time"), "{ended:?}");
    // Built-in, the tool would have minutes; this leaves room for a busy machine to start a program.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(script(&house, "echo done").code(0).out.contains("done"), "twin");
    assert!(house.run(["tool", "call", "read", r#"{"path":"a"}"#]).code(0).out.contains("text"));
}

#[test]
fn an_agent_has_no_more_than_its_profile_says_whatever_the_tool_has() {
    let house = with("[tools.bash.limits]\ntimeout = \"5m\"\n[agents.main.limits]\ntimeout = \"500ms\"\n");
    let ended = script(&house, ENDLESS);
    assert!(format!("{}{}", ended.out, ended.err).contains("the limit of 500 ms of time"), "{ended:?}");
}

#[test]
fn the_model_reads_as_much_of_a_result_as_the_settings_say() {
    let text = "a line of the file\n".repeat(150);
    for (settings, is_whole) in [("limits.model-output = \"1KiB\"", false), ("", true)] {
        let house = with(settings);
        house.write("long", &text);
        let read = house.run(["tool", "call", "read", r#"{"path":"long"}"#]).code(0);
        let lines = read.out.lines().filter(|line| line.ends_with("a line of the file")).count();
        assert_eq!(lines == 150, is_whole, "{settings}: {read:?}");
        assert_eq!(read.out.contains("bytes left out"), !is_whole, "{settings}: {read:?}");
    }
}

#[test]
fn a_tool_shows_the_limits_in_force_and_who_said_so() {
    let house = with("[limits]\nhttp-total = \"10s\"\n\n[tools.read.limits]\nmemory = \"33MiB\"\n");
    let shown = house.run(["tool", "show", "read"]).code(0).out;
    let file = house.home().join(".config/boxagnts/config.toml");
    for line in [
        format!("limit    memory 33MiB, from {}:5\n", file.display()),
        format!("limit    http-total 10s, from {}:2\n", file.display()),
        "limit    files-written 10000\n".to_owned(),
    ] {
        assert!(shown.contains(&line), "{line}{shown}");
    }
    let other = house.run(["tool", "show", "glob"]).code(0).out;
    assert!(!other.contains("33MiB") && other.contains("http-total 10s"), "{other}");
    let bash = house.run(["tool", "show", "bash", "--output-format", "json"]).code(0).json();
    let limits: Vec<&str> = bash["limits"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    assert!(limits.iter().any(|line| line.ends_with(", from its manifest")), "{limits:?}");
}

#[test]
fn a_limit_that_cannot_be_meant_stops_the_program() {
    let house = with("[limits]\ntime-out = \"1s\"\n");
    for arguments in [&["tool", "show", "read"][..], &["tool", "call", "glob", r#"{"pattern":"*"}"#]] {
        let stopped = house.run(arguments).code(2);
        assert!(stopped.err.contains("config.toml:2: there is no setting \"limits.time-out\""), "{stopped:?}");
    }
}

#[test]
fn a_wall_that_stands_is_told_when_much_is_to_be_said_and_a_missing_one_always() {
    let house = House::new();
    let call = ["tool", "call", "glob", r#"{"pattern":"*"}"#];
    let (plain, verbose) = (house.run(call), house.run([&call[..], &["--verbose"]].concat()));
    let missing = "WARNING: the kernel does not stand behind the sandbox";
    let stands = "the kernel holds the tools' threads: Landlock";
    assert_ne!(plain.err.contains(missing), verbose.err.contains(stands), "{plain:?} {verbose:?}");
    assert!(!plain.err.contains(stands), "{plain:?}");
}
