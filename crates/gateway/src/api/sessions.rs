//! Sessions: which there are, how they stand, and what happened in them.

use super::forms::{Ask, Named, Take};
use super::{Route, get, patch, post};
use crate::live::Live;
use crate::problem::Problem;
use crate::server::App;
use crate::trace;
use crate::wire::session::{
    Choice, ContextPart, EventPage, EventsQuery, Question, SessionCard, SessionDetail, SessionList, SessionState,
    SessionsQuery, Tokens, Trace,
};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use boxagnts_runtime::{Body, Content, Event, Mode, SessionId, SessionSummary, Usage};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// Sessions that a list has without being asked for more.
const LISTED: usize = 50;
/// The longest list.
const MOST_LISTED: usize = 10_000;
/// Events that a page has without being asked for more, and the most.
const PAGE: usize = 500;
const MOST_PAGE: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/sessions", "The sessions of this workspace, newest first", list)
            .asks::<SessionsQuery>()
            .gives::<SessionList>(),
        post("/sessions", "Begin a session", begin).takes::<Choice>().gives_with::<SessionDetail>(StatusCode::CREATED),
        get("/sessions/{id}", "A session as a whole", show).gives::<SessionDetail>(),
        patch("/sessions/{id}", "Another model or mode from the next turn on", change)
            .takes::<Choice>()
            .gives::<SessionDetail>(),
        get("/sessions/{id}/events", "Events of its journal", events).asks::<EventsQuery>().gives::<EventPage>(),
        get("/sessions/{id}/trace", "How its time was spent", times).gives::<Trace>(),
        get("/sessions/{id}/export", "The session as a file", export)
            .asks::<ExportQuery>()
            .gives_file(&["application/json", "text/markdown"]),
    ]
}

async fn list(State(app): State<App>, Ask(query): Ask<SessionsQuery>) -> Result<Json<SessionList>, Problem> {
    let limit = query.limit.unwrap_or(LISTED).min(MOST_LISTED);
    let summaries = app.runtime.sessions(limit).await?;
    Ok(Json(SessionList { sessions: summaries.into_iter().map(|summary| card(&app, summary)).collect() }))
}

async fn begin(State(app): State<App>, Take(choice): Take<Choice>) -> Result<Response, Problem> {
    let model = match choice.model {
        Some(model) => Some(model),
        None => app.default_model().await,
    };
    let live = app.sessions.begin(model, choice.mode.unwrap_or(Mode::Ask)).await?;
    let detail = detail(&app, live.session.id()).await?;
    Ok((StatusCode::CREATED, Json(detail)).into_response())
}

async fn show(State(app): State<App>, Named(id): Named<SessionId>) -> Result<Json<SessionDetail>, Problem> {
    detail(&app, id).await.map(Json)
}

async fn change(
    State(app): State<App>,
    Named(id): Named<SessionId>,
    Take(choice): Take<Choice>,
) -> Result<Json<SessionDetail>, Problem> {
    let live = held(&app, id).await?;
    if live.is_busy() {
        return Err(Problem::conflict("a turn is under way").cured_by("Change it when the turn has ended."));
    }
    live.session.change(&app.runtime, choice.model.as_deref(), choice.mode)?;
    detail(&app, id).await.map(Json)
}

/// The session, held by this server, with the model and the mode that it had last.
pub(super) async fn held(app: &App, id: SessionId) -> Result<Arc<Live>, Problem> {
    if let Some(live) = app.sessions.get(id) {
        return Ok(live);
    }
    let (model, mode) = last_choice(&app.runtime.events(id, 0).await?);
    let model = match model.filter(|model| !model.is_empty()) {
        Some(model) => Some(model),
        None => app.default_model().await,
    };
    app.sessions.hold(id, model, mode.unwrap_or(Mode::Ask)).await
}

/// The model and the mode of the last turn.
pub(crate) fn last_choice(events: &[Event]) -> (Option<String>, Option<Mode>) {
    let turn = events.iter().rev().find_map(|event| match &event.body {
        Body::TurnStarted { model, mode, .. } => Some((model.clone(), mode.parse().ok())),
        _ => None,
    });
    turn.map_or((None, None), |(model, mode)| (Some(model), mode))
}

fn card(app: &App, summary: SessionSummary) -> SessionCard {
    let here = app.sessions.get(summary.session).map(|live| state(&live));
    SessionCard::new(summary, here)
}

fn state(live: &Live) -> SessionState {
    match (live.is_busy(), live.session.questions().is_empty()) {
        (false, _) => SessionState::Idle,
        (true, true) => SessionState::Running,
        (true, false) => SessionState::Waiting,
    }
}

