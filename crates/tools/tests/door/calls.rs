//! From the model's request to its answer.

use crate::scene::{Writer, kinds, scene, text};
use boxagnts_capability::{Authority, Capability, Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_record::store::Claim;
use boxagnts_tools::{Access, Answer, Door, Registry};
use boxagnts_types::scrub::Scrub;
use boxagnts_types::{CallId, CallRequest, Label, Outcome, PrincipalId, ToolName};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Knows one word.
struct Word;

impl Scrub for Word {
    fn knows_nothing(&self) -> bool {
        false
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        bytes.windows(7).any(|window| window == b"written")
    }

    fn cover(&self, bytes: &mut [u8]) {
        while let Some(at) = bytes.windows(7).position(|window| window == b"written") {
            bytes[at..at + 7].fill(b'*');
        }
    }

    fn open_end(&self, _: &[u8]) -> usize {
        0
    }
}

#[tokio::test]
async fn d03_a_secret_in_a_result_reaches_nobody_and_one_in_an_input_reaches_the_tool_alone() {
    let mut scene = scene(Mode::Ask, Answer::Once).await;
    assert!(text(&scene.write("a.txt").await).contains("written"), "the control: nothing covers it");
    scene.door = scene.door.scrubbed(Arc::new(Word));
    assert!(text(&scene.write("a.txt").await).contains("*******"));
    scene.journal = scene.journal.scrubbed(Arc::new(Word));
    let before = scene.bodies().await.len();
    assert_eq!(scene.write("written.txt").await.answer.outcome, Outcome::Done);
    let recorded = format!("{:?}", &scene.bodies().await[before..]);
    assert!(recorded.contains("fs.write:/workspace/*******.txt") && !recorded.contains("written"), "{recorded}");
    let snapshot = scene.journal.store().snapshot(scene.journal.lease().session).await.unwrap();
    assert!(snapshot.approvals.iter().all(|approval| !approval.question.contains("written")), "{snapshot:?}");
    // The law, the person's own question and the tool have the path as it is.
    assert!(scene.person.1.lock().unwrap()[2].effects[0].contains("/written.txt"));
}

#[tokio::test]
async fn a_yes_lets_exactly_this_call_run_and_the_next_one_is_asked_again() {
    let scene = scene(Mode::Ask, Answer::Once).await;
    assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Done);
    assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Done);
    assert_eq!((scene.ran(), scene.person.1.lock().unwrap().len()), (2, 2));
    let expected = ["decided", "requested", "resolved", "intended", "finished"];
    assert_eq!(kinds(&scene.bodies().await), [expected, expected].concat());
}

