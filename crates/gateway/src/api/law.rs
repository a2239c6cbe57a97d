//! What may happen: the rules as they stand, and what a person may change about them.

use super::forms::{Ask, Named, Take, parsed};
use super::tools::cards;
use super::{Route, delete, get, post, put};
use crate::problem::Problem;
use crate::server::App;
use crate::wire::frames::What;
use crate::wire::law::{
    Cell, Grant, GrantList, Matrix, MatrixQuery, NewGrant, NewSecret, Row, Scope, SecretCard, SecretList, Step, Trust,
    TrustGiven, TrustedFile, Why, WhyQuestion,
};
use crate::wire::tool::ToolCard;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use boxagnts_runtime::{
    Capability, GrantId, GrantScope, Mode, Opening, Secret, Secrets, SessionOptions, Standing, TrustState, WhyRequest,
};
use http::StatusCode;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/permissions", "What each tool may do, and which rule says so", matrix)
            .asks::<MatrixQuery>()
            .gives::<Matrix>(),
        get("/grants", "The grants that reach this workspace", grants).gives::<GrantList>(),
        post("/grants", "Give a grant", grant).takes::<NewGrant>().gives_with::<Grant>(StatusCode::CREATED),
        delete("/grants/{id}", "Take a grant back", revoke).gives::<Grant>(),
        post("/policy/explain", "Why an effect would be decided as it would; changes nothing", explain)
            .takes::<WhyQuestion>()
            .gives::<Why>(),
        get("/trust", "Whether what the workspace brings along counts", trust).gives::<Trust>(),
        post("/trust", "Trust exactly what was shown", give_trust).takes::<TrustGiven>().gives::<Trust>(),
        delete("/trust", "Trust it no more", take_trust).gives::<Trust>(),
        get("/secrets", "The secrets of this user, without their values", secrets).gives::<SecretList>(),
        put("/secrets/{name}", "Keep a secret", set_secret).takes::<NewSecret>().gives::<SecretCard>(),
        delete("/secrets/{name}", "Forget a secret", remove_secret),
    ]
}

/// What would hold for a session in a mode.
fn options(mode: Option<Mode>) -> SessionOptions {
    SessionOptions::new(mode.unwrap_or(Mode::Ask), true)
}

async fn matrix(State(app): State<App>, Ask(query): Ask<MatrixQuery>) -> Result<Json<Matrix>, Problem> {
    let cards = cards(&app).await?;
    let names = cards.iter().map(|card| parsed(&card.name)).collect::<Result<Vec<_>, _>>()?;
    let standing = app.runtime.standing(&names, &options(query.mode)).await?;
    let cell = |standing: Standing| Cell {
        capability: standing.capability.to_string(),
        verdict: standing.verdict.to_string(),
        layer: layer(&standing.rule),
        rule: standing.rule,
    };
    let row = |(card, standing): (ToolCard, Vec<Standing>)| Row {
        tool: card.name,
        built_in: card.built_in,
        cells: standing.into_iter().map(cell).collect(),
    };
    Ok(Json(Matrix { rows: cards.into_iter().zip(standing).map(row).collect() }))
}

/// Where a rule stands: what its name has in parentheses at the end, or all of it.
fn layer(rule: &str) -> String {
    let inside = rule.strip_suffix(')').and_then(|rule| rule.rsplit_once('('));
    inside.map_or_else(|| rule.to_owned(), |(_, layer)| layer.to_owned())
}

async fn grants(State(app): State<App>) -> Result<Json<GrantList>, Problem> {
    Ok(Json(GrantList { grants: app.runtime.grants()?.into_iter().map(Grant::from).collect() }))
}

async fn grant(State(app): State<App>, Take(new): Take<NewGrant>) -> Result<Response, Problem> {
    let scope = match (new.scope, new.session) {
        (Scope::Session, Some(session)) => GrantScope::Session(parsed(&session)?),
        (Scope::Session, None) => return Err(Problem::bad("a grant for a session names the session")),
        (_, Some(_)) => return Err(Problem::bad("only a grant for a session names one")),
        (Scope::Workspace, None) => GrantScope::Workspace,
        (Scope::Always, None) => GrantScope::Always,
    };
    let given = boxagnts_runtime::NewGrant {
        capability: parsed::<Capability>(&new.capability)?,
        tool: new.tool.as_deref().map(parsed).transpose()?,
        scope,
        expiry: new.expires.as_deref().map(parsed).transpose()?,
    };
    let grant = Grant::from(app.runtime.grant(given).await?);
    Ok((StatusCode::CREATED, Json(grant)).into_response())
}

