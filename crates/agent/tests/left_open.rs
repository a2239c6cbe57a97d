//! A program that ends in the middle of a turn, and the one that goes on with its session.

use boxagnts_agent::{Conversation, LeftOpen, Settling, messages_from};
use boxagnts_capability::{Effect, Effects, Mode, Rulebook};
use boxagnts_record::approval::Answer as Recorded;
use boxagnts_record::effect::EffectState;
use boxagnts_record::{Body, Snapshot, Store as _};
use boxagnts_testkit::{FakeTool, Fixture, Reply, ScriptedApprovals, ScriptedModel, Stage};
use boxagnts_tools::{Answer, ToolOutput};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{AgentName, Content, GuestPath, Label, Message, Outcome, StreamEvent};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

fn path(text: &str) -> GuestPath {
    GuestPath::parse(text).expect("a path")
}

/// Reads or writes `a.txt`. The first time it says so and never comes back.
fn tool(name: &str, writes: bool) -> (Arc<FakeTool>, Arc<Notify>) {
    let effect = if writes { Effect::Write(path("a.txt")) } else { Effect::Read(path("a.txt")) };
    let (reached, first) = (Arc::new(Notify::new()), AtomicBool::new(true));
    let tell = Arc::clone(&reached);
    let tool = FakeTool::new(name).effects(move |_| Effects::Exact(vec![effect.clone()]));
    let tool = tool.runs_as(move |_, _| {
        let is_first = first.swap(false, Ordering::Relaxed);
        let tell = Arc::clone(&tell);
        async move {
            if is_first {
                tell.notify_one();
                std::future::pending::<()>().await;
            }
            Ok(ToolOutput::text("ran as usual"))
        }
    });
    (tool.shared(), reached)
}

/// A tool that writes at once, when it may.
fn writer() -> Arc<FakeTool> {
    FakeTool::new("write").effects(|_| Effects::Exact(vec![Effect::Write(path("a.txt"))])).shared()
}

/// Begins a turn, and ends the program, so to speak, at a moment.
async fn killed(stage: &Stage, reply: Reply, moment: &Notify) {
    let run = stage.run(&ScriptedModel::new([reply]));
    let (mut conversation, cancel) = (Conversation::new(), CancellationToken::new());
    tokio::select! {
        report = run.turn(&mut conversation, vec![Content::text("go")], &cancel) => panic!("it ended: {report:?}"),
        () = moment.notified() => {}
    }
}

/// The moment when a question stands.
fn asked(stage: &Stage) -> Arc<Notify> {
    let reached = Arc::new(Notify::new());
    let tell = Arc::clone(&reached);
    stage.recorder.react(move |event| {
        if matches!(event, StreamEvent::ApprovalRequested { .. }) {
            tell.notify_one();
        }
    });
    reached
}

async fn snapshot(stage: &Stage) -> Snapshot {
    stage.store.snapshot(stage.journal.lease().session).await.expect("it can be read")
}

/// Settles what is left open, as the next program does.
async fn settled(stage: &Stage) -> Vec<Message> {
    let (snapshot, chain) = (snapshot(stage).await, [AgentName::main()]);
    let cancel = CancellationToken::new();
    let with = Settling {
        door: &stage.door,
        journal: &stage.journal,
        snapshot: &snapshot,
        chain: &chain,
        context: &Label::PUBLIC,
        listener: &*stage.recorder,
        cancel: &cancel,
    };
    let open = LeftOpen::in_events(&stage.events().await);
    assert!(!open.is_empty());
    open.settle(&with).await.expect("it is settled");
    let events = stage.events().await;
    assert!(LeftOpen::in_events(&events).is_empty(), "nothing is open any more");
    assert_eq!(self::snapshot(stage).await.effects.len(), 0);
    assert!(matches!(
        events.last().map(|event| &event.body),
        Some(Body::TurnFinished { reason: StopReason::Interrupted, .. })
    ));
    messages_from(&events)
}

fn answers(messages: &[Message]) -> Vec<(Outcome, String)> {
    let answers = messages.iter().flat_map(|message| match message {
        Message::Tool { answers } => answers.clone(),
        _ => Vec::new(),
    });
    answers.map(|answer| (answer.outcome, format!("{:?}", answer.content))).collect()
}

#[tokio::test]
async fn a_change_that_was_under_way_is_unknown_and_never_repeated() {
    let (write, reached) = tool("write", true);
    let stage = Fixture::new().tool(&write).rules(Rulebook::defaults(Mode::Bypass)).build().await;
    killed(&stage, Reply::new().call("write", "{}"), &reached).await;
    assert_eq!(snapshot(&stage).await.effects[0].state, EffectState::Intended);
    let answers = answers(&settled(&stage).await);
    assert_eq!((answers.len(), answers[0].0, write.runs().len()), (1, Outcome::Unknown, 1));
    assert!(answers[0].1.contains("look before doing it again"), "the model reads it: {answers:?}");
    let is_told = |event: &StreamEvent| matches!(event, StreamEvent::CallFinished { outcome: Outcome::Unknown, .. });
    assert!(stage.recorder.events().iter().any(is_told), "the person sees it");
}

