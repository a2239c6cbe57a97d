//! The one table of routes. The router is made from it, and so is the OpenAPI document: a route cannot be served without
//! being described, nor without saying whether strangers may use it.

pub(crate) mod audit;
pub(crate) mod forms;
pub(crate) mod law;
pub(crate) mod login;
pub(crate) mod look;
pub(crate) mod sessions;
pub(crate) mod status;
pub(crate) mod tools;
pub(crate) mod turns;

use crate::guard;
use crate::headers;
use crate::problem::Problem;
use crate::server::App;
use crate::{shell, socket};
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use axum::{Router, routing};
use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use std::time::Duration;

/// Where the routes lie.
pub(crate) const BASE: &str = "/api/v1";
/// The largest body of a request, in bytes; pictures for a model among them.
const LARGEST_BODY: usize = 16 << 20;
/// How long a request may take, its body's arrival included.
const ANSWERED_WITHIN: Duration = Duration::from_secs(30);
/// The same for one that asks a model.
const MODEL_ANSWERED_WITHIN: Duration = Duration::from_mins(5);

/// The schema of a type.
pub(crate) type Form = fn(&mut SchemaGenerator) -> Schema;

/// What can be asked of the server.
pub(crate) struct Route {
    pub(crate) method: Method,
    /// Below [`BASE`], with its parameters in braces.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    /// Whether strangers may use it.
    pub(crate) open: bool,
    pub(crate) query: Option<Form>,
    pub(crate) takes: Option<Form>,
    pub(crate) gives: Gives,
    patience: Duration,
    handler: MethodRouter<App>,
}

/// What an answer holds when all goes well.
#[derive(Clone, Copy)]
pub(crate) enum Gives {
    /// JSON of this form.
    Json(StatusCode, Form),
    /// No body.
    Nothing(StatusCode),
    /// A file, of one of these types.
    File(&'static [&'static str]),
    /// Another protocol.
    Line,
}

impl Route {
    fn new(method: Method, path: &'static str, summary: &'static str, handler: MethodRouter<App>) -> Self {
        let gives = Gives::Nothing(StatusCode::NO_CONTENT);
        let (query, takes, patience) = (None, None, ANSWERED_WITHIN);
        Self { method, path, summary, open: false, query, takes, gives, patience, handler }
    }

    fn takes<T: JsonSchema>(self) -> Self {
        Self { takes: Some(SchemaGenerator::subschema_for::<T>), ..self }
    }

    fn asks<T: JsonSchema>(self) -> Self {
        Self { query: Some(T::json_schema), ..self }
    }

    fn gives<T: JsonSchema>(self) -> Self {
        self.gives_with::<T>(StatusCode::OK)
    }

    fn gives_with<T: JsonSchema>(self, status: StatusCode) -> Self {
        Self { gives: Gives::Json(status, SchemaGenerator::subschema_for::<T>), ..self }
    }

    fn accepted(self) -> Self {
        Self { gives: Gives::Nothing(StatusCode::ACCEPTED), ..self }
    }

    fn gives_file(self, types: &'static [&'static str]) -> Self {
        Self { gives: Gives::File(types), ..self }
    }

    fn for_anybody(self) -> Self {
        Self { open: true, ..self }
    }

    fn asks_a_model(self) -> Self {
        Self { patience: MODEL_ANSWERED_WITHIN, ..self }
    }
}

fn get<T: 'static>(path: &'static str, summary: &'static str, handler: impl Handler<T, App>) -> Route {
    Route::new(Method::GET, path, summary, routing::get(handler))
}

fn post<T: 'static>(path: &'static str, summary: &'static str, handler: impl Handler<T, App>) -> Route {
    Route::new(Method::POST, path, summary, routing::post(handler))
}

fn put<T: 'static>(path: &'static str, summary: &'static str, handler: impl Handler<T, App>) -> Route {
    Route::new(Method::PUT, path, summary, routing::put(handler))
}

fn patch<T: 'static>(path: &'static str, summary: &'static str, handler: impl Handler<T, App>) -> Route {
    Route::new(Method::PATCH, path, summary, routing::patch(handler))
}

fn delete<T: 'static>(path: &'static str, summary: &'static str, handler: impl Handler<T, App>) -> Route {
    Route::new(Method::DELETE, path, summary, routing::delete(handler))
}

/// Every route.
pub(crate) fn routes() -> Vec<Route> {
    let line = Route {
        gives: Gives::Line,
        ..get("/stream", "Follow sessions over a WebSocket of the protocol boxagnts.v1", socket::open)
    };
    let mut routes = vec![line];
    routes.extend(login::routes());
    routes.extend(status::routes());
    routes.extend(sessions::routes());
    routes.extend(turns::routes());
    routes.extend(tools::routes());
    routes.extend(law::routes());
    routes.extend(audit::routes());
    routes.extend(look::routes());
    routes
}

/// What is served.
pub(crate) fn router(app: &App) -> Router {
    let (mut known, mut anybody) = (Router::new(), Router::new());
    for Route { path, open, patience, handler, .. } in routes() {
        let handler = handler.layer(middleware::from_fn(move |request, next| within(patience, request, next)));
        let path = format!("{BASE}{path}");
        if open {
            anybody = anybody.route(&path, handler);
        } else {
            known = known.route(&path, handler);
        }
    }
    // What is no route of ours tells strangers nothing, not even that.
    let nothing = routing::any(async || Problem::not_found("there is no such route"));
    known = known.route("/api", nothing.clone()).route("/api/{*rest}", nothing);
    known
        .layer(middleware::from_fn_with_state(app.clone(), guard::known))
        .merge(anybody)
        .fallback(shell::serve)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn(guard::of_ours))
        .layer(middleware::from_fn(headers::protect))
        .with_state(app.clone())
}

async fn within(patience: Duration, request: Request, next: Next) -> Response {
    tokio::time::timeout(patience, next.run(request)).await.unwrap_or_else(|_| {
        let message = format!("the request was not done within {} s", patience.as_secs());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message).into_response()
    })
}
