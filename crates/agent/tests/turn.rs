//! Whole turns over the ports: a scripted model, the real door, a journal in memory.
#![allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them when it updates a text")]

use boxagnts_agent::{Conversation, Limits, TurnReport, conversation_from};
use boxagnts_capability::{Effect, Effects};
use boxagnts_model::{Failure, Stop};
use boxagnts_record::Body;
use boxagnts_testkit::{
    FakeTool, Fixture, Recorder, Reply, ScriptedApprovals, ScriptedModel, Stage, journal_told, stream_told,
};
use boxagnts_tools::tool::PermissionLevel;
use boxagnts_tools::{ToolFailure, ToolOutput};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{Content, GuestPath, Message, StreamEvent};
use expect_test::expect;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// One turn on this stage, with the usual limits and nobody to interrupt it.
async fn turn(stage: &Stage, model: &Arc<ScriptedModel>) -> TurnReport {
    turn_until(stage, model, &CancellationToken::new()).await
}

async fn turn_until(stage: &Stage, model: &Arc<ScriptedModel>, cancel: &CancellationToken) -> TurnReport {
    stage.run(model).turn(&mut Conversation::new(), vec![Content::text("hello")], cancel).await
}

/// A tool that says back what it was given.
fn echo() -> Arc<FakeTool> {
    FakeTool::new("echo").answers(|input| Ok(ToolOutput::text(input.to_string()))).shared()
}

/// A tool that writes one file, as far as the law is concerned.
fn writer() -> Arc<FakeTool> {
    let out = GuestPath::workspace().join("out").expect("a path");
    let effects = move |_: &_| Effects::Exact(vec![Effect::Write(out.clone())]);
    FakeTool::new("writer").level(PermissionLevel::Write).effects(effects).shared()
}

/// What the model was asked with last.
fn last_asked(model: &ScriptedModel) -> String {
    format!("{:?}", model.requests().pop().map(|request| request.messages).unwrap_or_default())
}

fn cancel_when(recorder: &Recorder, wanted: fn(&StreamEvent) -> bool) -> CancellationToken {
    let (token, inner) = (CancellationToken::new(), CancellationToken::new());
    let cancelled = token.clone();
    recorder.react(move |event| {
        if wanted(event) && !inner.is_cancelled() {
            inner.cancel();
            cancelled.cancel();
        }
    });
    token
}

