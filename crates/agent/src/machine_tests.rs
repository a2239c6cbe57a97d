//! The machine, tried input by input. What follows in the world is in `tests/turn.rs`.
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them when it updates a text")]

use super::*;
use boxagnts_types::{CallId, Label, Outcome};

fn request(number: u64, tool: &str) -> CallRequest {
    let id: CallId = format!("{number:026}").parse().unwrap();
    CallRequest { id, model_id: String::new(), tool: tool.to_owned(), input: format!("{{\"n\":{number}}}") }
}

fn answer(number: u64) -> ToolAnswer {
    let CallRequest { id, model_id, .. } = request(number, "");
    ToolAnswer {
        call: id,
        model_id,
        outcome: Outcome::Done,
        content: vec![Content::text("ok")],
        label: Label::INTERNAL,
    }
}

fn answered(number: u64) -> Input {
    Input::CallAnswered { answer: answer(number), broken: None, unanswered: false }
}

fn skipped(number: u64) -> Input {
    let answer = ToolAnswer { outcome: Outcome::Cancelled, ..answer(number) };
    Input::CallAnswered { answer, broken: None, unanswered: false }
}

fn said(text: &str) -> Input {
    Input::ModelText(text.to_owned())
}

/// Each call waits for the one before it.
fn one_by_one(calls: &[CallRequest]) -> Vec<Vec<usize>> {
    (0..calls.len()).map(|place| (0..place).collect()).collect()
}

/// No call waits for another.
fn all_at_once(calls: &[CallRequest]) -> Vec<Vec<usize>> {
    vec![Vec::new(); calls.len()]
}

/// What inputs lead to, with calls that wait for each other.
fn told(limits: Limits, inputs: Vec<Input>) -> String {
    told_with(limits, &one_by_one, inputs)
}

/// Feeds the inputs to a fresh turn and writes down what each led to. Whenever the model is to be asked, it is.
fn told_with(limits: Limits, order: Order<'_>, inputs: Vec<Input>) -> String {
    let mut conversation = Conversation::new();
    let mut machine = Machine::new(&mut conversation, limits, order);
    let tell = |input| {
        let actions = machine.on(input);
        if actions.contains(&Action::Ask) {
            assert!(machine.on(Input::Asked).is_empty());
        }
        format!("{}\n", line(&actions))
    };
    inputs.into_iter().map(tell).collect()
}

fn line(actions: &[Action]) -> String {
    let say = |action: &Action| match action {
        Action::Tell(StreamEvent::TextDelta { message, offset, text }) => format!("text {message}@{offset} {text:?}"),
        Action::Tell(StreamEvent::ThinkingDelta { text, .. }) => format!("thinking {text:?}"),
        Action::Tell(event) => format!("{event:?}"),
        Action::Ask => "ask".to_owned(),
        Action::Record { text, calls, .. } => format!("record {text:?} and {} calls", calls.len()),
        Action::Call(request) => format!("call {}", request.tool),
        Action::Skip { request, why } => format!("skip {}: {why}", request.tool),
        Action::Finish(TurnReport { reason, text, error, steps, .. }) => {
            format!(
                "finish {reason:?} {text:?} after {steps} steps{}",
                error.as_ref().map_or(String::new(), |e| format!(": {e}"))
            )
        }
    };
    if actions.is_empty() { "wait".to_owned() } else { actions.iter().map(say).collect::<Vec<_>>().join("; ") }
}

fn hello() -> Input {
    Input::UserMessage(vec![Content::text("hello")])
}