async fn revoke(State(app): State<App>, Named(id): Named<GrantId>) -> Result<Json<Grant>, Problem> {
    Ok(Json(app.runtime.revoke(id)?.into()))
}

async fn explain(State(app): State<App>, Take(question): Take<WhyQuestion>) -> Result<Json<Why>, Problem> {
    let request = WhyRequest {
        effect: parsed(&question.effect)?,
        tool: question.tool.as_deref().map(parsed).transpose()?,
        agent: question.agent.unwrap_or_else(|| "main".to_owned()),
        options: options(question.mode),
    };
    let why = app.runtime.why(&request).await?;
    let step = |step: boxagnts_runtime::Step| Step { at: step.stage.to_string(), rule: step.rule };
    Ok(Json(Why {
        effect: why.explanation.effect,
        verdict: why.explanation.verdict.to_string(),
        rule: why.explanation.rule,
        steps: why.explanation.steps.into_iter().map(step).collect(),
        needs: why.explanation.needs,
        instead: why.explanation.instead,
        built_in: why.tool.as_ref().is_none_or(|(_, built_in)| *built_in),
        tool: why.tool.map(|(tool, _)| tool.to_string()),
        opening: why.opening.map(|opening| match opening {
            Opening::Grant => "grant",
            Opening::CommandLine => "command-line",
            Opening::Answer => "answer",
        }),
    }))
}

async fn trust(State(app): State<App>) -> Result<Json<Trust>, Problem> {
    shown(&app).map(Json)
}

fn shown(app: &App) -> Result<Trust, Problem> {
    let (state, what) = match app.runtime.trust_state()? {
        TrustState::Nothing => ("nothing", Vec::new()),
        TrustState::Untrusted => ("untrusted", Vec::new()),
        TrustState::Changed { what } => ("changed", what),
        TrustState::Trusted { .. } => ("trusted", Vec::new()),
    };
    let none =
        Trust { state, what, digest: None, files: Vec::new(), tools: Vec::new(), policy: Vec::new(), problem: None };
    Ok(match app.runtime.brought() {
        Ok(brought) => Trust {
            digest: Some(brought.digest),
            files: brought.files.into_iter().map(|(path, digest)| TrustedFile { path, digest }).collect(),
            tools: brought.tools,
            policy: brought.policy,
            ..none
        },
        Err(error) => Trust { problem: Some(Problem::from(error).message().to_owned()), ..none },
    })
}

async fn give_trust(State(app): State<App>, Take(given): Take<TrustGiven>) -> Result<Json<Trust>, Problem> {
    let brought = app.runtime.brought()?;
    if brought.digest != given.digest {
        return Err(Problem::conflict("what the workspace brings along has changed since it was shown")
            .cured_by("Look at it again, then decide."));
    }
    app.runtime.trust(&brought)?;
    shown(&app).map(Json)
}

async fn take_trust(State(app): State<App>) -> Result<Json<Trust>, Problem> {
    app.runtime.distrust()?;
    shown(&app).map(Json)
}

async fn secrets() -> Result<Json<SecretList>, Problem> {
    let secrets = Secrets::open()?.list()?;
    Ok(Json(SecretList { secrets: secrets.into_iter().map(SecretCard::from).collect() }))
}

async fn set_secret(
    State(app): State<App>,
    Named(name): Named<String>,
    Take(new): Take<NewSecret>,
) -> Result<Json<SecretCard>, Problem> {
    let kept = Secrets::open()?.set(&name, &new.host, &new.methods, &Secret::new(new.value))?;
    app.runtime.learn()?;
    app.notices.tell(What::Secrets);
    Ok(Json(kept.into()))
}

async fn remove_secret(State(app): State<App>, Named(name): Named<String>) -> Result<StatusCode, Problem> {
    Secrets::open()?.remove(&name)?;
    app.runtime.learn()?;
    app.notices.tell(What::Secrets);
    Ok(StatusCode::NO_CONTENT)
}
