//! Limits of a session that hold over its turns and programs.

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
