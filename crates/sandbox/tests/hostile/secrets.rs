//! Secrets that a guest may use and never holds, and how much it may say to a host that it may ask.

use crate::bench::{Bench, Person};
use boxagnts_capability::{Layer, Mode, Rule, Rulebook, Subject, Verdict};
use boxagnts_egress::{Binding, Vault, Web};
use boxagnts_sandbox::{EffectsPlan, Limits};
use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_types::stream::Decided;
use boxagnts_types::{Content, Secret};
use serde_json::{Value, json};
use std::sync::Arc;

const VALUE: &str = "ghp_0123456789abcdef";

fn rule(verdict: Verdict, text: &str) -> Rule {
    let capability = text.parse().unwrap();
    Rule { verdict, capability, layer: Layer::CommandLine, subject: Subject::BuiltIn }
}

/// A bench that may ask a server, under these further rules; the secret is set for that server.
fn bench(server: &Server, mode: Mode, rules: &[Rule], change: impl FnOnce(&mut Limits)) -> Bench {
    let book = Rulebook::defaults(mode).with(rule(Verdict::Allow, &format!("network:http://{}", server.address)));
    let mut bench = Bench::with(rules.iter().cloned().fold(book, Rulebook::with));
    let to = Binding::parse(&server.address.to_string(), &[]).unwrap();
    let vault = Arc::new(Vault::new([("TOKEN".parse().unwrap(), Secret::new(VALUE), to)], &[]));
    bench.effects = Some(EffectsPlan::Capabilities(vec!["network:*".parse().unwrap(), "secret:*@*".parse().unwrap()]));
    change(&mut bench.limits);
    bench.in_world(|_, world| world.with_web(Arc::new(Web::new().with_vault(vault))))
}

async fn ask(bench: &Bench, requests: Value) -> Vec<Value> {
    let output = bench.call("requests", json!({ "requests": requests })).await.unwrap();
    match &output.content[..] {
        [Content::Json { value: Value::Array(answers) }] => answers.clone(),
        other => panic!("no answers: {other:?}"),
    }
}

fn bearer(server: &Server, token: &str) -> Value {
    json!({ "authority": server.address.to_string(), "fields": [["authorization", format!("Bearer {token}")]] })
}

fn lines(bench: &Bench, decision: Decided) -> Vec<(String, String)> {
    let entries = bench.ledger.entries().into_iter().filter(|entry| entry.decision == decision);
    entries.map(|entry| (entry.effect, entry.rule)).collect()
}

async fn echo() -> Server {
    Server::here(Answer::page("text/plain", format!("you are {VALUE}"))).await
}

#[tokio::test]
async fn d02_a_guest_uses_a_secret_and_never_holds_it() {
    let server = echo().await;
    let bench = bench(&server, Mode::Bypass, &[rule(Verdict::Allow, "secret:TOKEN@127.0.0.1")], |_| {});
    let answers = ask(&bench, json!([bearer(&server, "{{secret:TOKEN}}")])).await;
    assert!(server.heard()[0].contains(&format!("authorization: Bearer {VALUE}\r\n")));
    assert_eq!(answers[0]["body"], format!("you are {}", "*".repeat(VALUE.len())));
    assert!(!answers[0].to_string().contains(VALUE));
    let allowed = lines(&bench, Decided::Allowed);
    assert!(allowed.iter().any(|(effect, _)| effect == "secret:TOKEN@127.0.0.1"), "{allowed:?}");
}

#[tokio::test]
async fn d05_a_placeholder_without_a_grant_is_refused_and_the_receipt_names_it() {
    let server = echo().await;
    let bench = bench(&server, Mode::Bypass, &[], |_| {});
    let answers = ask(&bench, json!([bearer(&server, "{{secret:TOKEN}}"), bearer(&server, "{{secret:NONE}}")])).await;
    assert_eq!(answers[0], answers[1], "one that is there looks like one that is not");
    assert!(answers[0]["error"].as_str().unwrap().contains("HttpRequestDenied"));
    assert_eq!(server.heard(), Vec::<String>::new());
    let refused: Vec<String> = lines(&bench, Decided::Refused).into_iter().map(|(effect, _)| effect).collect();
    assert_eq!(refused, ["secret:TOKEN@127.0.0.1", "secret:NONE@127.0.0.1"]);
}

