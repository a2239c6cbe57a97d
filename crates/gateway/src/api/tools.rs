//! Tools: which there are, and what they would be allowed.

use super::forms::Named;
use super::{Route, get};
use crate::problem::Problem;
use crate::server::App;
use crate::wire::tool::{ToolCard, ToolList};
use axum::Json;
use axum::extract::State;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/tools", "The tools of this workspace", list).gives::<ToolList>(),
        get("/tools/{name}", "A tool", show).gives::<ToolCard>(),
    ]
}

async fn list(State(app): State<App>) -> Result<Json<ToolList>, Problem> {
    Ok(Json(ToolList { tools: cards(&app).await? }))
}

async fn show(State(app): State<App>, Named(name): Named<String>) -> Result<Json<ToolCard>, Problem> {
    let found = cards(&app).await?.into_iter().find(|card| card.name == name);
    found.map(Json).ok_or_else(|| Problem::not_found(format!("there is no tool {name:?}")))
}

/// All tools, sorted by name.
pub(super) async fn cards(app: &App) -> Result<Vec<ToolCard>, Problem> {
    let (cards, _) = app.runtime.all_tools().await?;
    Ok(cards.into_iter().map(|(card, built_in)| ToolCard::new(card, built_in)).collect())
}