#[tokio::test]
async fn a_turn_asks_runs_and_answers() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let model = ScriptedModel::new([
        Reply::say("I look ").text("twice.").usage(10, 2).call("echo", r#"{"n":1}"#).call("echo", r#"{"n":2}"#),
        Reply::new().thinking("Good.").text("Done.").usage(20, 3),
    ]);
    let report = turn(&stage, &model).await;
    assert_eq!((report.reason, report.text.as_str(), report.steps), (StopReason::Answered, "Done.", 2));
    assert_eq!((report.usage.input, report.usage.output), (30, 5));
    expect![[r#"
        1 turn.started hello [echo]
        1.1 message "I look twice." [#1 echo, #2 echo] 10+2 tokens
        1.1 #1 call.decided allow
        1.1 #1 call.finished done: {"n":1}
        1.1 #2 call.decided allow
        1.1 #2 call.finished done: {"n":2}
        1.2 message "Done." [] 20+3 tokens
        1 turn.finished Answered "Done." after 2 steps
    "#]]
    .assert_eq(&journal_told(&stage.events().await));
    expect![[r#"
        turn 1
        text 1@0 "I look "
        text 1@7 "twice."
        usage 10+2
        started #1 echo {"n":1}
        finished #1 done: {"n":1}
        started #2 echo {"n":2}
        finished #2 done: {"n":2}
        thinking 2 "Good."
        text 2@0 "Done."
        usage 30+5
        turn finished Answered "Done." after 2 steps, 0 unanswered
    "#]]
    .assert_eq(&stream_told(&stage.recorder.events()));
}

#[tokio::test]
async fn a_second_turn_goes_on_where_the_first_ended() {
    let stage = Fixture::new().build().await;
    let model = ScriptedModel::new([Reply::say("One."), Reply::say("Two.")]);
    let (run, mut conversation) = (stage.run(&model), Conversation::new());
    for prompt in ["first", "second"] {
        run.turn(&mut conversation, vec![Content::text(prompt)], &CancellationToken::new()).await;
    }
    let roles = |messages: &[Message]| messages.iter().map(|m| matches!(m, Message::User { .. })).collect::<Vec<_>>();
    assert_eq!(roles(&model.requests()[1].messages), [true, false, true]);
    let turns: Vec<Option<u32>> = stage.events().await.iter().map(|event| event.turn).collect();
    assert_eq!(turns, [Some(1), Some(1), Some(1), Some(2), Some(2), Some(2)]);
}

#[tokio::test]
async fn what_cannot_be_run_is_told_to_the_model_and_the_turn_goes_on() {
    let strict = FakeTool::new("strict").schema(serde_json::json!({"type": "object", "additionalProperties": false}));
    let strict = strict.shared();
    let stage = Fixture::new().tool(&strict).build().await;
    let model = ScriptedModel::new([
        Reply::new()
            .call("nosuch", "{}")
            .call("", "{}")
            .call("strict", "{half")
            .call("strict", r#"{"approved":true}"#)
            .call("strict", r#"{"a":1,"a":2}"#),
        Reply::say("I see."),
    ]);
    assert_eq!(turn(&stage, &model).await.reason, StopReason::Answered);
    assert!(strict.runs().is_empty());
    expect![[r#"
        1 turn.started hello [strict]
        1.1 message "" [#1 nosuch, #2 , #3 strict, #4 strict, #5 strict] 0+0 tokens
        1.1 #1 call.finished rejected: there is no tool "nosuch"; there are: strict
        1.1 #2 call.finished rejected: there is no tool ""; there are: strict
        1.1 #3 call.finished rejected: the input is not usable JSON: key must be a string at line 1 column 2
        1.1 #4 call.finished rejected: the input does not fit the tool's schema: the input: False schema does not allow true
        1.1 #5 call.finished rejected: the input is not usable JSON: the key "a" stands twice at line 1 column 10
        1.2 message "I see." [] 0+0 tokens
        1 turn.finished Answered "I see." after 2 steps
    "#]].assert_eq(&journal_told(&stage.events().await));
}

#[tokio::test]
async fn ids_that_a_model_repeats_or_forgets_do_not_mix_answers_up() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let model = ScriptedModel::new([
        Reply::new().call_as("x", "echo", r#"{"n":1}"#).call_as("x", "echo", r#"{"n":2}"#).call_as("", "echo", "{}"),
        Reply::say("Done."),
    ]);
    turn(&stage, &model).await;
    let Some(Message::Tool { answers }) = model.requests()[1].messages.last().cloned() else { panic!("answers") };
    let told: Vec<String> = answers.iter().map(|answer| format!("{} {:?}", answer.model_id, answer.content)).collect();
    expect![[r#"
        x [Text { text: "{\"n\":1}" }]
        x [Text { text: "{\"n\":2}" }]
         [Text { text: "{}" }]"#]]
    .assert_eq(&told.join("\n"));
}

#[tokio::test]
async fn the_limit_on_steps_ends_a_turn() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let model = ScriptedModel::new((0..9).map(|n| Reply::new().call("echo", &format!("{{\"n\":{n}}}"))));
    let mut run = stage.run(&model);
    run.limits = Limits { steps: 3, ..Limits::default() };
    let report = run.turn(&mut Conversation::new(), vec![Content::text("go")], &CancellationToken::new()).await;
    assert_eq!((report.reason, report.steps), (StopReason::StepLimit, 3));
    assert_eq!((model.requests().len(), echo.runs().len()), (3, 3));
}

#[tokio::test]
async fn the_same_call_again_and_again_is_noted_and_then_ends_the_turn() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let model = ScriptedModel::new((0..9).map(|_| Reply::new().call("echo", "{}")));
    let report = turn(&stage, &model).await;
    assert_eq!((report.reason, echo.runs().len()), (StopReason::Repeats, 5));
    let noted = |at: usize| format!("{:?}", model.requests()[at].messages).matches("note of the runtime").count();
    assert_eq!([noted(2), noted(3), noted(4)], [0, 1, 1]);
    expect![[r#"the model made the same call 5 times in a row with the same answer, the last to "echo""#]]
        .assert_eq(&report.error.unwrap_or_default());
}

#[tokio::test]
async fn two_calls_that_take_turns_end_the_turn_too() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let inputs = ["{}", r#"{"other":true}"#];
    let model = ScriptedModel::new((0..20).map(|n| Reply::new().call("echo", inputs[n % 2])));
    let report = turn(&stage, &model).await;
    assert_eq!((report.reason, echo.runs().len()), (StopReason::Repeats, 10));
}

#[tokio::test]
async fn a_poll_whose_answer_changes_is_no_circle() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let next = move |_: &_| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Ok(ToolOutput::text(number.to_string()))
    };
    let poll = FakeTool::new("poll").answers(next).shared();
    let stage = Fixture::new().tool(&poll).build().await;
    let polls = (0..10).map(|_| Reply::new().call("poll", "{}"));
    let model = ScriptedModel::new(polls.chain([Reply::say("Ten.")]));
    assert_eq!(turn(&stage, &model).await.reason, StopReason::Answered);
}

#[tokio::test]
async fn calls_beyond_the_limit_of_one_message_are_answered_and_not_run() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let many = (0..1000).fold(Reply::new(), |reply, n| reply.call("echo", &format!("{{\"n\":{n}}}")));
    let model = ScriptedModel::new([many, Reply::say("Too many.")]);
    assert_eq!(turn(&stage, &model).await.reason, StopReason::Answered);
    assert_eq!(echo.runs().len(), 32);
    let Some(Message::Tool { answers }) = model.requests()[1].messages.last().cloned() else { panic!("answers") };
    assert_eq!(answers.len(), 1000);
    assert!(format!("{:?}", answers[32]).contains("not started: too many calls in one message; at most 32 are run"));
}

#[tokio::test]
async fn an_interruption_while_the_model_speaks_keeps_what_was_said() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let half = Reply::say("I will wri").call("echo", "{}").run(move || stop.cancel()).hang();
    let model = ScriptedModel::new([half]);
    let report = turn_until(&stage, &model, &cancel).await;
    assert_eq!((report.reason, report.text.as_str()), (StopReason::Interrupted, "I will wri"));
    assert_eq!(model.open_streams(), 0, "the request was dropped");
    assert!(echo.runs().is_empty());
    expect![[r#"
        1 turn.started hello [echo]
        1.1 message "I will wri" [] 0+0 tokens
        1 turn.finished Interrupted "I will wri" after 1 steps
    "#]]
    .assert_eq(&journal_told(&stage.events().await));
}

#[tokio::test]
async fn p01_a_wait_for_the_model_is_shown_and_ends_with_an_interruption() {
    let stage = Fixture::new().build().await;
    let cancel = cancel_when(&stage.recorder, |event| matches!(event, StreamEvent::ModelWaiting { .. }));
    let model = ScriptedModel::new([Reply::new().waiting("too many requests", Duration::from_mins(1)).hang()]);
    let begun = Instant::now();
    let report = turn_until(&stage, &model, &cancel).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!((report.reason, model.open_streams()), (StopReason::Interrupted, 0));
    expect![[r#"
        turn 1
        waiting 1 60 s: too many requests
        turn finished Interrupted "" after 1 steps, 0 unanswered
    "#]]
    .assert_eq(&stream_told(&stage.recorder.events()));
    expect![[r#"
        1 turn.started hello []
        1 turn.finished Interrupted "" after 1 steps
    "#]]
    .assert_eq(&journal_told(&stage.events().await));
}

#[tokio::test]
async fn an_interruption_stops_the_running_call_and_starts_no_other() {
    for (tool, word) in [
        (FakeTool::new("long").waits_for_cancel(), "cancelled: stopped\n"),
        (FakeTool::new("long").ignores_cancel(), "cancelled: stopped by the person\n"),
    ] {
        let cancel = CancellationToken::new();
        let stop = cancel.clone();
        let (long, echo) = (tool.when_run(move || stop.cancel()).shared(), echo());
        let stage = Fixture::new().tool(&long).tool(&echo).build().await;
        let model = ScriptedModel::new([Reply::new().call("long", "{}").call("echo", "{}"), Reply::say("never")]);
        let begun = Instant::now();
        let report = turn_until(&stage, &model, &cancel).await;
        assert!(begun.elapsed() < Duration::from_secs(1));
        assert_eq!(report.reason, StopReason::Interrupted);
        assert_eq!((long.runs().len(), echo.runs().len(), model.requests().len()), (1, 0, 1));
        let told = journal_told(&stage.events().await);
        assert!(told.contains(word), "{told}");
        assert!(told.contains("call.finished cancelled: not started: the person interrupted the turn\n"), "{told}");
        assert!(told.ends_with("1 turn.finished Interrupted \"\" after 1 steps\n"), "{told}");
    }
}

#[tokio::test]
async fn an_interruption_while_a_call_is_decided_does_not_start_it() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let cancel = cancel_when(&stage.recorder, |event| matches!(event, StreamEvent::CallStarted { .. }));
    let model = ScriptedModel::new([Reply::new().call("echo", "{}"), Reply::say("never")]);
    assert_eq!(turn_until(&stage, &model, &cancel).await.reason, StopReason::Interrupted);
    assert!(echo.runs().is_empty());
}

#[tokio::test]
async fn an_interruption_between_two_calls_starts_no_other() {
    let echo = echo();
    let stage = Fixture::new().tool(&echo).build().await;
    let cancel = cancel_when(&stage.recorder, |event| matches!(event, StreamEvent::CallFinished { .. }));
    let model = ScriptedModel::new([Reply::new().call("echo", "{}").call("echo", r#"{"n":2}"#), Reply::say("never")]);
    let report = turn_until(&stage, &model, &cancel).await;
    assert_eq!((report.reason, echo.runs().len()), (StopReason::Interrupted, 1));
    expect![[r#"
        1 turn.started hello [echo]
        1.1 message "" [#1 echo, #2 echo] 0+0 tokens
        1.1 #1 call.decided allow
        1.1 #1 call.finished done: {}
        1.1 #2 call.finished cancelled: not started: the person interrupted the turn
        1 turn.finished Interrupted "" after 1 steps
    "#]]
    .assert_eq(&journal_told(&stage.events().await));
}

#[tokio::test]
async fn an_interruption_in_the_last_step_is_not_told_as_the_limit() {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let last = FakeTool::new("last").when_run(move || stop.cancel()).shared();
    let stage = Fixture::new().tool(&last).build().await;
    let model = ScriptedModel::new([Reply::new().call("last", "{}")]);
    let mut run = stage.run(&model);
    run.limits = Limits { steps: 1, ..Limits::default() };
    let report = run.turn(&mut Conversation::new(), vec![Content::text("go")], &cancel).await;
    assert_eq!((report.reason, report.error), (StopReason::Interrupted, None));
}

#[tokio::test]
async fn an_interruption_withdraws_a_question_that_waits() {
    let writer = writer();
    let stage = Fixture::new().tool(&writer).approvals(ScriptedApprovals::then_silence([])).build().await;
    let cancel = cancel_when(&stage.recorder, |event| matches!(event, StreamEvent::ApprovalRequested { .. }));
    let model = ScriptedModel::new([Reply::new().call("writer", "{}")]);
    assert_eq!(turn_until(&stage, &model, &cancel).await.reason, StopReason::Interrupted);
    assert!(writer.runs().is_empty());
}

#[tokio::test]
async fn a_turn_that_is_interrupted_before_it_begins_asks_nobody() {
    let stage = Fixture::new().build().await;
    let cancel = CancellationToken::new();
    cancel.cancel();
    let model = ScriptedModel::new([Reply::say("never")]);
    assert_eq!(turn_until(&stage, &model, &cancel).await.reason, StopReason::Interrupted);
    let told = journal_told(&stage.events().await);
    assert!(told.ends_with("1 turn.finished Interrupted \"\" after 0 steps\n"), "{told}");
    assert!(model.requests().is_empty());
}

#[tokio::test]
async fn a_reply_that_breaks_off_runs_no_half_call() {
    let reset = Failure::Unreachable("connection reset".to_owned());
    let ends: [fn(Reply, Failure) -> Reply; 3] =
        [|reply, _| reply.cut(), |reply, failure| reply.fail(failure), |reply, _| reply.stop(Stop::Refused)];
    for end in ends {
        let echo = echo();
        let stage = Fixture::new().tool(&echo).build().await;
        let model = ScriptedModel::new([end(Reply::say("I will").call("echo", "{}"), reset.clone())]);
        let report = turn(&stage, &model).await;
        assert_eq!((report.reason, report.text.as_str()), (StopReason::ModelFailed, "I will"));
        assert!(echo.runs().is_empty());
        let error = report.error.unwrap_or_default();
        assert!(stage.recorder.events().contains(&StreamEvent::Error { message: error.clone() }));
        let events = stage.events().await;
        assert!(matches!(&events.last().unwrap().body, Body::TurnFinished { error: Some(e), .. } if *e == error));
        assert!(journal_told(&events).contains("message \"I will\" [] "));
    }
}

#[tokio::test]
async fn a_broken_tool_ends_the_turn() {
    let broken = FakeTool::new("broken").answers(|_| Err(ToolFailure::Broken("no engine".to_owned())));
    let broken = broken.effects(|_| Effects::Exact(vec![Effect::Read(GuestPath::workspace())])).shared();
    let writer = writer();
    let stage = Fixture::new().tool(&broken).tool(&writer).build().await;
    let model = ScriptedModel::new([Reply::new().call("broken", "{}").call("writer", "{}"), Reply::say("never")]);
    let report = turn(&stage, &model).await;
    assert_eq!((report.reason, writer.runs().len()), (StopReason::ToolBroken, 0));
    expect![[r#"
        1 turn.started hello [broken writer]
        1.1 message "" [#1 broken, #2 writer] 0+0 tokens
        1.1 #1 call.decided allow
        1.1 #1 call.finished broken: no engine
        1.1 #2 call.finished cancelled: not started: a tool broke and ended the turn
        1 turn.finished ToolBroken "" after 1 steps: the tool broken is broken: no engine
    "#]]
    .assert_eq(&journal_told(&stage.events().await));
}

#[tokio::test]
async fn a_tool_that_panics_ends_the_turn_and_not_the_program() {
    let wild = FakeTool::new("wild").answers(|_| panic!("a defect of the tool")).shared();
    let stage = Fixture::new().tool(&wild).build().await;
    let model = ScriptedModel::new([Reply::new().call("wild", "{}"), Reply::say("never")]);
    assert_eq!(turn(&stage, &model).await.reason, StopReason::ToolBroken);
}

#[tokio::test]
async fn an_ask_that_nobody_answers_is_counted_and_the_turn_goes_on() {
    let writer = writer();
    let stage = Fixture::new().tool(&writer).build().await;
    let model = ScriptedModel::new([Reply::new().call("writer", "{}"), Reply::say("I was not allowed to.")]);
    let report = turn(&stage, &model).await;
    assert_eq!((report.reason, report.unanswered), (StopReason::Answered, 1));
    assert!(writer.runs().is_empty());
    assert!(last_asked(&model).contains("needs fs.write:/workspace/out"), "{}", last_asked(&model));
}

#[tokio::test]
async fn a_tool_that_an_agent_is_not_offered_is_not_let_in_by_its_name() {
    let (writer, echo) = (writer(), echo());
    let stage = Fixture::new().tool(&writer).tool(&echo).build().await;
    let model = ScriptedModel::new([Reply::new().call("writer", "{}").call("echo", "{}"), Reply::say("Done.")]);
    let mut run = stage.run(&model);
    run.access = boxagnts_tools::registry::Access::ReadOnly;
    run.turn(&mut Conversation::new(), vec![Content::text("go")], &CancellationToken::new()).await;
    let offered: Vec<String> = model.requests()[0].tools.iter().map(|tool| tool.name.to_string()).collect();
    assert_eq!(offered, ["echo"]);
    assert_eq!((writer.runs().len(), echo.runs().len()), (0, 1));
    assert!(last_asked(&model).contains("this agent is not offered that tool"));
}

/// The journal fails at each of its commits in turn; nothing that stood on the failed one may happen.
#[tokio::test]
async fn when_the_journal_cannot_be_written_effects_stop_at_once() {
    let script = || {
        ScriptedModel::new([
            Reply::say("a").call("echo", "{}").call("echo", r#"{"n":2}"#),
            Reply::say("b").call("echo", r#"{"n":3}"#),
            Reply::say("c"),
        ])
    };
    let whole = Fixture::new().tool(&echo()).build().await;
    assert_eq!(turn(&whole, &script()).await.reason, StopReason::Answered);
    assert!(10 < whole.store.commits());
    for good in 0..whole.store.commits() {
        let echo = echo();
        let stage = Fixture::new().tool(&echo).journal_fails_after(good).build().await;
        let model = script();
        let report = turn(&stage, &model).await;
        assert_eq!(report.reason, StopReason::RecordFailed, "after {good} commits");
        let error = report.error.unwrap_or_default();
        assert!(error.starts_with("the journal cannot be used: the commit was made to fail: "), "{error}");
        assert_eq!(stage.store.commits(), good + 1, "a failed journal is not tried again");
        let events = stage.events().await;
        let decided = events.iter().filter(|event| matches!(event.body, Body::CallDecided { .. })).count();
        assert_eq!(echo.runs().len(), decided, "a call ran without its decision on record");
        let asked =
            usize::from(good > 0) + events.iter().filter(|event| matches!(event.body, Body::Message { .. })).count();
        assert!(model.requests().len() <= asked, "the model was asked beyond the record");
        // What is there is a whole conversation.
        conversation_from(&events);
    }
}
