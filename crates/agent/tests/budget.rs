//! What a session may use up: reserved before, settled after, over all its turns.

use boxagnts_agent::budget::session_account;
use boxagnts_agent::{Budget, Conversation, TurnReport, conversation_from};
use boxagnts_record::account::{Account, Limits};
use boxagnts_record::{Body, Snapshot, Store as _};
use boxagnts_testkit::{FakeTool, Fixture, Reply, ScriptedModel, Stage};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{Content, Message};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

async fn stage(tools: &[&Arc<FakeTool>]) -> Stage {
    tools.iter().fold(Fixture::new(), |fixture, tool| fixture.tool(tool)).build().await
}

async fn snapshot(stage: &Stage) -> Snapshot {
    stage.store.snapshot(stage.journal.lease().session).await.expect("it can be read")
}

async fn account(stage: &Stage) -> Account {
    let accounts = snapshot(stage).await.accounts;
    accounts.into_iter().find(|account| account.name == session_account()).expect("it is open")
}

/// One turn of this session under these limits, as a program of its own would take it.
async fn turn(stage: &Stage, limits: Limits, replies: Vec<Reply>) -> TurnReport {
    let budget = Budget::of_session(limits);
    let batch = budget.open(stage.journal.batch(Vec::new()), &snapshot(stage).await);
    stage.journal.write(batch).await.expect("it is opened");
    let mut run = stage.run(&ScriptedModel::new(replies));
    run.budget = Some(budget);
    let mut conversation: Conversation = conversation_from(&stage.events().await);
    run.turn(&mut conversation, vec![Content::text("go")], &CancellationToken::new()).await
}

fn tokens(most: u64) -> Limits {
    Limits { tokens: Some(most), ..Limits::default() }
}

fn used(reply: Reply) -> Reply {
    reply.usage(300, 100)
}

#[tokio::test]
async fn what_was_spent_stands_in_the_record() {
    let echo = FakeTool::new("echo").shared();
    let stage = stage(&[&echo]).await;
    let replies = vec![used(Reply::new().call("echo", "{}")), used(Reply::say("done"))];
    let report = turn(&stage, Limits::default(), replies).await;
    assert_eq!(report.reason, StopReason::Answered, "{report:?}");
    let account = account(&stage).await;
    assert_eq!((account.spent.tokens, account.spent.steps, account.spent.turns), (800, 2, 1));
    assert!(snapshot(&stage).await.reservations.is_empty(), "nothing is left set aside");
}

#[tokio::test]
async fn a_turn_ends_before_a_request_that_the_session_cannot_pay() {
    let echo = FakeTool::new("echo").shared();
    let stage = stage(&[&echo]).await;
    let replies = (0..9).map(|_| used(Reply::new().call("echo", "{}"))).collect();
    let report = turn(&stage, tokens(1000), replies).await;
    let why = report.error.clone().unwrap_or_default();
    assert_eq!(report.reason, StopReason::BudgetLimit, "{report:?}");
    assert!(why.contains("1000 tokens"), "{why}");
    assert_eq!((report.steps, echo.runs().len()), (3, 3), "the third request went beyond, and no fourth was made");

    // The limit holds for the session: the next turn is written down and not begun, one with a higher limit goes on.
    let report = turn(&stage, tokens(1000), vec![Reply::say("never said")]).await;
    assert_eq!((report.reason, report.steps), (StopReason::BudgetLimit, 0));
    let report = turn(&stage, tokens(5000), vec![used(Reply::say("said"))]).await;
    assert_eq!((report.reason, report.text.as_str()), (StopReason::Answered, "said"));
    let asked = conversation_from(&stage.events().await);
    let prompts = asked.messages().iter().filter(|message| matches!(message, Message::User { .. })).count();
    assert_eq!(prompts, 3, "nothing that the person said is lost");
}

#[tokio::test]
async fn requests_and_turns_have_limits_of_their_own() {
    let echo = FakeTool::new("echo").shared();
    let stage = stage(&[&echo]).await;
    let limits = Limits { steps: Some(2), turns: Some(2), ..Limits::default() };
    let replies = (0..9).map(|_| Reply::new().call("echo", "{}")).collect();
    let report = turn(&stage, limits, replies).await;
    assert_eq!((report.reason, report.steps), (StopReason::BudgetLimit, 2));
    let roomy = Limits { turns: Some(2), ..Limits::default() };
    assert_eq!(turn(&stage, roomy, vec![Reply::say("second")]).await.reason, StopReason::Answered);
    let report = turn(&stage, roomy, vec![Reply::say("third")]).await;
    assert!(report.error.unwrap_or_default().contains("2 turns"));
}

#[tokio::test]
async fn a_session_whose_time_is_up_ends_while_the_model_thinks_and_while_a_tool_runs() {
    let slow = FakeTool::new("slow").waits_for_cancel().shared();
    let stage = stage(&[&slow]).await;
    let limits = Limits { milliseconds: Some(150), ..Limits::default() };
    for reply in [Reply::new().hang(), Reply::new().call("slow", "{}")] {
        let began = Instant::now();
        let spent = account_or_nothing(&stage).await;
        let more = Limits { milliseconds: limits.milliseconds.map(|limit| limit + spent), ..limits };
        let report = turn(&stage, more, vec![reply]).await;
        assert_eq!(report.reason, StopReason::BudgetLimit, "{report:?}");
        assert!(report.error.unwrap_or_default().contains("of time"));
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    assert!(300 <= account(&stage).await.spent.milliseconds);
    let ends = stage.events().await;
    let ends = ends.iter().filter(|event| matches!(event.body, Body::TurnFinished { .. })).count();
    assert_eq!(ends, 2, "each turn has its end");
}

async fn account_or_nothing(stage: &Stage) -> u64 {
    snapshot(stage).await.accounts.first().map_or(0, |account| account.spent.milliseconds)
}

#[tokio::test]
async fn what_a_program_that_was_killed_had_set_aside_counts_as_spent() {
    let stage = stage(&[]).await;
    let budget = Budget::of_session(tokens(1000));
    stage
        .journal
        .write(budget.open(stage.journal.batch(Vec::new()), &snapshot(&stage).await))
        .await
        .expect("it is opened");
    let mut run = stage.run(&ScriptedModel::new([Reply::new().text("thinking").hang()]));
    run.budget = Some(budget);
    let heard = Arc::new(tokio::sync::Notify::new());
    let tell = Arc::clone(&heard);
    stage.recorder.react(move |event| {
        if matches!(event, boxagnts_types::StreamEvent::TextDelta { .. }) {
            tell.notify_one();
        }
    });
    let (mut conversation, cancel) = (Conversation::new(), CancellationToken::new());
    tokio::select! {
        report = run.turn(&mut conversation, vec![Content::text("go")], &cancel) => panic!("it ended: {report:?}"),
        () = heard.notified() => {}
    }
    drop(run);
    let before = snapshot(&stage).await;
    assert_eq!(before.reservations.len(), 2, "the turn and its request");
    let report = turn(&stage, tokens(1000), vec![Reply::say("on")]).await;
    assert_eq!(report.reason, StopReason::Answered, "{report:?}");
    let account = account(&stage).await;
    assert_eq!((account.spent.turns, account.spent.steps), (2, 2));
    assert!(64 <= account.spent.tokens, "what was set aside for the lost request: {account:?}");
}
