//! What the server is and how it stands.

use super::{Route, get};
use crate::openapi;
use crate::problem::Problem;
use crate::server::App;
use crate::wire::status::{Folder, Status, Wall, WallState, time};
use axum::Json;
use axum::extract::State;
use boxagnts_runtime::{Runtime, TrustState};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/status", "What the server is and how it stands", status).gives::<Status>(),
        get("/openapi.json", "This description", document).gives::<serde_json::Value>(),
    ]
}

async fn document() -> Json<serde_json::Value> {
    Json(openapi::document())
}

async fn status(State(app): State<App>) -> Result<Json<Status>, Problem> {
    let runtime = &app.runtime;
    let trust = match runtime.trust_state()? {
        TrustState::Nothing => "nothing",
        TrustState::Untrusted => "untrusted",
        TrustState::Changed { .. } => "changed",
        TrustState::Trusted { .. } => "trusted",
    };
    Ok(Json(Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        workspace: runtime.folder(),
        workspace_id: runtime.workspace_id().to_string(),
        started: time(app.started),
        epoch: app.epoch.clone(),
        folders: runtime
            .mapped()
            .map(|(name, path, writable)| Folder { name, path: path.display().to_string(), writable })
            .collect(),
        wall: wall(runtime),
        trust: trust.to_owned(),
        models: runtime.models(),
        default_model: app.default_model().await,
        modes: ["ask", "accept-edits", "plan", "dont-ask", "bypass"].map(str::to_owned).to_vec(),
        access: runtime.access().to_string(),
        waiting: app.sessions.questions().len(),
        left_out: runtime.all_tools().await?.1,
        found: runtime.found().await?.map(|found| format!("{} sessions in {}", found.sessions, found.folder.display())),
    }))
}

fn wall(runtime: &Runtime) -> Wall {
    let wall = runtime.wall();
    let state = if wall.stands() { WallState::Enforced } else { WallState::Missing };
    Wall { state, text: wall.to_string() }
}