async fn detail(app: &App, id: SessionId) -> Result<SessionDetail, Problem> {
    let events = app.runtime.events(id, 0).await?;
    let summary = app.runtime.summary(id).await?;
    let live = app.sessions.get(id);
    let (model, mode) = match &live {
        Some(live) => (Some(live.session.model()), Some(live.session.mode())),
        None => last_choice(&events),
    };
    let model = model.filter(|model| !model.is_empty());
    let usage = events.iter().fold(Usage::default(), |sum, event| match &event.body {
        Body::Message { usage, .. } => sum.plus(*usage),
        _ => sum,
    });
    let origin = events.first().and_then(|event| match &event.body {
        Body::SessionStarted { origin, .. } => origin.as_ref().map(|origin| origin.session.to_string()),
        _ => None,
    });
    let questions = app.runtime.questions(id).await?.into_iter().map(|question| Question::new(id, question)).collect();
    Ok(SessionDetail {
        card: card(app, summary),
        cost_micro_dollars: trace::cost(&app.runtime, &events),
        model,
        mode: mode.map(|mode| mode.to_string()),
        origin,
        usage: Tokens::from(usage),
        context: context(app, &events),
        questions,
    })
}

/// What the next request to the model holds, estimated from what was said.
fn context(app: &App, events: &[Event]) -> Vec<ContextPart> {
    let (system, tools) = app.runtime.standing_context();
    let mut parts = BTreeMap::from([("system", system), ("tools", tools)]);
    let mut add = |part: &'static str, bytes: usize| *parts.entry(part).or_insert(0) += bytes as u64;
    let size = |content: &[Content]| content.iter().map(Content::size).sum::<usize>();
    for event in events {
        match &event.body {
            Body::TurnStarted { prompt, .. } => add("you", size(prompt)),
            Body::Message { text, calls, .. } => {
                add("assistant", text.len() + calls.iter().map(|call| call.input.len()).sum::<usize>());
            }
            Body::CallFinished { content, .. } => add("results", size(content)),
            _ => {}
        }
    }
    let order = ["system", "tools", "you", "assistant", "results"];
    order.into_iter().map(|part| ContextPart { part, bytes: parts.get(part).copied().unwrap_or(0) }).collect()
}

async fn events(
    State(app): State<App>,
    Named(id): Named<SessionId>,
    Ask(query): Ask<EventsQuery>,
) -> Result<Json<EventPage>, Problem> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE);
    let total = app.runtime.newest_event(id).await?;
    let after = match (query.before, query.after) {
        (Some(_), Some(_)) => return Err(Problem::bad("say either before or after, not both")),
        (Some(before), None) => before.saturating_sub(1).saturating_sub(limit as u64),
        (None, Some(after)) => after,
        (None, None) => total.saturating_sub(limit as u64),
    };
    let mut events = app.runtime.events_after(id, after, limit).await?;
    events.retain(|event| query.before.is_none_or(|before| event.seq < before));
    let (first, last) = (events.first(), events.last());
    Ok(Json(EventPage {
        first: first.map_or(0, |event| event.seq),
        last: last.map_or(0, |event| event.seq),
        total,
        events,
    }))
}

async fn times(State(app): State<App>, Named(id): Named<SessionId>) -> Result<Json<Trace>, Problem> {
    Ok(Json(trace::of(&app.runtime, &app.runtime.events(id, 0).await?)))
}

/// How an export is asked for.
#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// `json`, which has everything, or `md`, which people read.
    format: Option<ExportFormat>,
}

#[derive(Clone, Copy, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ExportFormat {
    Json,
    Md,
}

async fn export(
    State(app): State<App>,
    Named(id): Named<SessionId>,
    Ask(query): Ask<ExportQuery>,
) -> Result<Response, Problem> {
    let events = app.runtime.events(id, 0).await?;
    let (kind, ending, text) = match query.format.unwrap_or(ExportFormat::Json) {
        ExportFormat::Json => {
            let text = serde_json::to_string_pretty(&events).map_err(|error| Problem::failed(error.to_string()))?;
            ("application/json", "json", text)
        }
        ExportFormat::Md => ("text/markdown; charset=utf-8", "md", markdown(&events)),
    };
    let name = format!("attachment; filename=\"session-{id}.{ending}\"");
    let text = boxagnts_runtime::covered(&text).into_owned();
    Ok(([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, name)], text).into_response())
}

/// The session for people: what was said and done, without the bytes.
fn markdown(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        // Writing to a string cannot fail.
        let _ = match &event.body {
            Body::TurnStarted { prompt, model, .. } => {
                write!(text, "\n## You\n\n{}\n\n## {model}\n\n", said(prompt))
            }
            Body::Message { text: words, .. } if !words.is_empty() => write!(text, "{words}\n\n"),
            Body::CallFinished { tool, outcome, content, .. } => {
                write!(text, "**{tool}** ({outcome})\n\n{}\n\n", fenced(&said(content)))
            }
            _ => Ok(()),
        };
    }
    text.trim_start().to_owned()
}

fn said(content: &[Content]) -> String {
    let one = |content: &Content| match content {
        Content::Text { text } => text.clone(),
        Content::Json { value } => value.to_string(),
        Content::Image { media_type, bytes } => format!("[a picture: {media_type}, {} bytes]", bytes.len()),
        Content::File { path } => format!("[the file {path}]"),
    };
    content.iter().map(one).collect::<Vec<_>>().join("\n\n")
}

/// A fence that no line of the text can close.
fn fenced(text: &str) -> String {
    let longest = text.lines().map(|line| line.chars().take_while(|c| *c == '`').count()).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_own_fence() {
        assert_eq!(fenced("plain"), "```\nplain\n```");
        assert_eq!(fenced("a\n````\nb"), "`````\na\n````\nb\n`````");
    }
}
