//! Events to write: one of each kind, and those that are hard to keep.

use crate::commit::Draft;
use crate::event::{Body, DecisionLine, Earlier, Origin};
use boxagnts_types::stream::{Decided, StopReason};
use boxagnts_types::{
    AgentName, CallId, CallRequest, Content, EventId, Label, Outcome, Privacy, RunId, SessionId, Usage,
};
use serde_json::json;
use ulid::Ulid;

const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// One event of each kind, and of each kind of part. Their canonical form is frozen in `tests/golden/events.jsonl`: a
/// kind that is added gets its example here at the end.
pub fn one_of_each() -> Vec<Draft> {
    let mut bodies = begin();
    bodies.extend(call());
    bodies.extend(before_images());
    bodies.extend(end());
    bodies.push(gone_on());
    bodies.push(finished(Outcome::Unknown, false));
    bodies.push(stopped(StopReason::BudgetLimit, None));
    bodies.extend(labelled());
    let mut drafts: Vec<Draft> = bodies.into_iter().map(|body| Draft { body, ..place() }).collect();
    // The first event of a session stands outside every turn.
    drafts[0] = Draft { run: None, agent: None, turn: None, step: None, call: None, cause: None, ..drafts[0].clone() };
    drafts[1].parent_run = Some(RunId::from_ulid(Ulid::from_parts(3, 1)));
    drafts
}

fn place() -> Draft {
    Draft {
        run: Some(RunId::from_ulid(Ulid::from_parts(4, 1))),
        parent_run: None,
        agent: Some(AgentName::main()),
        turn: Some(1),
        step: Some(2),
        call: Some(call_id()),
        cause: Some(EventId::from_ulid(Ulid::from_parts(6, 1))),
        body: Body::CallIntended { fingerprint: String::new() },
    }
}

fn call_id() -> CallId {
    CallId::from_ulid(Ulid::from_parts(5, 1))
}

fn begin() -> Vec<Body> {
    vec![
        Body::SessionStarted { folder: "/home/ada/notes".to_owned(), version: "0.1.0".to_owned(), origin: None },
        Body::TurnStarted {
            prompt: vec![
                Content::text("Grüße, 世界 \u{1f600}\n\"quoted\" \\ \u{7f}\u{0}"),
                Content::Json { value: json!({"b": 1.5, "a": [true, null, "x"], "\u{20ac}": 1e30}) },
                Content::Image { media_type: "image/png".to_owned(), bytes: vec![0, 255, 128] },
                Content::File { path: "/workspace/a b.txt".to_owned() },
            ],
            model: "demo/tour".to_owned(),
            mode: "ask".to_owned(),
            tools: vec!["read".to_owned(), "write".to_owned()],
            max_label: None,
        },
        Body::Message {
            text: "I look.".to_owned(),
            calls: vec![CallRequest {
                id: call_id(),
                model_id: "call_1".to_owned(),
                tool: "read".to_owned(),
                input: "{\"path\":\"a".to_owned(),
            }],
            usage: Usage { input: 1200, output: 34 },
            label: None,
        },
    ]
}

fn call() -> Vec<Body> {
    let lines = ["allow", "ask", "deny"].map(|verdict| DecisionLine {
        effect: "fs.write:/workspace/out".to_owned(),
        verdict: verdict.to_owned(),
        rule: "built-in: ask fs.write:/workspace".to_owned(),
    });
    let fingerprint = || DIGEST.to_owned();
    let tool = || "write".to_owned();
    vec![
        Body::CallDecided {
            tool: tool(),
            verdict: "ask".to_owned(),
            lines: lines.to_vec(),
            fingerprint: Some(fingerprint()),
        },
        Body::CallDecided { tool: tool(), verdict: "deny".to_owned(), lines: Vec::new(), fingerprint: None },
        Body::ApprovalRequested {
            effects: vec!["fs.write:/workspace/out".to_owned()],
            fingerprint: fingerprint(),
            flow: None,
        },
        Body::ApprovalResolved { answer: "once".to_owned(), fingerprint: fingerprint() },
        Body::CallIntended { fingerprint: fingerprint() },
    ]
}

fn before_images() -> Vec<Body> {
    let states = [
        Earlier::Absent,
        Earlier::File { digest: DIGEST.to_owned(), bytes: 3, mode: 0o644 },
        Earlier::Link { target: "../elsewhere".to_owned() },
        Earlier::Folder,
        Earlier::Moved { to: "/workspace/new".to_owned() },
    ];
    states.map(|earlier| Body::FileBefore { path: "/workspace/out".to_owned(), earlier }).to_vec()
}

