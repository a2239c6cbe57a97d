//! What an answer binds to, how long a question stands, and how often a person is asked.

use crate::scene::{Scene, kinds, scene, scene_with, text};
use boxagnts_capability::{Layer, Mode, Rule, Subject, Verdict};
use boxagnts_record::Body;
use boxagnts_record::approval::{self, ApprovalState};
use boxagnts_tools::comparison::Side;
use boxagnts_tools::patience::QuestionLimits;
use boxagnts_tools::{Answer, Answered, Approvals, Door, Question, Sight, Witness};
use boxagnts_types::{AgentName, CallId, CallRequest, GuestPath, Label, Outcome};
use futures::future::BoxFuture;
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Sees a file whose content is a number, which somebody may change.
#[derive(Default)]
struct Disk(AtomicU32);

impl Witness for Disk {
    fn look<'a>(&'a self, _: &'a GuestPath) -> BoxFuture<'a, Sight> {
        let content = self.0.load(Ordering::Relaxed).to_string();
        Box::pin(std::future::ready(Sight { mark: content.clone(), side: Some(Side::of(content.into_bytes())) }))
    }
}

/// Says yes, after somebody changed the file.
struct Meddler(Arc<Disk>, Mutex<Vec<Question>>);

impl Approvals for Meddler {
    fn ask(&self, question: Question) -> BoxFuture<'_, Answer> {
        self.1.lock().unwrap().push(question);
        self.0.0.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Answer::Session))
    }
}

/// Never answers.
struct Away;

impl Approvals for Away {
    fn ask(&self, _: Question) -> BoxFuture<'_, Answer> {
        Box::pin(std::future::pending())
    }
}

fn rule(verdict: Verdict, text: &str) -> Rule {
    Rule { verdict, capability: text.parse().unwrap(), layer: Layer::Granted, subject: Subject::BuiltIn }
}

/// The fingerprints of the questions that were put, in order.
async fn prints(scene: &Scene) -> Vec<String> {
    let print = |body: Body| match body {
        Body::ApprovalRequested { fingerprint, .. } => Some(fingerprint),
        _ => None,
    };
    scene.bodies().await.into_iter().filter_map(print).collect()
}

