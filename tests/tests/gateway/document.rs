//! The description of the interface is kept as it is, and what is answered is what it says.

use super::{begin, scripted};
use boxagnts_tests::House;
use boxagnts_tests::server::{Login, Server};
use serde_json::{Value, json};

/// The document as programs of others rely on it.
#[test]
fn the_description_is_the_one_that_is_kept() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([]));
    let login = server.first_login();
    let document = server.ask(&login, "GET", "/openapi.json", None).expect(200).json();
    let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
    expect_test::expect_file![concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/openapi.json")].assert_eq(&text);
}

/// What the answers of the reading routes have, the document names, and what it requires is there.
#[test]
fn answers_are_what_the_description_says() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([]));
    house.write("a.txt", "apples\n");
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let document = server.ask(&login, "GET", "/openapi.json", None).expect(200).json();
    let mut looked = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let schema = &methods["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) else { continue };
        if path.contains("{digest}") {
            continue;
        }
        let query = match path.rsplit('/').next() {
            Some("files") => "?path=/workspace",
            Some("content") => "?path=/workspace/a.txt",
            _ => "",
        };
        let path = path.replace("{id}", &session).replace("{name}", "read") + query;
        let answer = server.ask(&login, "GET", path.strip_prefix("/api/v1").unwrap(), None).expect(200).json();
        check(&document["components"]["schemas"], name, &answer, &path);
        looked += 1;
    }
    assert!(10 < looked, "{looked} answers were looked at");
}

fn check(schemas: &Value, name: &str, answer: &Value, path: &str) {
    let schema = &schemas[name];
    let answer = answer.as_object().unwrap_or_else(|| panic!("{path}: {name} is an object: {answer}"));
    let known = schema["properties"].as_object().unwrap_or_else(|| panic!("{name}: {schema}"));
    for key in answer.keys() {
        assert!(known.contains_key(key), "{path}: {key} of {name} is not described");
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        assert!(answer.contains_key(key.as_str().unwrap()), "{path}: {name} has no {key}");
    }
}

/// H14: whatever stands in a body or a query, a route answers with words and never with an error of its own.
#[test]
fn h14_no_body_and_no_query_brings_a_route_down() {
    let house = House::new();
    let (_model, server) = scripted(&house, &json!([]));
    let login = server.first_login();
    let session = begin(&server, &login, &json!({}));
    let document = server.ask(&login, "GET", "/openapi.json", None).expect(200).json();
    let long = "x".repeat(100_000);
    let deep = (0..100).fold(json!(1), |value, _| json!([value]));
    let odd = [
        json!(null),
        json!([]),
        json!({}),
        json!(""),
        json!(0),
        json!(-1),
        json!(1e300),
        json!(true),
        json!(long),
        json!("\u{0}"),
        json!("\u{202e}../..%2f"),
        json!({"a": {"b": []}}),
        deep,
        json!("9223372036854775808"),
    ];
    let schemas = &document["components"]["schemas"];
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        if ["/logout", "/stream", "/models/test"].contains(&path) {
            continue;
        }
        for (method, operation) in methods.as_object().unwrap() {
            let method = method.to_uppercase();
            for id in [session.as_str(), "x", "%00", "..%2f..", "01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
                let at = ["{id}", "{call}", "{name}", "{digest}", "{provider}"]
                    .iter()
                    .fold(path.to_owned(), |at, name| at.replace(name, id));
                let queries = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|parameter| parameter["in"] == "query");
                let mut asked = vec![at.clone()];
                for parameter in queries {
                    for value in ["", "-1", "x", "99999999999999999999", "%00", "/workspace/../..", "%F0%9F%98%80"] {
                        asked.push(format!("{at}?{}={value}", parameter["name"].as_str().unwrap()));
                    }
                }
                for at in &asked {
                    heard(&server, &login, &method, at, None);
                }
                let form = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
                let Some(form) = form.as_str().and_then(|name| name.rsplit('/').next()) else { continue };
                for value in &odd {
                    heard(&server, &login, &method, &at, Some(value));
                    for key in schemas[form]["properties"].as_object().unwrap().keys() {
                        heard(&server, &login, &method, &at, Some(&json!({ (key.as_str()): value })));
                    }
                }
            }
        }
    }
    let _ = server.ask(&login, "GET", "/status", None).expect(200);
}

fn heard(server: &Server, login: &Login, method: &str, path: &str, body: Option<&Value>) {
    let reply = server.ask(login, method, path, body);
    assert!(
        reply.status < 500,
        "{method} {path} {:?}: {reply:?}",
        body.map(|body| body.to_string().chars().take(80).collect::<String>())
    );
    if 400 <= reply.status && reply.status != 405 {
        assert!(
            reply.json()["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
            "{method} {path}: {reply:?}"
        );
    }
}