#[tokio::test]
async fn a_reading_that_was_under_way_is_run_again() {
    let (read, reached) = tool("read", false);
    let stage = Fixture::new().tool(&read).build().await;
    killed(&stage, Reply::new().call("read", "{}"), &reached).await;
    let answers = answers(&settled(&stage).await);
    assert_eq!((answers.len(), answers[0].0, read.runs().len()), (1, Outcome::Done, 2));
    assert!(answers[0].1.contains("ran as usual"), "{answers:?}");
}

#[tokio::test]
async fn a_call_that_was_not_begun_is_not_begun_later() {
    let ((write, reached), (later, _)) = (tool("write", true), tool("later", true));
    let rules = Rulebook::defaults(Mode::Bypass);
    let stage = Fixture::new().tool(&write).tool(&later).rules(rules).build().await;
    killed(&stage, Reply::new().call("write", "{}").call("later", "{}"), &reached).await;
    let answers = answers(&settled(&stage).await);
    let outcomes: Vec<Outcome> = answers.iter().map(|answer| answer.0).collect();
    assert_eq!((outcomes, later.runs().len()), (vec![Outcome::Unknown, Outcome::Cancelled], 0));
    assert!(answers[1].1.contains("has changed nothing"), "{answers:?}");
}

#[tokio::test]
async fn a_question_that_stood_is_asked_again_and_once() {
    let write = writer();
    let person = ScriptedApprovals::then_silence([]);
    let stage = Fixture::new().tool(&write).approvals(Arc::clone(&person)).build().await;
    killed(&stage, Reply::new().call("write", "{}"), &asked(&stage)).await;
    assert_eq!((snapshot(&stage).await.approvals.len(), write.runs().len()), (1, 0));
    person.then([Answer::Once]);
    let answers = answers(&settled(&stage).await);
    assert_eq!((answers.len(), answers[0].0, write.runs().len()), (1, Outcome::Done, 1));
    let questions = person.questions();
    assert_eq!(questions.len(), 2, "once by each program");
    assert_eq!(questions[0].fingerprint, questions[1].fingerprint);
    assert!(snapshot(&stage).await.approvals.is_empty(), "it is used up");
}

#[tokio::test]
async fn an_answer_that_came_while_nobody_ran_the_session_counts_once() {
    for (word, outcome, runs) in
        [("once", Outcome::Done, 1), ("denied", Outcome::Denied, 0), ("maybe", Outcome::Denied, 0)]
    {
        let write = writer();
        let person = ScriptedApprovals::then_silence([]);
        let stage = Fixture::new().tool(&write).approvals(Arc::clone(&person)).build().await;
        killed(&stage, Reply::new().call("write", "{}"), &asked(&stage)).await;
        let approval = snapshot(&stage).await.approvals[0].clone();
        let recorded = Recorded {
            session: stage.journal.lease().session,
            call: approval.call,
            fingerprint: approval.fingerprint.clone(),
            answer: word.to_owned(),
            by: "another process".to_owned(),
        };
        stage.store.answer(recorded.clone()).await.expect("nobody was faster");
        let answers = answers(&settled(&stage).await);
        assert_eq!((answers[0].0, write.runs().len()), (outcome, runs), "{word}");
        assert_eq!(person.questions().len(), 1, "nobody is asked again");
        assert!(stage.store.answer(recorded).await.is_err(), "it is closed");
    }
}

#[tokio::test]
async fn an_answer_from_another_process_reaches_a_call_that_waits() {
    let write = writer();
    let person = ScriptedApprovals::then_silence([]);
    let stage = Fixture::new().tool(&write).approvals(Arc::clone(&person)).build().await;
    let (asked, store, session) = (asked(&stage), Arc::clone(&stage.store), stage.journal.lease().session);
    let run = stage.run(&ScriptedModel::new([Reply::new().call("write", "{}"), Reply::say("done")]));
    let (mut conversation, cancel) = (Conversation::new(), CancellationToken::new());
    let elsewhere = async {
        asked.notified().await;
        let approval = store.snapshot(session).await.expect("it can be read").approvals[0].clone();
        let (call, fingerprint) = (approval.call, approval.fingerprint);
        let (answer, by) = ("once".to_owned(), "another process".to_owned());
        store.answer(Recorded { session, call, fingerprint, answer, by }).await.expect("nobody was faster");
    };
    let (report, ()) = tokio::join!(run.turn(&mut conversation, vec![Content::text("go")], &cancel), elsewhere);
    assert_eq!((report.reason, write.runs().len()), (StopReason::Answered, 1));
}
