use boxagnts_guest_sdk::{Content, Output, Tool};
use boxagnts_guest_shell::{Answer, Clip, Kept};

use super::{Bash, text};

fn clip(bytes: &str) -> Clip {
    let mut clip = Clip::new(1024);
    clip.push(bytes.as_bytes());
    clip
}

fn answer(stdout: &str, stderr: &str, status: i32) -> Answer {
    let kept = Kept { bytes: Vec::new(), shortened: false };
    Answer { stdout: clip(stdout), stderr: clip(stderr), status, stopped: None, kept }
}

#[test]
fn success_is_the_output_alone() {
    assert_eq!(text(&answer("a\nb\n", "", 0)), "a\nb\n");
}

#[test]
fn an_error_and_a_status_stand_below_the_output() {
    assert_eq!(text(&answer("a", "oops\n", 2)), "a\n[stderr]\noops\n[exit code 2]");
    assert_eq!(text(&answer("", "", 1)), "[exit code 1]");
}

#[test]
fn silence_is_said() {
    assert_eq!(text(&answer("", "", 0)), "[no output]");
}

#[test]
fn a_stopped_script_keeps_what_it_printed() {
    let stopped = Answer { stopped: Some("the call was cancelled".to_owned()), ..answer("1\n2\n", "", 137) };
    assert_eq!(text(&stopped), "1\n2\n[stopped before its end: the call was cancelled]\n[exit code 137]");
}

#[test]
fn a_shell_that_forgets_says_so() {
    let kept = Kept { bytes: Vec::new(), shortened: true };
    assert!(text(&Answer { kept, ..answer("", "", 0) }).contains("do not last"));
}

#[test]
fn the_examples_fit_the_schema() {
    for example in Bash::EXAMPLES {
        let input: super::Input = serde_json::from_str(example).expect("it fits");
        assert!(!input.script.is_empty());
    }
}

#[test]
fn a_script_without_files_runs_and_returns_a_state() {
    let input = serde_json::from_str(r#"{"script":"x=5; echo $((x * 2)); exit 3"}"#).expect("it fits");
    let Output { content, state } = Bash::call_with_state(input, Some(b"garbage".to_vec())).expect("it runs");
    assert!(matches!(&content[..], [Content::Text(text)] if text == "10\n[exit code 3]"), "{content:?}");
    let input = serde_json::from_str(r#"{"script":"echo $x"}"#).expect("it fits");
    let output = Bash::call_with_state(input, state).expect("it runs");
    assert!(matches!(&output.content[..], [Content::Text(text)] if text == "5\n"));
}
