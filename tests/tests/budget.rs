//! Limits of a session that hold over its turns and programs.

#![expect(clippy::disallowed_methods, reason = "end-to-end tests prepare the world")]

use boxagnts_tests::{Ended, House, ScriptedModel};
use serde_json::json;

#[test]
fn tokens_are_counted_over_the_turns_of_a_session() {
    let house = House::new();
    let reply = |text: &str| json!({"text": text, "usage": {"input": 600, "output": 100}});
    let model = ScriptedModel::start(&house, &json!([reply("one"), reply("two"), reply("three")]));
    let run = |more: &[&str]| {
        let arguments = [&["--output-format", "json", "--max-tokens", "1000"][..], more].concat();
        Ended::of(&model.command(&house, &arguments).output().expect("the program runs"))
    };
    assert_eq!(run(&[]).code(0).json()["text"], "one");
    assert_eq!(run(&["--continue"]).code(0).json()["text"], "two", "300 were left, and the request itself needs fewer");
    let ended = run(&["--continue"]).code(3).json();
    assert_eq!((&ended["reason"], &ended["steps"]), (&json!("budget_limit"), &json!(0)), "{ended}");
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("1000 tokens")), "{ended}");
    assert_eq!(model.requests().len(), 2, "no third request was made");
}

#[test]
fn a_run_ends_when_its_time_is_up() {
    let house = House::new();
    let model = ScriptedModel::start(&house, &json!([{"silent": true}]));
    let ended = Ended::of(
        &model.command(&house, &["--output-format", "json", "--max-time", "1s"]).output().expect("the program runs"),
    );
    let ended = ended.code(3).json();
    assert_eq!(ended["reason"], "budget_limit");
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("1 s of time")), "{ended}");
}

#[test]
fn money_is_counted_at_the_price_that_the_settings_say() {
    let house = House::new();
    let model = ScriptedModel::start(
        &house,
        &json!([{"text": "one", "usage": {"input": 100_000, "output": 20_000}}, {"text": "two"}]),
    );
    let run = |more: &[&str]| {
        let arguments = [&["--output-format", "json", "--max-budget-usd", "0.30"][..], more].concat();
        Ended::of(&model.command(&house, &arguments).output().expect("the program runs"))
    };
    let unknown = run(&[]).code(2);
    assert!(unknown.err.contains("[prices] \"openai/x\""), "it says what to write: {unknown:?}");
    assert!(model.requests().is_empty(), "nothing was asked for");

    let settings = house.home().join(".config/boxagnts");
    std::fs::create_dir_all(&settings).expect("the folder is made");
    let price = "[prices]\n\"openai/x\" = { input = 1.25, output = 10 }\n";
    std::fs::write(settings.join("config.toml"), price).expect("the settings are written");
    assert_eq!(run(&[]).code(0).json()["text"], "one", "0.125 and 0.20 dollars are more than there was, once");
    let ended = run(&["--continue"]).code(3).json();
    assert!(ended["error"].as_str().is_some_and(|why| why.contains("limit of $0.30 for this session")), "{ended}");
    assert_eq!(model.requests().len(), 1);
    let roomy = ["--output-format", "json", "--max-budget-usd", "2", "--continue"];
    let ended = Ended::of(&model.command(&house, &roomy).output().expect("the program runs"));
    assert_eq!(ended.code(0).json()["text"], "two");
}

#[test]
fn an_amount_that_is_none_is_told_with_what_is_meant() {
    let house = House::new();
    for wrong in ["0", "0.0000001", "1,5", "$1", "1.", ".5", "1e3", "99999999999999999999"] {
        let ended = house.run(["run", "-p", "x", "--model", "demo/tour", "--max-budget-usd", wrong]).code(2);
        assert!(ended.err.contains("write it like 0.50 or 3"), "{wrong}: {}", ended.err);
    }
}