fn finished(outcome: Outcome, truncated: bool) -> Body {
    let content = vec![Content::text(outcome.to_string())];
    Body::CallFinished { tool: "write".to_owned(), outcome, content, truncated, micros: 1_234, label: None }
}

fn stopped(reason: StopReason, error: Option<&str>) -> Body {
    let (usage, error) = (Usage { input: 2400, output: 68 }, error.map(str::to_owned));
    Body::TurnFinished { reason, text: "Done.".to_owned(), usage, steps: 2, error }
}

fn end() -> Vec<Body> {
    let effect = |decision, count, bytes| Body::Effect {
        effect: "fs.write:/workspace/out".to_owned(),
        decision,
        rule: "answer: once".to_owned(),
        count,
        bytes,
    };
    let mut bodies = vec![effect(Decided::Allowed, 3, 4096), effect(Decided::Refused, 1, 0)];
    bodies.extend(
        [Outcome::Done, Outcome::Rejected, Outcome::Denied, Outcome::Limited, Outcome::Cancelled, Outcome::Broken]
            .map(|outcome| finished(outcome, outcome == Outcome::Limited)),
    );
    bodies.extend([
        stopped(StopReason::Answered, None),
        stopped(StopReason::StepLimit, None),
        stopped(StopReason::Repeats, None),
        stopped(StopReason::Interrupted, None),
        stopped(StopReason::ToolBroken, Some("the guest trapped")),
        stopped(StopReason::ModelFailed, Some("no answer within 300 s")),
        stopped(StopReason::RecordFailed, Some("no space left")),
    ]);
    bodies
}

fn gone_on() -> Body {
    let session = SessionId::from_ulid(Ulid::from_parts(7, 1));
    let origin = Some(Origin { session, seq: 28, chain: DIGEST.to_owned() });
    Body::SessionStarted { folder: "/home/ada/notes".to_owned(), version: "0.2.0".to_owned(), origin }
}

/// What has a label, or words about a flow.
fn labelled() -> Vec<Body> {
    let label = Label::untrusted("https://docs.example.com").join(&Label::private("/workspace/.env"));
    let (content, tool) = (vec![Content::text("KEY=1")], "read".to_owned());
    vec![
        Body::TurnStarted {
            prompt: Vec::new(),
            model: "openai/x".to_owned(),
            mode: "ask".to_owned(),
            tools: Vec::new(),
            max_label: Some(Privacy::Internal),
        },
        Body::Message {
            text: "I look.".to_owned(),
            calls: Vec::new(),
            usage: Usage::default(),
            label: Some(Label::INTERNAL),
        },
        Body::ApprovalRequested {
            effects: vec!["network.get:https://b.example.com/".to_owned()],
            fingerprint: DIGEST.to_owned(),
            flow: Some("untrusted text was read: https://docs.example.com".to_owned()),
        },
        Body::CallFinished { tool, outcome: Outcome::Done, content, truncated: false, micros: 1, label: Some(label) },
    ]
}

/// Bodies that a careless encoding would change or could not read again.
pub fn restless() -> Vec<Body> {
    let huge = Usage { input: u64::MAX, output: u64::MAX - 1 };
    let deep = (0..120).fold(json!(u64::MAX), |inner, _| json!([inner]));
    let values =
        [json!(u64::MAX), json!(i64::MIN), json!(-0.0), json!(1.0), json!(5e-324), json!({"": {"a": 1e21}}), deep];
    let content = values.into_iter().map(|value| Content::Json { value }).collect();
    vec![
        Body::Message {
            text: "\u{2028}\u{0}\u{feff}\u{10ffff}".to_owned(),
            calls: Vec::new(),
            usage: huge,
            label: None,
        },
        Body::CallFinished {
            tool: "\u{1b}[2J".to_owned(),
            outcome: Outcome::Done,
            content,
            truncated: false,
            micros: u64::MAX,
            label: None,
        },
        Body::FileBefore {
            path: "/workspace/sparse".to_owned(),
            earlier: Earlier::File { digest: DIGEST.to_owned(), bytes: u64::MAX, mode: u32::MAX },
        },
        Body::CallFinished {
            tool: "read".to_owned(),
            outcome: Outcome::Done,
            content: vec![Content::text("x".repeat(1 << 20))],
            truncated: true,
            micros: 0,
            label: None,
        },
    ]
}
