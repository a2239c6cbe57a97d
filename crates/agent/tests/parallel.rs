//! The calls of one message run at the same time where neither can notice the other, and in their order where it can.

use boxagnts_agent::{Conversation, TurnReport, conversation_from};
use boxagnts_capability::{Capability, Effect, Effects};
use boxagnts_record::Body;
use boxagnts_testkit::{FakeTool, Fixture, Reply, ScriptedApprovals, ScriptedModel, Stage, journal_told};
use boxagnts_tools::tool::{PermissionLevel, Recoverable};
use boxagnts_tools::{Answer, ToolFailure, ToolOutput};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{Content, GuestPath, Message, ToolAnswer};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Long enough for everything that is ready to happen: the journal and the model of these tests never wait.
const A_WHILE: usize = 1000;

async fn turn(stage: &Stage, model: &Arc<ScriptedModel>, cancel: &CancellationToken) -> TurnReport {
    stage.run(model).turn(&mut Conversation::new(), vec![Content::text("go")], cancel).await
}

fn path(text: &str) -> GuestPath {
    GuestPath::parse(text).expect("a path")
}

/// The effects that an input names: `{"read": PATH}`, `{"write": PATH}`, `{"within": CAPABILITY}`, or none.
fn named(input: &Value) -> Effects {
    let text = |key: &str| input[key].as_str();
    match (text("read"), text("write"), text("within")) {
        (Some(read), _, _) => Effects::Exact(vec![Effect::Read(path(read))]),
        (_, Some(write), _) => Effects::Exact(vec![Effect::Write(path(write))]),
        (_, _, Some(within)) => Effects::Envelope(vec![within.parse::<Capability>().expect("a capability")]),
        _ => Effects::Exact(Vec::new()),
    }
}