#[tokio::test]
async fn a_secret_under_a_question_waits_for_the_answer() {
    let server = echo().await;
    let question = rule(Verdict::Ask, "secret:TOKEN@127.0.0.1");
    let mut bench = bench(&server, Mode::Ask, &[question], |_| {});
    bench.person = Person::answers([false, true]);
    let request = bearer(&server, "{{secret:TOKEN}}");
    let answers = ask(&bench, json!([request, request])).await;
    assert!(answers[0]["error"].is_string() && answers[1]["status"] == 200, "{answers:?}");
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn b11_a_guest_that_got_hold_of_a_value_sends_it_nowhere_and_the_person_is_not_even_asked() {
    let (server, other) = (echo().await, echo().await);
    let question = rule(Verdict::Ask, &format!("network:http://{}", other.address));
    let mut bench = bench(&server, Mode::Ask, &[question], |_| {});
    bench.person = Person::answers([true]);
    let answers = ask(&bench, json!([bearer(&server, VALUE), bearer(&other, VALUE)])).await;
    assert!(
        answers.iter().all(|answer| answer["error"].as_str().unwrap().contains("HttpRequestDenied")),
        "{answers:?}"
    );
    assert_eq!((server.heard().len(), other.heard().len()), (0, 0));
    assert_eq!(bench.person.wishes.lock().unwrap().len(), 0);
    let refused = lines(&bench, Decided::Refused);
    assert!(refused.len() == 2 && refused.iter().all(|(_, rule)| rule.contains("binding of secrets")), "{refused:?}");
}

#[tokio::test]
async fn b11_http_requests_ends_a_trickle_of_requests() {
    let server = echo().await;
    let bench = bench(&server, Mode::Bypass, &[], |limits| limits.http_requests = 3);
    let request = json!({ "authority": server.address.to_string(), "times": 5 });
    let answers = ask(&bench, json!([request])).await;
    assert_eq!((answers.len(), server.heard().len()), (5, 3));
    assert!(answers[3]["error"].as_str().unwrap().contains("ConnectionLimitReached"), "{answers:?}");
    let refused = lines(&bench, Decided::Refused);
    assert!(refused.len() == 1 && refused[0].1.contains("budget of requests"), "{refused:?}");
    // The next call has its own.
    assert_eq!(ask(&bench, json!([{ "authority": server.address.to_string(), "times": 3 }])).await.len(), 3);
    assert_eq!(server.heard().len(), 6);
}

#[tokio::test]
async fn b11_http_out_bounds_what_all_requests_of_a_call_say() {
    let server = echo().await;
    let bench = bench(&server, Mode::Bypass, &[], |limits| limits.http_out = 10_000);
    let here = server.address.to_string();
    // In bodies, in fields and in addresses: whatever carries it counts.
    let heavy = [
        json!({ "authority": here, "method": "POST", "body": 4000, "times": 4 }),
        json!({ "authority": here, "fields": [["x-a", "a".repeat(4000)]], "times": 4 }),
        json!({ "authority": here, "path": format!("/{}", "a".repeat(4000)), "times": 4 }),
    ];
    for (heavy, heard) in heavy.into_iter().zip([2, 4, 6]) {
        let answers = ask(&bench, json!([heavy])).await;
        assert!(answers[1]["status"] == 200 && answers[2]["error"].is_string(), "{answers:?}");
        assert_eq!(server.heard().len(), heard);
    }
}

#[tokio::test]
async fn b11_a_session_has_a_budget_over_all_its_calls() {
    let server = echo().await;
    for (requests, bytes, heard) in [(5, u64::MAX, 5), (u64::MAX, 2500, 7)] {
        let base = bench(&server, Mode::Bypass, &[], |_| {});
        let bench = base.in_world(|_, world| world.with_web(Arc::new(Web::new())).with_requests(requests, bytes));
        let body = if heard == 5 { 1 } else { 1000 };
        let request = json!([{ "authority": server.address.to_string(), "method": "POST", "body": body, "times": 3 }]);
        ask(&bench, request.clone()).await;
        ask(&bench, request).await;
        assert_eq!(server.heard().len(), heard);
    }
}