#[tokio::test]
async fn a_yes_for_the_session_is_remembered_for_the_same_effect_only() {
    let scene = scene(Mode::Ask, Answer::Session).await;
    scene.write("a.txt").await;
    scene.write("a.txt").await;
    assert_eq!(scene.person.1.lock().unwrap().len(), 1);
    scene.write("b.txt").await;
    assert_eq!(scene.person.1.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_no_keeps_the_tool_from_running() {
    let scene = scene(Mode::Ask, Answer::No).await;
    let answered = scene.write("a.txt").await;
    assert_eq!((answered.answer.outcome, answered.unanswered, scene.ran()), (Outcome::Denied, false, 0));
    assert_eq!(kinds(&scene.bodies().await), ["decided", "requested", "resolved", "effect", "finished"]);
}

#[tokio::test]
async fn nobody_there_is_a_no_that_names_the_grant() {
    let scene = scene(Mode::Ask, Answer::Nobody).await;
    let answered = scene.write("a.txt").await;
    assert!(answered.unanswered);
    assert!(text(&answered).contains("needs fs.write:/workspace/a.txt"), "{answered:?}");
    assert_eq!(scene.ran(), 0);
}

#[tokio::test]
async fn a_running_call_asks_and_both_question_and_answer_are_in_the_journal_in_order() {
    let scene = scene(Mode::Ask, Answer::Once).await;
    let answered = scene.asks(1, Some("a: new file")).await;
    assert!(text(&answered).contains("Ok(()) true"), "{answered:?}");
    assert_eq!(kinds(&scene.bodies().await), ["decided", "intended", "requested", "resolved", "finished"]);
    let questions = scene.person.1.lock().unwrap();
    assert_eq!(questions[0].effects, ["fs.write:/workspace/file-0"]);
    assert_eq!(questions[0].changes.as_deref(), Some("a: new file"));
}

#[tokio::test]
async fn a_no_to_a_running_call_leaves_the_permit_as_it_was() {
    for (answer, said, unanswered) in
        [(Answer::No, "Err(PersonSaidNo) false", false), (Answer::Nobody, "Err(NobodyThere) false", true)]
    {
        let scene = scene(Mode::Ask, answer).await;
        let answered = scene.asks(1, None).await;
        assert!(text(&answered).contains(said), "{answered:?}");
        assert_eq!(answered.unanswered, unanswered);
    }
}

#[tokio::test]
async fn a_running_call_asks_only_so_often() {
    let scene = scene(Mode::Ask, Answer::Once).await;
    let answered = scene.asks(7, None).await;
    assert_eq!(text(&answered).matches("Ok(()) true").count(), 5, "{answered:?}");
    assert_eq!(text(&answered).matches("Err(TooMany) false").count(), 2);
    assert_eq!(scene.person.1.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn the_same_question_of_a_running_call_can_be_put_again_after_a_no() {
    let scene = scene(Mode::Ask, Answer::No).await;
    let answered = scene.asks(2, Some("same")).await;
    assert_eq!(text(&answered).matches("Err(PersonSaidNo) false").count(), 2, "{answered:?}");
}

#[tokio::test]
async fn an_answer_binds_to_the_changes_that_were_shown() {
    let scene = scene(Mode::Ask, Answer::Once).await;
    // The same input twice, which changes the same, and once more, which does not.
    for changes in ["as before", "as before", "of run {run}", "of run {run}"] {
        scene.asks(1, Some(changes)).await;
    }
    let questions = scene.person.1.lock().unwrap();
    let prints: Vec<&str> = questions.iter().map(|question| question.fingerprint.as_str()).collect();
    assert_eq!(prints[0], prints[1]);
    assert_ne!(prints[2], prints[3]);
}

#[tokio::test]
async fn an_effect_that_is_denied_is_never_asked_about() {
    let scene = scene(Mode::Bypass, Answer::Once).await;
    let answered = scene.write(".git/hooks/pre-commit").await;
    assert_eq!((answered.answer.outcome, scene.ran()), (Outcome::Denied, 0));
    assert!(scene.person.1.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_understood_never_reaches_the_law_or_the_tool() {
    let scene = scene(Mode::Bypass, Answer::Once).await;
    for input in ["{", "[]", "{}", r#"{"path":1}"#, r#"{"path":"a","approved":true}"#, r#"{"path":"a","path":"b"}"#] {
        let answered = scene.call("write", input).await;
        assert_eq!(answered.answer.outcome, Outcome::Rejected, "{input}");
    }
    for tool in ["", "wirte", "../write", "WRITE"] {
        let answered = scene.call(tool, r#"{"path":"a"}"#).await;
        assert!(text(&answered).contains("there are: write"), "{answered:?}");
    }
    assert_eq!(scene.ran(), 0);
    assert!(kinds(&scene.bodies().await).iter().all(|kind| *kind == "finished"));
}

#[tokio::test]
async fn a_tool_that_panics_breaks_its_call_and_nothing_else() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    let answered = scene.write("panic").await;
    assert_eq!(answered.answer.outcome, Outcome::Broken);
    assert!(answered.broken.is_some());
    assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Done);
}

#[tokio::test]
async fn a_tool_that_ignores_a_cancel_is_dropped_within_a_second() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    let started = Instant::now();
    let (answered, ()) = tokio::join!(scene.write("hang"), async {
        while scene.ran() == 0 {
            tokio::task::yield_now().await;
        }
        scene.cancel.cancel();
    });
    assert_eq!(answered.answer.outcome, Outcome::Cancelled);
    assert!(started.elapsed() < Duration::from_secs(1));
    assert_eq!(kinds(&scene.bodies().await).last(), Some(&"finished"));
}

#[tokio::test]
async fn a_cancelled_turn_starts_no_call() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    scene.cancel.cancel();
    assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Cancelled);
    assert_eq!(scene.ran(), 0);
}

#[tokio::test]
async fn a_result_beyond_the_bound_is_cut_and_says_so() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    let answered = scene.write("huge").await;
    assert!(text(&answered).contains("bytes left out"));
    assert!(text(&answered).len() < 70 * 1024);
}

#[tokio::test]
async fn a_tool_gets_its_own_state_back() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    assert!(text(&scene.write("state").await).contains("\"1\""));
    assert!(text(&scene.write("state").await).contains("\"2\""));
}

