//! What the log of the journal says about a turn, and what happens when it cannot be written.

use boxagnts_agent::Conversation;
use boxagnts_capability::{Capability, Effect, Effects, Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_record::{Fact, Receipt, Store as _};
use boxagnts_testkit::{FakeTool, Fixture, Reply, ScriptedApprovals, ScriptedModel, Stage};
use boxagnts_tools::{Answer, ToolContext, ToolOutput};
use boxagnts_types::stream::{Decided, StopReason};
use boxagnts_types::{Content, GuestPath};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

fn path(text: &str) -> GuestPath {
    GuestPath::parse(text).expect("a path")
}

/// Reads a thousand files and is refused one.
fn reader() -> Arc<FakeTool> {
    let tool =
        FakeTool::new("grep").effects(|_| Effects::Envelope(vec!["fs.read:/workspace".parse().expect("a capability")]));
    tool.runs_as(|_, ToolContext { ledger, permit, .. }| async move {
        for number in 0..1000 {
            let effect = Effect::Read(path(&format!("file-{number:03}")));
            let rule = permit.check(&effect).expect("reading is allowed");
            ledger.allowed_at("fs.read", rule.as_str(), effect.path().expect("a path").as_str(), || effect.to_string());
            ledger.bytes("fs.read", rule.as_str(), 10);
        }
        ledger.refused(&permit.check(&Effect::Read(path(".boxagnts/x"))).expect_err("it is protected"));
        Ok(ToolOutput::text("ok"))
    })
    .shared()
}

fn writer() -> Arc<FakeTool> {
    FakeTool::new("write").effects(|_| Effects::Exact(vec![Effect::Write(path("a.txt"))])).shared()
}

async fn turn(stage: &Stage, replies: Vec<Reply>) -> StopReason {
    let (mut conversation, cancel) = (Conversation::new(), CancellationToken::new());
    let run = stage.run(&ScriptedModel::new(replies));
    run.turn(&mut conversation, vec![Content::text("go")], &cancel).await.reason
}

async fn log(stage: &Stage) -> Vec<Receipt> {
    let rows = stage.store.log(0, usize::MAX).await.expect("the log can be read");
    rows.iter().map(|row| Receipt::from_canonical(&row.json).expect("it was written")).collect()
}

#[tokio::test]
async fn what_a_call_touched_is_folded_and_named_and_what_it_was_refused_keeps_its_line() {
    let stage = Fixture::new().tool(&reader()).build().await;
    turn(&stage, vec![Reply::new().call("grep", "{}"), Reply::say("done")]).await;
    let log = log(&stage).await;
    let [began, allowed, refused] = &log[..] else { panic!("{log:?}") };
    assert!(matches!(began.fact, Fact::Began { brought_from: None }));
    let Fact::Effect { tool, count: 1000, bytes: 10_000, decision: Decided::Allowed, touched, .. } = &allowed.fact
    else {
        panic!("{allowed:?}")
    };
    let digest = touched.as_ref().and_then(|touched| touched.digest.clone()).expect("a thousand are named by a digest");
    let list = stage.store.list(digest).await.expect("it can be read").expect("it is kept");
    let expected: String = (0..1000).map(|number| format!("/workspace/file-{number:03}\n")).collect();
    // The list is sorted as text is.
    let mut lines: Vec<&str> = expected.lines().collect();
    lines.sort_unstable();
    assert!((tool.as_str(), list.lines().collect::<Vec<_>>()) == ("grep", lines));
    assert!(
        matches!(&refused.fact, Fact::Effect { decision: Decided::Refused, effect, .. } if effect.ends_with(".boxagnts/x"))
    );
    assert!(allowed.run.is_some() && allowed.agent.is_some() && allowed.call.is_some() && allowed.session.is_some());
}

#[tokio::test]
async fn who_said_yes_and_that_a_change_was_intended_stand_before_it() {
    let stage = Fixture::new().tool(&writer()).approvals(ScriptedApprovals::new([Answer::Once])).build().await;
    turn(&stage, vec![Reply::new().call("write", "{}"), Reply::say("done")]).await;
    let log = log(&stage).await;
    let [_, answered, intended] = &log[..] else { panic!("{log:?}") };
    let Fact::Answered { answer, by, effects, fingerprint } = &answered.fact else { panic!("{answered:?}") };
    assert_eq!((answer.as_str(), by.as_deref()), ("once", Some("the terminal of the session")));
    assert_eq!(effects, &["fs.write:/workspace/a.txt"]);
    assert!(
        matches!(&intended.fact, Fact::Intended { tool, fingerprint: same } if tool == "write" && same == fingerprint)
    );
}

#[tokio::test]
async fn a_no_and_nobody_there_are_recorded_with_what_they_refused() {
    for (approvals, word, by) in [
        (ScriptedApprovals::new([Answer::No]), "denied", Some("the terminal of the session")),
        (ScriptedApprovals::nobody(), "nobody", None),
    ] {
        let stage = Fixture::new().tool(&writer()).approvals(approvals).build().await;
        turn(&stage, vec![Reply::new().call("write", "{}"), Reply::say("done")]).await;
        let log = log(&stage).await;
        let [_, answered, refused] = &log[..] else { panic!("{log:?}") };
        let Fact::Answered { answer, by: who, .. } = &answered.fact else { panic!("{answered:?}") };
        assert_eq!((answer.as_str(), who.as_deref()), (word, by));
        assert!(matches!(&refused.fact, Fact::Effect { decision: Decided::Refused, .. }));
    }
}

/// Wherever the journal stops taking anything, no tool runs from there on, and each one that ran was intended before.
#[tokio::test]
async fn effects_stop_when_their_receipts_cannot_be_written() {
    let allow = Rule {
        verdict: Verdict::Allow,
        capability: "fs.write:/workspace".parse::<Capability>().expect("a capability"),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    let mut most = 0;
    for good in 0..12 {
        let tool = writer();
        let rules = Rulebook::defaults(Mode::Ask).with(allow.clone());
        let stage = Fixture::new().tool(&tool).rules(rules).journal_fails_after(good).build().await;
        let call = || Reply::new().call("write", "{}");
        let reason = turn(&stage, vec![call(), call(), Reply::say("done")]).await;
        let (ran, log) = (tool.runs().len(), log(&stage).await);
        let intended = log.iter().filter(|receipt| matches!(receipt.fact, Fact::Intended { .. })).count();
        assert_eq!(ran, intended, "after {good} commits");
        assert_eq!(reason == StopReason::RecordFailed, stage.store.commits() > good, "after {good} commits");
        most = most.max(ran);
    }
    assert_eq!(most, 2, "with enough commits both ran");
}