/// How many calls of the tool are inside now, and how many were at most.
#[derive(Default)]
struct Room {
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Room {
    /// A tool whose calls stay inside for a while, or until so many are there at once, and say how many there were.
    fn of(self: &Arc<Self>, wanted: usize) -> Arc<FakeTool> {
        let room = Arc::clone(self);
        let visit = move |_, _| {
            let room = Arc::clone(&room);
            async move {
                let inside = room.inside.fetch_add(1, Ordering::SeqCst) + 1;
                room.most.fetch_max(inside, Ordering::SeqCst);
                for _ in 0..A_WHILE {
                    if wanted <= room.most.load(Ordering::SeqCst) {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
                room.inside.fetch_sub(1, Ordering::SeqCst);
                Ok(ToolOutput::text(room.most.load(Ordering::SeqCst).to_string()))
            }
        };
        FakeTool::new("visit").level(PermissionLevel::Write).effects(named).runs_as(visit).shared()
    }
}

/// Two calls in one message; how many were inside at once, and what ran, in order.
async fn two(first: Value, second: Value) -> (usize, Vec<Value>) {
    let room = Arc::new(Room::default());
    let visit = room.of(2);
    let stage = Fixture::new().tool(&visit).build().await;
    let message = Reply::new().call("visit", &first.to_string()).call("visit", &second.to_string());
    let model = ScriptedModel::new([message, Reply::say("Done.")]);
    let report = turn(&stage, &model, &CancellationToken::new()).await;
    assert_eq!((report.reason, report.unanswered), (StopReason::Answered, 0));
    (room.most.load(Ordering::SeqCst), visit.runs())
}

#[tokio::test]
async fn two_slow_reads_are_inside_at_the_same_time() {
    for (first, second) in [
        (json!({"read": "a"}), json!({"read": "a"})),
        (json!({"read": "a"}), json!({"read": "b"})),
        (json!({"within": "fs.read:/workspace"}), json!({"read": "b"})),
        (json!({}), json!({})),
    ] {
        assert_eq!(two(first.clone(), second.clone()).await.0, 2, "{first} beside {second}");
    }
}

#[tokio::test]
async fn a_write_and_what_touches_its_path_run_in_their_order() {
    for (first, second) in [
        (json!({"write": "/tmp/a"}), json!({"read": "/tmp/a"})),
        (json!({"read": "/tmp/a"}), json!({"write": "/tmp/a"})),
        (json!({"write": "/tmp/a", "n": 1}), json!({"write": "/tmp/a", "n": 2})),
        (json!({"read": "/tmp"}), json!({"write": "/tmp/a/b"})),
        (json!({"within": "fs.write:/tmp"}), json!({"read": "/tmp/a"})),
        (json!({"within": "fs.write:/tmp"}), json!({"within": "fs.read:/tmp"})),
    ] {
        let (most, ran) = two(first.clone(), second.clone()).await;
        assert_eq!((most, ran), (1, vec![first, second]));
    }
    assert_eq!(two(json!({"write": "/tmp/a"}), json!({"read": "/tmp/b"})).await.0, 2, "another file is another matter");
}

#[tokio::test]
async fn calls_of_a_tool_that_keeps_a_state_run_one_after_the_other() {
    let count = |_, context: boxagnts_tools::ToolContext| async move {
        let before = context.state.and_then(|state| state.first().copied()).unwrap_or_default();
        tokio::task::yield_now().await;
        Ok(ToolOutput { state: Some(vec![before + 1]), ..ToolOutput::text(before.to_string()) })
    };
    let count = FakeTool::new("count").runs_as(count).shared();
    let stage = Fixture::new().tool(&count).build().await;
    let message = (0..5).fold(Reply::new(), |reply, _| reply.call("count", "{}"));
    let model = ScriptedModel::new([Reply::new().call("count", "{}"), message, Reply::say("Six.")]);
    turn(&stage, &model, &CancellationToken::new()).await;
    let told: Vec<String> = last_answers(&model).iter().map(|answer| format!("{:?}", answer.content)).collect();
    for (number, told) in (1..).zip(&told) {
        assert!(told.contains(&format!("\"{number}\"")), "{told}");
    }
}

fn last_answers(model: &ScriptedModel) -> Vec<ToolAnswer> {
    let messages = model.requests().pop().map(|request| request.messages).unwrap_or_default();
    let Some(Message::Tool { answers }) = messages.last() else { panic!("no answers: {messages:?}") };
    answers.clone()
}

#[tokio::test]
async fn answers_are_written_as_they_come_and_read_in_the_order_of_the_calls() {
    let slow = FakeTool::new("slow").runs_as(|_, _| async {
        for _ in 0..A_WHILE {
            tokio::task::yield_now().await;
        }
        Ok(ToolOutput::text("slow"))
    });
    let (slow, quick) = (slow.shared(), FakeTool::new("quick").answers(|_| Ok(ToolOutput::text("quick"))).shared());
    let stage = Fixture::new().tool(&slow).tool(&quick).build().await;
    let model = ScriptedModel::new([Reply::new().call("slow", "{}").call("quick", "{}"), Reply::say("Done.")]);
    let mut conversation = Conversation::new();
    stage.run(&model).turn(&mut conversation, vec![Content::text("go")], &CancellationToken::new()).await;
    let events = stage.events().await;
    let told = journal_told(&events);
    let place = |text: &str| told.find(text).unwrap_or_else(|| panic!("no {text:?} in {told}"));
    assert!(place("finished done: quick") < place("finished done: slow"), "{told}");
    let read: Vec<Vec<Content>> = last_answers(&model).into_iter().map(|answer| answer.content).collect();
    assert_eq!(read, [vec![Content::text("slow")], vec![Content::text("quick")]]);
    assert_eq!(conversation_from(&events).messages(), conversation.messages());
}

#[tokio::test]
async fn e05_of_fifty_calls_and_one_yes_only_the_one_that_was_meant_runs() {
    for same in [false, true] {
        let writer = FakeTool::new("writer").level(PermissionLevel::Write).effects(named).shared();
        let answers = (0..50).map(|number| if number == 7 { Answer::Once } else { Answer::No });
        let stage = Fixture::new().tool(&writer).approvals(ScriptedApprovals::new(answers)).build().await;
        let input = |n| json!({"write": if same { "a".to_owned() } else { format!("a{n}") }, "n": n});
        let message = (0..50).fold(Reply::new(), |reply, n| reply.call("writer", &input(n).to_string()));
        let model = ScriptedModel::new([message, Reply::say("One.")]);
        let mut run = stage.run(&model);
        run.limits.calls_per_message = 50;
        run.turn(&mut Conversation::new(), vec![Content::text("go")], &CancellationToken::new()).await;
        assert_eq!(stage.approvals.questions().len(), 50, "each call is asked about");
        assert_eq!(writer.runs(), [stage.approvals.questions()[7].input.clone()]);
        let events = stage.events().await;
        let meant = stage.approvals.questions()[7].call;
        let intended: Vec<_> = events.iter().filter(|e| matches!(e.body, Body::CallIntended { .. })).collect();
        assert_eq!(intended.iter().map(|event| event.call).collect::<Vec<_>>(), [Some(meant)]);
    }
}

#[tokio::test]
async fn x07_an_interruption_ends_every_call_that_runs_and_starts_no_other() {
    let cancel = CancellationToken::new();
    let (stop, seen) = (cancel.clone(), AtomicUsize::new(0));
    // The third call that runs brings the interruption about.
    let third = move || {
        if seen.fetch_add(1, Ordering::SeqCst) == 2 {
            stop.cancel();
        }
    };
    let third = Arc::new(third);
    let other = Arc::clone(&third);
    let polite = FakeTool::new("polite").waits_for_cancel().when_run(move || third()).shared();
    let rude = FakeTool::new("rude").ignores_cancel().when_run(move || other()).shared();
    let late = FakeTool::new("late").level(PermissionLevel::Write).effects(named).shared();
    let stage = Fixture::new().tool(&polite).tool(&rude).tool(&late).build().await;
    let calls = Reply::new().call("polite", "{}").call("rude", "{}").call("polite", r#"{"n":2}"#);
    let calls = calls.call("late", r#"{"write":"/tmp/a"}"#).call("nosuch", "{}");
    let model = ScriptedModel::new([calls, Reply::say("never")]);
    let begun = Instant::now();
    let report = turn(&stage, &model, &cancel).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert_eq!((report.reason, model.requests().len()), (StopReason::Interrupted, 1));
    assert_eq!((polite.runs().len(), rude.runs().len(), late.runs().len()), (2, 1, 0));
    let told = journal_told(&stage.events().await);
    assert_eq!(told.matches("call.finished").count(), 5, "{told}");
    assert_eq!(told.matches("call.finished cancelled: stopped").count(), 3, "{told}");
    assert!(told.ends_with("1 turn.finished Interrupted \"\" after 1 steps\n"), "{told}");
}

#[tokio::test]
async fn p03_of_a_thousand_calls_in_one_message_few_are_inside_at_once_and_each_has_its_answer() {
    let room = Arc::new(Room::default());
    let visit = room.of(usize::MAX);
    let stage = Fixture::new().tool(&visit).build().await;
    let many = (0..1000).fold(Reply::new(), |reply, n| reply.call("visit", &format!("{{\"n\":{n}}}")));
    let model = ScriptedModel::new([many, Reply::say("Too many.")]);
    let mut conversation = Conversation::new();
    let run = stage.run(&model);
    let report = run.turn(&mut conversation, vec![Content::text("go")], &CancellationToken::new()).await;
    assert_eq!((report.reason, visit.runs().len()), (StopReason::Answered, 32));
    assert_eq!(room.most.load(Ordering::SeqCst), run.limits.calls_at_once);
    let asked = match &model.requests()[1].messages[1] {
        Message::Assistant { calls, .. } => calls.iter().map(|call| call.id).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(last_answers(&model).iter().map(|answer| answer.call).collect::<Vec<_>>(), asked);
    assert_eq!(conversation_from(&stage.events().await).messages(), conversation.messages());
}

#[tokio::test]
async fn a_tool_that_breaks_lets_what_runs_beside_it_end_and_nothing_begin() {
    let broken = FakeTool::new("broken").answers(|_| Err(ToolFailure::Broken("no engine".to_owned()))).shared();
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    let slow = FakeTool::new("slow").effects(named).level(PermissionLevel::Write).runs_as(move |_, _| {
        let end = Arc::clone(&end);
        async move {
            for _ in 0..A_WHILE {
                tokio::task::yield_now().await;
            }
            end.store(true, Ordering::SeqCst);
            Ok(ToolOutput::text("whole"))
        }
    });
    let slow = slow.shared();
    let stage = Fixture::new().tool(&broken).tool(&slow).build().await;
    let calls =
        Reply::new().call("slow", r#"{"write":"/tmp/a"}"#).call("broken", "{}").call("slow", r#"{"read":"/tmp/a"}"#);
    let model = ScriptedModel::new([calls, Reply::say("never")]);
    let report = turn(&stage, &model, &CancellationToken::new()).await;
    assert_eq!((report.reason, slow.runs().len()), (StopReason::ToolBroken, 1));
    assert!(ended.load(Ordering::SeqCst), "what ran was not waited for");
    let told = journal_told(&stage.events().await);
    assert!(told.contains("call.finished done: whole"), "{told}");
    assert!(told.contains("call.finished cancelled: not started: a tool broke and ended the turn"), "{told}");
    assert_eq!(told.matches("turn.finished").count(), 1, "{told}");
}

#[tokio::test]
async fn a_journal_that_fails_stops_what_runs_before_the_turn_ends() {
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    let long = FakeTool::new("long").runs_as(move |_, context| {
        let end = Arc::clone(&end);
        async move {
            context.cancel.cancelled().await;
            end.store(true, Ordering::SeqCst);
            Err(ToolFailure::recoverable(Recoverable::Cancelled, "stopped"))
        }
    });
    let (long, echo) = (long.shared(), FakeTool::new("echo").shared());
    // The turn, the message and the decision about the first call are written, and nothing after them.
    let stage = Fixture::new().tool(&long).tool(&echo).journal_fails_after(3).build().await;
    let calls = Reply::new().call("long", "{}").call("echo", "{}").call("echo", r#"{"n":2}"#);
    let model = ScriptedModel::new([calls, Reply::say("never")]);
    let report = turn(&stage, &model, &CancellationToken::new()).await;
    assert_eq!((report.reason, long.runs().len(), echo.runs().len()), (StopReason::RecordFailed, 1, 0));
    assert!(ended.load(Ordering::SeqCst), "what ran was left alone");
    assert_eq!(model.requests().len(), 1);
}