#[tokio::test]
async fn without_a_journal_nothing_runs() {
    let scene = scene(Mode::Bypass, Answer::No).await;
    // Somebody else takes the session over: from now on this pen cannot write.
    scene.stamp.advance(Duration::from_hours(1));
    let lease = scene.journal.lease();
    let claim = Claim {
        session: lease.session,
        workspace: lease.workspace,
        principal: PrincipalId::local(),
        holder: "another".to_owned(),
        time_to_live: Duration::from_mins(1),
    };
    scene.journal.store().claim(claim).await.unwrap();
    let request = CallRequest {
        id: CallId::mint(&*scene.stamp),
        model_id: String::new(),
        tool: "write".to_owned(),
        input: r#"{"path":"a.txt"}"#.to_owned(),
    };
    assert!(scene.door.call(request, &scene.journal, &[], &Label::PUBLIC, &scene.cancel).await.is_err());
    assert_eq!(scene.ran(), 0);
}

#[tokio::test]
async fn listeners_hear_a_call_from_its_start_to_its_end() {
    let scene = scene(Mode::Ask, Answer::No).await;
    scene.write("a.txt").await;
    let heard = scene.heard.0.lock().unwrap();
    let kinds: Vec<String> =
        heard.iter().map(|event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    let expected = ["call.started", "approval.requested", "approval.resolved", "effect", "call.finished"];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn a_tool_that_was_added_does_not_live_from_the_built_in_defaults() {
    let scene = scene(Mode::Bypass, Answer::Once).await;
    let mut registry = Registry::new();
    let name: ToolName = "foreign".parse().unwrap();
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    let subject = Subject::Tool(name.clone());
    let ran = Arc::new(AtomicUsize::new(0));
    registry.add(Arc::new(Writer { name, schema, subject: subject.clone(), ran: Arc::clone(&ran) })).unwrap();
    let authority = Authority::new(Rulebook::defaults(Mode::Bypass));
    let door = Door::new(registry, authority.clone(), Arc::clone(&scene.person) as _, Arc::clone(&scene.heard) as _);
    let request = || CallRequest {
        id: CallId::mint(&*scene.stamp),
        model_id: String::new(),
        tool: "foreign".to_owned(),
        input: r#"{"path":"a.txt"}"#.to_owned(),
    };
    let answered = door.call(request(), &scene.journal, &[], &Label::PUBLIC, &scene.cancel).await.unwrap();
    assert_eq!((answered.answer.outcome, ran.load(Ordering::Relaxed)), (Outcome::Denied, 0));

    let capability: Capability = "fs.write:/workspace/a.txt".parse().unwrap();
    authority.add(Rule { verdict: Verdict::Allow, capability, layer: Layer::Granted, subject });
    let answered = door.call(request(), &scene.journal, &[], &Label::PUBLIC, &scene.cancel).await.unwrap();
    assert_eq!((answered.answer.outcome, ran.load(Ordering::Relaxed)), (Outcome::Done, 1));
}

/// The model was not told of the tool, and no other caller of the door gets it either.
#[tokio::test]
async fn a_tool_that_the_access_leaves_out_is_refused_at_the_door_and_its_twin_runs() {
    for (access, ran) in [(Access::Full, 1), (Access::ReadOnly, 0), (Access::SearchOnly, 0)] {
        let mut scene = scene(Mode::Bypass, Answer::Once).await;
        scene.door = scene.door.with_access(access);
        let answered = scene.write("a.txt").await;
        assert_eq!(scene.ran(), ran, "{access}");
        if ran == 0 {
            assert_eq!(answered.answer.outcome, Outcome::Denied);
            assert!(text(&answered).contains(access.as_str()), "{answered:?}");
            assert!(scene.door.registry().offers(access).is_empty());
            assert_eq!(kinds(&scene.bodies().await), ["finished"], "one result, and nothing was decided");
        }
    }
}
