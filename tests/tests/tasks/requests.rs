//! Tasks that go out: with the grant that a user would give, and with none.

use crate::task::{Task, call, edit, fetch, perform_in, read, shell, write};
use boxagnts_testkit::drill;
use boxagnts_testkit::wire::{Answer, Server};
use boxagnts_tests::House;
use serde_json::json;
use std::io::Write as _;
use std::process::Stdio;

const PAGE: &str = "<html><head><title>Apples</title></head><body><h1>Apples</h1><p>They are red.</p></body></html>";

async fn page() -> Server {
    Server::here(Answer::page("text/html", PAGE)).await
}

fn grant(server: &Server) -> String {
    format!("network.get:http://{}", server.address)
}

/// Does a task, and insists on how often its server was asked for something.
fn goes_out(house: &House, task: &Task, server: &Server, requests: usize) -> usize {
    let before = server.heard().len();
    let asked = perform_in(house, task);
    assert_eq!(server.heard().len() - before, requests, "{}", task.name);
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn four_tasks_that_go_where_the_person_said_ask_nothing() {
    let server = page().await;
    let url = server.url("/apples");
    let mut asked = Vec::new();
    let base = || Task { mode: "accept-edits", grants: vec![grant(&server)], ..Task::default() };
    let summary = Task {
        name: "summarise a page",
        steps: vec![vec![fetch(&url)], vec![write("summary.md", "Apples are red.\n")]],
        after: vec![("summary.md", "Apples are red.\n")],
        told: vec!["They are red."],
        ..base()
    };
    asked.push(goes_out(&House::new(), &summary, &server, 1));
    let cite = Task {
        name: "put what a page says into the documentation",
        before: vec![("docs.md", "Apples are ?.\n")],
        steps: vec![vec![read("docs.md")], vec![fetch(&url)], vec![edit("docs.md", "?", "red")]],
        after: vec![("docs.md", "Apples are red.\n")],
        ..base()
    };
    asked.push(goes_out(&House::new(), &cite, &server, 1));

    let api = Server::here(Answer::page("application/json", r#"{"rates":{"EUR":1,"USD":2}}"#)).await;
    let csv = Task {
        name: "fetch rates and keep them as CSV",
        steps: vec![
            vec![fetch(&api.url("/rates"))],
            vec![shell(
                "echo '{\"EUR\":1,\"USD\":2}' | jq -r 'to_entries[] | [.key, .value] | @csv' > rates.csv; cat rates.csv",
            )],
        ],
        after: vec![("rates.csv", "\"EUR\",1\n\"USD\",2\n")],
        told: vec!["EUR"],
        grants: vec![grant(&api)],
        ..base()
    };
    asked.push(goes_out(&House::new(), &csv, &api, 1));

    let house = House::new();
    let mut command = house.command(["secret", "set", "TOKEN", "--host", &api.address.to_string()]);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a-token-of-the-api").unwrap();
    assert!(child.wait().unwrap().success());
    let keyed =
        call("web_fetch", &json!({"url": api.url("/me"), "headers": {"Authorization": "Bearer {{secret:TOKEN}}"}}));
    let secret = Task {
        name: "call an API with a secret",
        steps: vec![vec![keyed], vec![write("rates.md", "EUR\n")]],
        after: vec![("rates.md", "EUR\n")],
        grants: vec![grant(&api), "secret:TOKEN@127.0.0.1".to_owned()],
        ..base()
    };
    asked.push(goes_out(&house, &secret, &api, 1));
    assert!(api.heard()[1].contains("authorization: Bearer a-token-of-the-api\r\n"));
    assert_eq!(asked, [0; 4]);
}

/// At a public address, where nothing was granted: each place is one question.
#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_that_go_to_a_place_that_nobody_named_ask_once_each() {
    if !drill::inside("requests::two_tasks_that_go_to_a_place_that_nobody_named_ask_once_each") {
        return;
    }
    let server = Server::start("93.184.216.34:0", Answer::page("text/html", PAGE)).await;
    let url = server.url("/apples");
    let summary = Task {
        name: "summarise a page that was not granted",
        mode: "accept-edits",
        before: vec![("docs.md", "Apples are ?.\n")],
        steps: vec![vec![fetch(&url)], vec![edit("docs.md", "?", "red")]],
        after: vec![("docs.md", "Apples are red.\n")],
        told: vec!["They are red."],
        ..Task::default()
    };
    let question = Task {
        name: "answer a question from the web",
        steps: vec![vec![fetch(&url)], vec![shell("echo red | tr a-z A-Z")]],
        told: vec!["They are red.", "RED"],
        ..Task::default()
    };
    let asked = [&summary, &question].map(|task| goes_out(&House::new(), task, &server, 1));
    assert_eq!(asked, [1; 2]);
}
