//! `docs/events.md` has every kind of event, with an example and the meaning of its fields.

use boxagnts_record::conformance::one_of_each;
use boxagnts_record::{Body, Draft};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const DOCS: &str = include_str!("../../../docs/events.md");

/// The sections of the page that are about the journal, by their types.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let texts = DOCS.split("\n### Journal: `").skip(1);
    texts.map(|text| text.split_once("`\n").expect("a section begins with a type")).collect()
}

fn value(body: &Body) -> Value {
    serde_json::to_value(body).expect("a body is JSON")
}

fn fields(body: &Value) -> BTreeSet<&str> {
    body["body"].as_object().expect("a body has fields").keys().map(String::as_str).collect()
}

#[test]
fn the_page_has_every_kind_of_event_and_no_other() {
    let written: Vec<Value> = one_of_each().iter().map(|Draft { body, .. }| value(body)).collect();
    let kinds: BTreeSet<&str> = written.iter().map(|value| value["type"].as_str().expect("a type")).collect();
    assert_eq!(sections().into_keys().collect::<BTreeSet<_>>(), kinds);
    for value in &written {
        let (kind, section) = (value["type"].as_str().expect("a type"), sections());
        for field in fields(value) {
            assert!(section[kind].contains(&format!("`{field}`")), "{field} of {kind} is not explained");
        }
        let earlier = value["body"]["earlier"].as_object().into_iter().flat_map(|earlier| earlier.keys());
        for part in earlier {
            assert!(section[kind].contains(&format!("`{part}`")), "{part} of {kind} is not explained");
        }
    }
}

#[test]
fn every_example_is_an_event() {
    for (kind, section) in sections() {
        let (_, rest) = section.split_once("```json\n").expect("a section has an example");
        let (example, _) = rest.split_once("\n```").expect("an example ends");
        let example: Value = serde_json::from_str(example).expect("an example is JSON");
        let body: Body = serde_json::from_value(example.clone()).expect("an example is an event");
        assert_eq!((value(&body), example["type"].as_str()), (example.clone(), Some(kind)));
    }
}
