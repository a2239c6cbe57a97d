//! The log of receipts.

use super::forms::{Ask, Named, parsed};
use super::{Route, get, post};
use crate::problem::Problem;
use crate::server::App;
use crate::wire::audit::{AuditPage, AuditQuery, Bad, TouchedList, Verdict};
use axum::Json;
use axum::extract::State;
use boxagnts_runtime::{AuditVerdict, Logged, ReceiptFilter, covered};
use serde_json::{Value, json};
use std::sync::Arc;

/// Receipts that a page has without being asked for more, and the most.
const PAGE: usize = 200;
const MOST_PAGE: usize = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/audit", "What was allowed and refused, newest first", page).asks::<AuditQuery>().gives::<AuditPage>(),
        get("/audit/touched/{digest}", "Everything that an effect touched", touched).gives::<TouchedList>(),
        post("/audit/verify", "Whether the log is as it was written; changes nothing", verify).gives::<Verdict>(),
    ]
}

async fn page(State(app): State<App>, Ask(query): Ask<AuditQuery>) -> Result<Json<AuditPage>, Problem> {
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MOST_PAGE);
    let filter = ReceiptFilter {
        session: query.session.as_deref().map(parsed).transpose()?,
        refused: query.refused,
        before: query.before,
        limit: limit + 1,
    };
    let mut receipts = app.runtime.receipts(filter).await?;
    let more = limit < receipts.len();
    if more {
        receipts.remove(0);
    }
    Ok(Json(AuditPage { receipts: receipts.iter().rev().map(as_json).collect(), more }))
}

fn as_json(logged: &Logged) -> Value {
    let Some(receipt) = &logged.receipt else { return json!({"seq": logged.seq, "type": "unreadable"}) };
    let value = json!(receipt);
    // What was recorded before a secret was set may have it in it.
    let text = value.to_string();
    let shown = covered(&text);
    if shown == text { value } else { serde_json::from_str(&shown).unwrap_or(Value::Null) }
}

async fn touched(State(app): State<App>, Named(digest): Named<String>) -> Result<Json<TouchedList>, Problem> {
    let list = app.runtime.touched(&digest).await?;
    let list = list.ok_or_else(|| Problem::not_found("there is no such list"))?;
    Ok(Json(TouchedList { lines: covered(&list).lines().map(str::to_owned).collect() }))
}

async fn verify(State(app): State<App>) -> Result<Json<Verdict>, Problem> {
    let runtime = Arc::clone(&app.runtime);
    // It reads the whole log.
    let looked =
        tokio::task::spawn_blocking(move || Ok::<_, Problem>((runtime.audit(Vec::new())?, runtime.public_key()?)));
    let (verdict, key) = looked.await.map_err(|_| Problem::failed("the log could not be looked through"))??;
    let intact = verdict.is_intact();
    let AuditVerdict { journal, records, covered, checkpoints, bad, problems, remarks } = verdict;
    Ok(Json(Verdict {
        intact,
        journal: journal.map(|journal| journal.to_string()),
        key: key.map(|key| key.to_string()),
        records,
        covered,
        checkpoints,
        bad: bad.map(|bad| Bad { record: bad.seq, flaw: bad.flaw.word().to_owned(), text: bad.to_string() }),
        problems: problems.iter().map(ToString::to_string).collect(),
        remarks: remarks.iter().map(ToString::to_string).collect(),
    }))
}