#[tokio::test]
async fn e03_a_yes_to_a_file_that_was_changed_meanwhile_permits_nothing() {
    let disk = Arc::new(Disk::default());
    let meddler = Arc::new(Meddler(Arc::clone(&disk), Mutex::default()));
    let scene = scene_with(Mode::Ask, Arc::clone(&meddler) as _, |door| door.with_witness(disk)).await;
    let answered = scene.write("a.txt").await;
    assert_eq!((answered.answer.outcome, scene.ran()), (Outcome::Denied, 0));
    assert!(text(&answered).contains("changed while the question stood"), "{answered:?}");
    // It was no yes for later either.
    scene.write("a.txt").await;
    assert_eq!(meddler.1.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_yes_to_a_file_that_nobody_changed_permits_the_call() {
    let disk = Arc::new(Disk::default());
    let scene = scene(Mode::Ask, Answer::Once).await.and_door(|door| door.with_witness(disk));
    assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Done);
}

#[tokio::test]
async fn e02_an_answer_binds_to_the_input_the_files_and_the_rules() {
    let disk = Arc::new(Disk::default());
    let witness = Arc::clone(&disk);
    let scene = scene(Mode::Ask, Answer::Once).await.and_door(|door| door.with_witness(witness));
    scene.write("a.txt").await;
    scene.write("a.txt").await;
    disk.0.fetch_add(1, Ordering::Relaxed);
    scene.write("a.txt").await;
    scene.authority.add(rule(Verdict::Ask, "fs.write:/workspace/a.txt"));
    scene.write("a.txt").await;
    scene.call("write", r#"{"path":"a.txt","times":1}"#).await;
    let prints = prints(&scene).await;
    assert_eq!(prints[0], prints[1], "the same call under the same rules about the same file");
    let different: std::collections::BTreeSet<&String> = prints.iter().collect();
    assert_eq!(different.len(), 4, "{prints:?}");
}

#[tokio::test]
async fn e02_an_answer_that_came_for_the_earlier_file_is_not_used_for_the_later_one() {
    let disk = Arc::new(Disk::default());
    let witness = Arc::clone(&disk);
    let scene = scene_with(Mode::Ask, Arc::new(Away), |door| door.with_witness(witness)).await;
    let id = CallId::mint(&*scene.stamp);
    // The question stands when the program ends.
    let first = scene.ask_and_leave(id, r#"{"path":"a.txt"}"#).await;
    scene.answer(id, &first, "once").await;
    disk.0.fetch_add(1, Ordering::Relaxed);
    let second = scene.ask_and_leave(id, r#"{"path":"a.txt"}"#).await;
    assert_ne!(first, second);
    assert_eq!(scene.ran(), 0);
    let open = scene.open_questions().await;
    assert_eq!(open, [(second, ApprovalState::Asked)], "the earlier one is withdrawn");
}

#[tokio::test]
async fn a_question_that_nobody_answers_expires_and_denies() {
    let scene =
        scene_with(Mode::Ask, Arc::new(Away), |door| door.with_questions_standing_for(Duration::from_millis(5))).await;
    let answered = scene.write("a.txt").await;
    assert_eq!((answered.answer.outcome, answered.unanswered, scene.ran()), (Outcome::Denied, true, 0));
    assert!(text(&answered).contains("before the question expired"), "{answered:?}");
    assert!(scene.open_questions().await.is_empty());
    assert_eq!(kinds(&scene.bodies().await), ["decided", "requested", "resolved", "effect", "finished"]);
}

#[tokio::test]
async fn x06_an_answer_to_a_question_that_expired_while_nobody_looked_counts_for_nothing() {
    for (hours, outcome) in [(23, Outcome::Done), (24, Outcome::Denied)] {
        let scene = scene_with(Mode::Ask, Arc::new(Away), |door| door).await;
        let id = CallId::mint(&*scene.stamp);
        let print = scene.ask_and_leave(id, r#"{"path":"a.txt"}"#).await;
        scene.answer(id, &print, "once").await;
        scene.stamp.advance(Duration::from_hours(hours));
        let answered = scene.call_as(id, r#"{"path":"a.txt"}"#).await;
        assert_eq!(answered.answer.outcome, outcome, "after {hours} hours");
        // However the clock is set back, it is not revived.
        scene.stamp.set_calendar(boxagnts_record::stamp::ManualStamp::BEGIN);
        assert!(scene.open_questions().await.is_empty());
        assert!(scene.try_answer(id, &print, "once").await.is_err());
    }
}

/// Whoever writes into the journal without our words says nothing.
#[tokio::test]
async fn a_word_that_is_no_answer_is_a_no() {
    for (word, outcome) in [("once", Outcome::Done), ("sure", Outcome::Denied), ("", Outcome::Denied)] {
        let scene = scene_with(Mode::Ask, Arc::new(Away), |door| door).await;
        let id = CallId::mint(&*scene.stamp);
        let print = scene.ask_and_leave(id, r#"{"path":"a.txt"}"#).await;
        scene.answer(id, &print, word).await;
        let answered = scene.call_as(id, r#"{"path":"a.txt"}"#).await;
        assert_eq!(answered.answer.outcome, outcome, "{word:?}");
        assert_eq!(scene.ran(), usize::from(outcome == Outcome::Done), "{word:?}");
    }
}

#[tokio::test]
async fn e04_a_turn_asks_only_so_often_and_what_was_refused_is_not_asked_again() {
    let scene = scene(Mode::Ask, Answer::No).await;
    for _ in 0..3 {
        assert_eq!(scene.write("a.txt").await.answer.outcome, Outcome::Denied);
    }
    assert_eq!(scene.person.1.lock().unwrap().len(), 1, "the same call is asked about once");
    for number in 0..500 {
        scene.write(&format!("{number}.txt")).await;
    }
    assert_eq!(scene.person.1.lock().unwrap().len(), 50);
    let last = scene.write("the bad one.txt").await;
    assert_eq!((last.answer.outcome, scene.ran()), (Outcome::Denied, 0));
    assert!(text(&last).contains("a turn may ask only so often"), "{last:?}");
}

impl Scene {
    /// The same scene with another door.
    fn and_door(mut self, change: impl FnOnce(Door) -> Door) -> Self {
        self.door = change(self.door);
        self
    }

    async fn call_as(&self, id: CallId, input: &str) -> Answered {
        let request = CallRequest { id, model_id: String::new(), tool: "write".to_owned(), input: input.to_owned() };
        self.door.call(request, &self.journal, &[AgentName::main()], &Label::PUBLIC, &self.cancel).await.unwrap()
    }

    /// Asks, and ends before there is an answer, as a killed program does. Gives back what the answer would bind to.
    async fn ask_and_leave(&self, id: CallId, input: &str) -> String {
        let asked = prints(self).await.len();
        tokio::select! {
            biased;
            answered = self.call_as(id, input) => panic!("{answered:?}"),
            () = async {
                while prints(self).await.len() == asked {
                    tokio::task::yield_now().await;
                }
                // The timer of the question is set in a commit of its own.
                for _ in 0..100 {
                    tokio::task::yield_now().await;
                }
            } => {}
        }
        prints(self).await.pop().unwrap()
    }

    async fn try_answer(&self, call: CallId, print: &str, word: &str) -> Result<(), boxagnts_record::StoreError> {
        let session = self.journal.lease().session;
        let (fingerprint, answer, by) = (print.to_owned(), word.to_owned(), "a test".to_owned());
        self.journal.store().answer(approval::Answer { session, call, fingerprint, answer, by }).await
    }

    async fn answer(&self, call: CallId, print: &str, word: &str) {
        self.try_answer(call, print, word).await.unwrap();
    }

    async fn open_questions(&self) -> Vec<(String, ApprovalState)> {
        let snapshot = self.journal.store().snapshot(self.journal.lease().session).await.unwrap();
        snapshot.approvals.into_iter().map(|approval| (approval.fingerprint, approval.state)).collect()
    }
}

/// The person says how often.
#[tokio::test]
async fn a_call_and_a_turn_ask_no_more_often_than_the_person_says() {
    let limited = |of_call, of_turn| move |door: Door| door.with_question_limits(QuestionLimits { of_call, of_turn });
    let scene = self::scene(Mode::Ask, Answer::No).await.and_door(limited(5, 2));
    for number in 0..9 {
        scene.write(&format!("{number}.txt")).await;
    }
    assert_eq!(scene.person.1.lock().unwrap().len(), 2);
    let scene = self::scene(Mode::Ask, Answer::Once).await.and_door(limited(1, 50));
    scene.call("write", &json!({"path": "asks", "times": 5}).to_string()).await;
    assert_eq!(scene.person.1.lock().unwrap().len(), 1);
}

/// What a running call asks counts for the turn as well.
#[tokio::test]
async fn questions_of_running_calls_count_for_the_turn_too() {
    let scene = scene(Mode::Ask, Answer::Once).await;
    for _ in 0..12 {
        scene.call("write", &json!({"path": "asks", "times": 5}).to_string()).await;
    }
    assert_eq!(scene.person.1.lock().unwrap().len(), 50);
}