#[test]
fn an_answer_ends_the_turn() {
    let inputs = vec![hello(), said("Hé"), said("llo"), Input::ModelEnded(Stop::Finished)];
    expect_test::expect![[r#"
        ask
        text 1@0 "Hé"
        text 1@3 "llo"
        record "Héllo" and 0 calls; finish Answered "Héllo" after 1 steps
    "#]]
    .assert_eq(&told(Limits::default(), inputs));
}

#[test]
fn the_message_is_recorded_before_its_first_call_and_a_call_that_waits_for_another_is_not_begun() {
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelCall(request(2, "b")),
        Input::ModelEnded(Stop::Calls),
        answered(1),
        answered(2),
    ];
    expect_test::expect![[r#"
        ask
        wait
        wait
        record "" and 2 calls; call a
        call b
        ask
    "#]]
    .assert_eq(&told(Limits::default(), inputs));
}

#[test]
fn calls_that_wait_for_none_are_begun_together_and_answered_in_any_order() {
    let calls = (1..=3).zip(["a", "b", "c"]).map(|(number, tool)| Input::ModelCall(request(number, tool)));
    let inputs = std::iter::once(hello()).chain(calls).chain([Input::ModelEnded(Stop::Calls)]);
    let inputs: Vec<Input> = inputs.chain([answered(2), answered(3), answered(1)]).collect();
    let told = told_with(Limits::default(), &all_at_once, inputs);
    assert!(told.ends_with("record \"\" and 3 calls; call a; call b; call c\nwait\nwait\nask\n"), "{told}");
}

#[test]
fn a_call_begins_when_the_last_of_those_it_waits_for_has_its_answer_and_not_before() {
    let order = |_: &[CallRequest]| vec![vec![], vec![], vec![0, 1], vec![]];
    let calls = (1..=4).zip(["a", "b", "both", "free"]).map(|(number, tool)| Input::ModelCall(request(number, tool)));
    let inputs = std::iter::once(hello()).chain(calls).chain([Input::ModelEnded(Stop::Calls)]);
    let inputs: Vec<Input> = inputs.chain([answered(4), answered(2), answered(2), answered(1), answered(3)]).collect();
    let told = told_with(Limits::default(), &order, inputs);
    assert!(told.ends_with("call a; call b; call free\nwait\nwait\nwait\ncall both\nask\n"), "{told}");
}

#[test]
fn no_more_calls_are_under_way_than_the_limit_says() {
    let limits = Limits { calls_at_once: 2, ..Limits::default() };
    let calls = (1..=4).zip(["a", "b", "c", "d"]).map(|(number, tool)| Input::ModelCall(request(number, tool)));
    let inputs = std::iter::once(hello()).chain(calls).chain([Input::ModelEnded(Stop::Calls)]);
    let inputs: Vec<Input> = inputs.chain([2, 1, 4, 3].map(answered)).collect();
    let told = told_with(limits, &all_at_once, inputs);
    assert!(told.ends_with("call a; call b\ncall c\ncall d\nwait\nask\n"), "{told}");
}

#[test]
fn after_an_interruption_no_call_is_started_and_each_is_answered() {
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelCall(request(2, "b")),
        Input::ModelCall(request(3, "c")),
        Input::ModelEnded(Stop::Calls),
        Input::Cancelled,
        answered(1),
        skipped(2),
        skipped(3),
        hello(),
    ];
    expect_test::expect![[r#"
        ask
        wait
        wait
        wait
        record "" and 3 calls; call a
        wait
        skip b: the person interrupted the turn; skip c: the person interrupted the turn
        wait
        finish Interrupted "" after 1 steps
        wait
    "#]]
    .assert_eq(&told(Limits::default(), inputs));
}

#[test]
fn calls_of_a_reply_that_broke_off_are_neither_run_nor_recorded() {
    for end in
        [Input::Cancelled, Input::ModelFailed(Failure::Garbled("x".to_owned())), Input::ModelEnded(Stop::Refused)]
    {
        let inputs = vec![hello(), said("I will"), Input::ModelCall(request(1, "a")), end];
        let told = told(Limits::default(), inputs);
        assert!(told.contains("record \"I will\" and 0 calls; finish"), "{told}");
    }
}

#[test]
fn a_reply_that_is_no_answer_is_a_failure_that_says_why() {
    let end = |pieces: Vec<Input>| {
        let told = told(Limits::default(), std::iter::once(hello()).chain(pieces).collect());
        told.lines().last().map(str::to_owned).unwrap_or_default()
    };
    expect_test::expect![[r#"finish ModelFailed "" after 1 steps: the model's reply is empty"#]]
        .assert_eq(&end(vec![Input::ModelEnded(Stop::Finished)]));
    expect_test::expect![[
        r#"finish ModelFailed "" after 1 steps: the model waits for the answers to calls that it did not send"#
    ]]
    .assert_eq(&end(vec![Input::ModelEnded(Stop::Calls)]));
    expect_test::expect![[r#"record "half" and 0 calls; finish ModelFailed "half" after 1 steps: the reply was cut at the model's own limit on output"#]]
        .assert_eq(&end(vec![said("half"), Input::ModelEnded(Stop::Length)]));
    expect_test::expect![[r#"finish ModelFailed "" after 1 steps: the model or its vendor refused to go on"#]]
        .assert_eq(&end(vec![Input::ModelEnded(Stop::Refused)]));
}

#[test]
fn the_last_call_of_a_cut_message_is_not_run() {
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelCall(request(2, "b")),
        Input::ModelEnded(Stop::Length),
        answered(1),
    ];
    let told = told(Limits::default(), inputs);
    assert!(told.contains("call a; skip b: the message was cut"), "{told}");
}

#[test]
fn an_empty_message_after_calls_is_an_answer() {
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelEnded(Stop::Calls),
        answered(1),
        Input::ModelEnded(Stop::Finished),
    ];
    assert!(told(Limits::default(), inputs).ends_with("finish Answered \"\" after 2 steps\n"));
}

#[test]
fn the_limit_on_steps_ends_the_turn_after_the_calls_of_the_last() {
    let limits = Limits { steps: 1, ..Limits::default() };
    let inputs = vec![hello(), Input::ModelCall(request(1, "a")), Input::ModelEnded(Stop::Calls), answered(1)];
    let told = told(limits, inputs);
    assert!(told.contains("call a\nfinish StepLimit"), "{told}");
    assert!(told.contains("the limit of 1 requests"), "{told}");
}

#[test]
fn calls_beyond_the_limit_of_a_message_are_answered_and_not_run() {
    let limits = Limits { calls_per_message: 1, ..Limits::default() };
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelCall(request(2, "b")),
        Input::ModelEnded(Stop::Calls),
        answered(1),
        skipped(2),
    ];
    let told = told(limits, inputs);
    assert!(told.contains("call a; skip b: too many calls in one message; at most 1 are run\nwait\nask"), "{told}");
}

#[test]
fn a_reply_over_a_bound_is_refused_as_a_whole() {
    let small = Limits { calls_heard: 1, reply_bytes: 4, call_bytes: 10, ..Limits::default() };
    let last = |pieces: Vec<Input>| {
        let told = told(small.clone(), std::iter::once(hello()).chain(pieces).collect());
        told.lines().last().map(str::to_owned).unwrap_or_default()
    };
    let long = last(vec![said("12345")]);
    assert!(long.ends_with("the model's reply cannot be used: it is longer than 4 bytes"), "{long}");
    let both = last(vec![said("123"), Input::ModelThinking("45".to_owned())]);
    assert!(both.ends_with("it is longer than 4 bytes") && both.contains("record \"123\""), "{both}");
    let many = last(vec![Input::ModelCall(request(1, "a")), Input::ModelCall(request(2, "b"))]);
    assert!(many.ends_with("it asks for more than 1 calls"), "{many}");
    let wide = last(vec![Input::ModelCall(request(1, "a tool"))]);
    assert!(wide.ends_with("its calls are longer than 10 bytes"), "{wide}");
    let fits = last(vec![said("1234")]);
    assert_eq!(fits, "text 1@0 \"1234\"");
}

#[test]
fn usage_is_summed_over_requests_and_replaced_within_one() {
    let usage = |input| Input::ModelUsage(Usage { input, output: 1 });
    let inputs = vec![
        hello(),
        usage(10),
        usage(20),
        Input::ModelCall(request(1, "a")),
        Input::ModelEnded(Stop::Calls),
        answered(1),
        usage(5),
    ];
    let told = told(Limits::default(), inputs);
    assert!(told.ends_with("Usage { usage: Usage { input: 25, output: 2 } }\n"), "{told}");
}

#[test]
fn a_broken_tool_ends_the_turn_and_the_other_calls_are_answered() {
    let broken = Input::CallAnswered { answer: answer(1), broken: Some("gone".to_owned()), unanswered: false };
    let inputs = vec![
        hello(),
        Input::ModelCall(request(1, "a")),
        Input::ModelCall(request(2, "b")),
        Input::ModelEnded(Stop::Calls),
        broken,
        skipped(2),
    ];
    let told = told(Limits::default(), inputs);
    assert!(
        told.contains("skip b: a tool broke and ended the turn\nfinish ToolBroken \"\" after 1 steps: gone"),
        "{told}"
    );
}

#[test]
fn when_the_record_fails_nothing_more_is_done() {
    let failed = || Input::RecordFailed("disk full".to_owned());
    let calling =
        vec![hello(), Input::ModelCall(request(1, "a")), Input::ModelEnded(Stop::Calls), failed(), answered(1)];
    let told_calling = told(Limits::default(), calling);
    assert!(told_calling.ends_with("finish RecordFailed \"\" after 1 steps: disk full\nwait\n"), "{told_calling}");
    assert!(told(Limits::default(), vec![failed(), hello()]).ends_with("after 0 steps: disk full\nwait\n"));
    let last = vec![hello(), said("done"), Input::ModelEnded(Stop::Finished), failed()];
    assert!(told(Limits::default(), last).ends_with("finish RecordFailed \"done\" after 1 steps: disk full\n"));
}

#[test]
fn what_does_not_belong_to_a_state_changes_nothing() {
    let inputs =
        vec![answered(1), said("x"), Input::ModelEnded(Stop::Finished), hello(), hello(), answered(1), said("ok")];
    expect_test::expect![[r#"
        wait
        wait
        wait
        ask
        wait
        wait
        text 1@0 "ok"
    "#]]
    .assert_eq(&told(Limits::default(), inputs));
}
