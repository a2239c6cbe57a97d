//! How servers differ, one difference per test.

use super::*;
use serde_json::json;

fn assembled(events: &[Value]) -> Result<Vec<Piece>, Failure> {
    let (mut assembler, mut pieces) = (Assembler::default(), VecDeque::new());
    for event in events {
        assert!(!assembler.take(&event.to_string(), &mut pieces)?);
    }
    pieces.extend(assembler.end()?);
    Ok(pieces.into())
}

fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

fn calls(calls: &Value) -> Value {
    delta(&json!({"tool_calls": calls}))
}

fn stop(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn call(model_id: &str, tool: &str, input: &str) -> Piece {
    Piece::Call { model_id: model_id.to_owned(), tool: tool.to_owned(), input: input.to_owned() }
}

#[test]
fn calls_that_arrive_in_turns_with_gaps_between_their_indices_stand_in_their_order() {
    let events = [
        calls(&json!([{"index": 7, "id": "c", "function": {"name": "write", "arguments": "{\"b\""}}])),
        calls(&json!([{"index": 2, "id": "a", "function": {"name": "read", "arguments": ""}}])),
        calls(&json!([{"index": 7, "function": {"arguments": ":2}"}}, {"index": 2, "function": {"arguments": "{}"}}])),
        stop("tool_calls"),
    ];
    let wanted = [call("a", "read", "{}"), call("c", "write", r#"{"b":2}"#), Piece::End(Stop::Calls)];
    assert_eq!(assembled(&events).unwrap(), wanted);
}

#[test]
fn a_server_that_does_not_count_its_calls_is_understood() {
    let one = json!([{"index": 0, "id": "a", "function": {"name": "read", "arguments": "{}"}}]);
    let two = json!([{"index": 0, "id": "b", "function": {"name": "read", "arguments": "{\"x\":1}"}}]);
    let wanted = [call("a", "read", "{}"), call("b", "read", r#"{"x":1}"#), Piece::End(Stop::Calls)];
    assert_eq!(assembled(&[calls(&one), calls(&two), stop("stop")]).unwrap(), wanted);
    let one = json!([{"id": "a", "function": {"name": "read", "arguments": "{"}}]);
    let more = json!([{"function": {"arguments": "}"}}]);
    let two = json!([{"id": "b", "function": {"name": "read", "arguments": {"x":1}}}]);
    assert_eq!(assembled(&[calls(&one), calls(&more), calls(&two), stop("stop")]).unwrap(), wanted);
}

#[test]
fn ids_that_repeat_and_names_that_are_empty_are_passed_on() {
    let both = json!([
        {"index": 0, "id": "x", "function": {"name": "read", "arguments": "{}"}},
        {"index": 1, "id": "x", "function": {"name": "", "arguments": "no json"}},
        {"index": 2},
    ]);
    let wanted = [call("x", "read", "{}"), call("x", "", "no json"), call("", "", ""), Piece::End(Stop::Calls)];
    assert_eq!(assembled(&[calls(&both), stop("tool_calls")]).unwrap(), wanted);
}

#[test]
fn a_name_may_be_repeated_or_come_in_pieces() {
    let piece = |name: &str, input: &str| {
        calls(&json!([{"index": 0, "id": "x", "function": {"name": name, "arguments": input}}]))
    };
    let repeated = [piece("read", "{"), piece("read", "}"), stop("tool_calls")];
    let in_pieces = [piece("re", ""), piece("ad", ""), piece("", "{}"), stop("tool_calls")];
    for events in [repeated.to_vec(), in_pieces.to_vec()] {
        assert_eq!(assembled(&events).unwrap(), [call("x", "read", "{}"), Piece::End(Stop::Calls)]);
    }
}

#[test]
fn a_call_that_was_cut_by_the_limit_on_output_is_left_out() {
    let both = json!([
        {"index": 0, "id": "a", "function": {"name": "write", "arguments": "{\"path\":\"x\"}"}},
        {"index": 1, "id": "b", "function": {"name": "write", "arguments": "{\"path\":\"x\",\"text\":\"ha"}},
    ]);
    let wanted = [call("a", "write", r#"{"path":"x"}"#), Piece::End(Stop::Length)];
    assert_eq!(assembled(&[calls(&both), stop("length")]).unwrap(), wanted);
}

#[test]
fn what_a_vendor_filters_runs_no_call() {
    let one = json!([{"index": 0, "id": "a", "function": {"name": "write", "arguments": "{}"}}]);
    assert_eq!(assembled(&[calls(&one), stop("content_filter")]).unwrap(), [Piece::End(Stop::Refused)]);
    let refusal = delta(&json!({"refusal": "I will not."}));
    let wanted = [Piece::Text("I will not.".to_owned()), Piece::End(Stop::Refused)];
    assert_eq!(assembled(&[refusal, stop("stop")]).unwrap(), wanted);
}

#[test]
fn without_a_reason_to_stop_nothing_is_whole() {
    let one = json!([{"index": 0, "id": "a", "function": {"name": "write", "arguments": "{}"}}]);
    let failed = |events: &[Value]| assembled(events).unwrap_err().to_string();
    assert!(failed(&[calls(&one)]).ends_with("it broke off before its end"));
    assert!(failed(&[]).ends_with("it is empty"));

    let mut assembler = Assembler::default();
    assembler.take(&calls(&one).to_string(), &mut VecDeque::new()).unwrap();
    assembler.take_at_its_word();
    assert!(assembler.end().is_err(), "[DONE] alone makes no call whole");
    let mut assembler = Assembler::default();
    assembler.take(&delta(&json!({"content": "Hi"})).to_string(), &mut VecDeque::new()).unwrap();
    assembler.take_at_its_word();
    assert_eq!(assembler.end().unwrap(), [Piece::End(Stop::Finished)]);
}

#[test]
fn what_is_null_or_unknown_is_passed_over() {
    let events = [
        json!({"id": "x", "object": "chat.completion.chunk", "choices": null, "usage": null, "error": null}),
        json!({"choices": [{"index": 0, "delta": null, "finish_reason": null, "logprobs": null}]}),
        delta(&json!({"role": "assistant", "content": null, "tool_calls": null, "reasoning_content": "hm"})),
        json!({"choices": [{"index": 1, "delta": {"content": "a second answer"}, "finish_reason": "stop"}]}),
        delta(&json!({"content": ""})),
        json!({"choices": [{"delta": {"content": "Hi"}, "finish_reason": ""}]}),
        stop("eos"),
        delta(&json!({"content": "what follows the end", "tool_calls": [{"index": 0}]})),
        json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}}),
    ];
    let (thinking, text) = (Piece::Thinking("hm".to_owned()), Piece::Text("Hi".to_owned()));
    let usage = Piece::Usage(Usage { input: 3, output: 1 });
    assert_eq!(assembled(&events).unwrap(), [thinking, text, usage, Piece::End(Stop::Finished)]);
}

#[test]
fn a_flood_of_calls_is_refused() {
    let many = |count: usize| (0..count).map(|index| json!({"index": index})).collect::<Value>();
    assert_eq!(assembled(&[calls(&many(1000)), stop("tool_calls")]).unwrap().len(), 1001);
    assert!(assembled(&[calls(&many(MOST_CALLS + 1))]).is_err());
}
