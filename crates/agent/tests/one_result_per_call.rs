//! Whatever a model says and whenever a person interrupts: each requested call has exactly one result, the turn has
//! one end, and the journal gives back the conversation that the model has seen.

use boxagnts_agent::{Conversation, conversation_from};
use boxagnts_capability::{Effect, Effects};
use boxagnts_model::{Failure, Stop};
use boxagnts_record::{Body, Event};
use boxagnts_testkit::{FakeTool, Fixture, Reply, ScriptedModel, Stage, journal_told};
use boxagnts_tools::tool::PermissionLevel;
use boxagnts_tools::{ToolFailure, ToolOutput, ToolResult};
use boxagnts_types::{CallId, Content, GuestPath};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One reply of a random model.
#[derive(Debug, Clone)]
struct Script {
    text: String,
    calls: Vec<(&'static str, &'static str, &'static str)>,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Usual,
    Stop(Stop),
    Fail,
    Cut,
    Hang,
}

fn scripts() -> impl Strategy<Value = Vec<Script>> {
    let id = prop_oneof![Just("a"), Just("b"), Just("")];
    let tool = prop_oneof![4 => Just("echo"), 1 => Just("nosuch"), 1 => Just("")];
    let tool = prop_oneof![8 => tool, 6 => prop_oneof![Just("slow"), Just("scratch")], 1 => Just("broken"), 1 => Just("waits")];
    let input = prop_oneof![Just("{}"), Just(r#"{"n":1}"#), Just("{half"), Just(""), Just("[1]")];
    let end = prop_oneof![
        8 => Just(End::Usual),
        1 => prop_oneof![Just(Stop::Finished), Just(Stop::Calls), Just(Stop::Length), Just(Stop::Refused)]
            .prop_map(End::Stop),
        1 => prop_oneof![Just(End::Fail), Just(End::Cut), Just(End::Hang)],
    ];
    let calls = prop::collection::vec((id, tool, input), 0..6);
    let script = ("[a-z ]{0,6}", calls, end).prop_map(|(text, calls, end)| Script { text, calls, end });
    prop::collection::vec(script, 0..8)
}

fn reply(script: &Script) -> Reply {
    let said = if script.text.is_empty() { Reply::new() } else { Reply::say(&script.text) };
    let said = script.calls.iter().fold(said, |reply, (id, tool, input)| reply.call_as(id, tool, input));
    match script.end {
        End::Usual => said,
        End::Stop(stop) => said.stop(stop),
        End::Fail => said.fail(Failure::Unreachable("gone".to_owned())),
        End::Cut => said.cut(),
        End::Hang => said.hang(),
    }
}

async fn after_a_while(turns: u32, input: Value) -> ToolResult {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
    Ok(ToolOutput::text(input.to_string()))
}

/// Interrupts at the `at`-th event that is told, and at the latest when a model or a tool waits forever.
async fn play(scripts: &[Script], at: usize) -> (Stage, Conversation) {
    let echo = FakeTool::new("echo").answers(|input| Ok(ToolOutput::text(input.to_string()))).shared();
    let broken = FakeTool::new("broken").answers(|_| Err(ToolFailure::Broken("gone".to_owned()))).shared();
    let waits = FakeTool::new("waits").waits_for_cancel().shared();
    // They end later than what was asked for behind them, and the second never runs beside itself.
    let slow = FakeTool::new("slow").runs_as(|input, _| after_a_while(5, input)).shared();
    let file = GuestPath::parse("/tmp/scratch").expect("a path");
    let scratch = FakeTool::new("scratch").level(PermissionLevel::Write).runs_as(|input, _| after_a_while(2, input));
    let scratch = scratch.effects(move |_| Effects::Exact(vec![Effect::Write(file.clone())])).shared();
    let fixture = Fixture::new().tool(&echo).tool(&broken).tool(&waits).tool(&slow).tool(&scratch);
    let stage = fixture.build().await;
    let cancel = CancellationToken::new();
    let (token, mut heard) = (cancel.clone(), 0);
    stage.recorder.react(move |_| {
        heard += 1;
        if heard == at {
            token.cancel();
        }
    });
    let model = ScriptedModel::new(scripts.iter().map(reply));
    let run = stage.run(&model);
    let mut conversation = Conversation::new();
    let turn = async {
        for _ in 0..2 {
            run.turn(&mut conversation, vec![Content::text("go")], &cancel).await;
        }
    };
    // Everything else is ready at once, so when nothing moves any more the person loses patience.
    let patience = async {
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! { () = turn => {}, () = patience => {} }
    drop(run);
    assert_eq!(model.open_streams(), 0);
    (stage, conversation)
}

fn check(events: &[Event]) -> Result<(), String> {
    let (mut asked, mut finished): (Vec<CallId>, Vec<CallId>) = (Vec::new(), Vec::new());
    let mut is_open = false;
    for event in events {
        match &event.body {
            Body::TurnStarted { .. } if is_open => return Err("a turn begins inside another".to_owned()),
            Body::TurnStarted { .. } => is_open = true,
            Body::Message { calls, .. } => asked.extend(calls.iter().map(|call| call.id)),
            Body::CallFinished { .. } => finished.extend(event.call),
            Body::TurnFinished { .. } => {
                finished.sort_unstable();
                asked.sort_unstable();
                if finished != asked {
                    return Err(format!("asked {asked:?}, finished {finished:?}"));
                }
                is_open = false;
            }
            _ => {}
        }
    }
    if is_open { Err("a turn has no end".to_owned()) } else { Ok(()) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_requested_call_has_exactly_one_result(scripts in scripts(), at in 0_usize..40) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (events, conversation) = runtime.block_on(async {
            let (stage, conversation) = play(&scripts, at).await;
            (stage.events().await, conversation)
        });
        prop_assert_eq!(check(&events), Ok(()), "{}", journal_told(&events));
        let rebuilt = conversation_from(&events);
        prop_assert_eq!(rebuilt.messages(), conversation.messages());
        prop_assert_eq!(rebuilt.turns(), conversation.turns());
    }
}

/// The check above can fail: a journal without the result of a call does not pass it.
#[tokio::test]
async fn a_lost_result_is_noticed() {
    let scripts = [Script { text: String::new(), calls: vec![("a", "echo", "{}")], end: End::Usual }];
    let (stage, _) = play(&scripts, usize::MAX).await;
    let events = stage.events().await;
    assert_eq!(check(&events), Ok(()));
    let without: Vec<Event> =
        events.into_iter().filter(|event| !matches!(event.body, Body::CallFinished { .. })).collect();
    assert!(check(&without).is_err());
    let _ = Arc::strong_count(&stage.door);
}
