//! The description of the interface is kept as it is, and what is answered is what it says.

use super::{begin, scripted};
use boxagnts_tests::House;
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
