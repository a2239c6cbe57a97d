//! The description of the interface (OpenAPI 3.1), made from the same table as the router.

use crate::api::{BASE, Gives, Route, routes};
use crate::problem;
use http::StatusCode;
use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let problem = generator.subschema_for::<problem::Body>();
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        let path = paths.entry(format!("{BASE}{}", route.path)).or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(&route, &mut generator, &problem);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "BoxAgnts",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The handle of the runtime over HTTP. docs/api.md says how to come in and what a line tells.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description":
                    "A program's token, or a browser's together with the cookie of its login."},
            },
        },
        "security": [{"token": []}],
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut responses = Map::new();
    let (status, content) = match route.gives {
        Gives::Json(status, form) => (status, Some(json!({"application/json": {"schema": form(generator)}}))),
        Gives::Nothing(status) => (status, None),
        Gives::File(types) => {
            let schema = |kind: &str| if kind == "application/json" { json!({}) } else { json!({"type": "string"}) };
            let content = types.iter().map(|kind| ((*kind).to_owned(), json!({"schema": schema(kind)})));
            (StatusCode::OK, Some(Value::Object(content.collect())))
        }
        Gives::Line => (StatusCode::SWITCHING_PROTOCOLS, None),
    };
    let reason = status.canonical_reason().unwrap_or_default();
    let mut done = json!({"description": reason});
    if let Some(content) = content {
        done["content"] = content;
    }
    responses.insert(status.as_str().to_owned(), done);
    let told = json!({
        "description": "What is wrong, and what to do",
        "content": {"application/json": {"schema": problem}},
    });
    responses.insert("default".to_owned(), told);
    let mut operation = json!({
        "operationId": name(route),
        "summary": route.summary,
        "parameters": parameters(route, generator),
        "responses": responses,
    });
    if let Some(form) = route.takes {
        let content = json!({"application/json": {"schema": form(generator)}});
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    if route.open {
        operation["security"] = json!([]);
    }
    operation
}

/// The method and the words of the path: `get_sessions_id_events`.
fn name(route: &Route) -> String {
    let words = route.path.split(['/', '.']).map(|word| word.trim_matches(['{', '}'])).filter(|word| !word.is_empty());
    std::iter::once(route.method.as_str().to_lowercase().as_str()).chain(words).collect::<Vec<_>>().join("_")
}

fn parameters(route: &Route, generator: &mut SchemaGenerator) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = in_path
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    let Some(query) = route.query.map(|form| form(generator)) else { return all };
    let required = query.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let properties = query.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, mut schema) in properties {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let mut parameter =
            json!({"name": name, "in": "query", "required": required.contains(&json!(name)), "schema": schema});
        if let Some(description) = description {
            parameter["description"] = description;
        }
        all.push(parameter);
    }
    all
}
