//! Turns and the questions in them.

use super::forms::{BothNamed, Named, Take};
use super::sessions::held;
use super::{Route, get, post};
use crate::problem::Problem;
use crate::server::App;
use crate::wire::session::{AnswerGiven, AnswerWord, Counted, Prompt, Question, QuestionList};
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boxagnts_runtime::{Answer, CallId, Content, SessionId, StoreError};
use http::StatusCode;

/// What a picture may be: types that models take and that run nothing.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];
/// How long a prompt may be, in bytes.
const LONGEST_PROMPT: usize = 1 << 20;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/sessions/{id}/turns", "Say something; the answer is heard over the line", submit)
            .takes::<Prompt>()
            .accepted(),
        post("/sessions/{id}/stop", "Stop the turn that is under way", stop).accepted(),
        get("/sessions/{id}/questions", "Its open questions", of_session).gives::<QuestionList>(),
        post("/sessions/{id}/questions/{call}", "Answer a question", answer).takes::<AnswerGiven>().gives::<Counted>(),
        get("/questions", "The open questions of all sessions", all).gives::<QuestionList>(),
    ]
}

async fn submit(
    State(app): State<App>,
    Named(id): Named<SessionId>,
    Take(prompt): Take<Prompt>,
) -> Result<StatusCode, Problem> {
    let content = content(prompt)?;
    let live = held(&app, id).await?;
    app.sessions.submit(live, content).await?;
    Ok(StatusCode::ACCEPTED)
}

fn content(prompt: Prompt) -> Result<Vec<Content>, Problem> {
    if prompt.text.trim().is_empty() && prompt.images.is_empty() {
        return Err(Problem::bad("the prompt is empty"));
    }
    if LONGEST_PROMPT < prompt.text.len() {
        return Err(Problem::bad("the prompt is longer than 1 MiB; put it into a file and name that"));
    }
    let mut content = vec![Content::Text { text: prompt.text }];
    for image in prompt.images {
        if !PICTURES.contains(&image.media_type.as_str()) {
            return Err(Problem::bad(format!(
                "{:?} is no picture; known are: {}",
                image.media_type,
                PICTURES.join(", ")
            )));
        }
        let bytes = STANDARD.decode(&image.bytes).map_err(|_| Problem::bad("a picture is not written in base 64"))?;
        content.push(Content::Image { media_type: image.media_type, bytes });
    }
    Ok(content)
}

async fn stop(State(app): State<App>, Named(id): Named<SessionId>) -> Result<StatusCode, Problem> {
    if let Some(live) = app.sessions.get(id) {
        live.session.stop();
        return Ok(StatusCode::ACCEPTED);
    }
    let summary = app.runtime.summary(id).await?;
    match summary.holder {
        Some(holder) => Err(StoreError::Held { session: id, holder }.into()),
        // What rests is stopped already.
        None => Ok(StatusCode::ACCEPTED),
    }
}

async fn of_session(State(app): State<App>, Named(id): Named<SessionId>) -> Result<Json<QuestionList>, Problem> {
    Ok(Json(QuestionList { questions: questions(&app, id).await? }))
}

async fn questions(app: &App, id: SessionId) -> Result<Vec<Question>, Problem> {
    let open = match app.sessions.get(id) {
        Some(live) => live.session.questions(),
        None => app.runtime.questions(id).await?,
    };
    Ok(open.into_iter().map(|question| Question::new(id, question)).collect())
}

async fn all(State(app): State<App>) -> Result<Json<QuestionList>, Problem> {
    let here = app.sessions.questions().into_iter().map(|(session, question)| Question::new(session, question));
    let mut questions: Vec<Question> = here.collect();
    for summary in app.runtime.sessions(RECENT).await? {
        if summary.holder.is_some() && app.sessions.get(summary.session).is_none() {
            questions.extend(self::questions(&app, summary.session).await?);
        }
    }
    Ok(Json(QuestionList { questions }))
}

/// Sessions that another process may hold now are among the newest ones.
const RECENT: usize = 200;

async fn answer(
    State(app): State<App>,
    BothNamed(id, call): BothNamed<SessionId, CallId>,
    Take(given): Take<AnswerGiven>,
) -> Result<Json<Counted>, Problem> {
    let word = match given.answer {
        AnswerWord::Once => Answer::Once,
        AnswerWord::Session => Answer::Session,
        AnswerWord::No => Answer::No,
    };
    if let Some(live) = app.sessions.get(id) {
        // What is answered must be what was shown.
        let shown = live.session.question(call).is_some_and(|question| question.fingerprint == given.fingerprint);
        return Ok(Json(Counted { counted: shown && live.session.approve(call, word) }));
    }
    let open = app.runtime.questions(id).await?;
    let Some(question) = open.iter().find(|open| open.call == call && open.fingerprint == given.fingerprint) else {
        return Ok(Json(Counted { counted: false }));
    };
    match app.runtime.answer(id, question, word).await {
        Ok(()) => Ok(Json(Counted { counted: true })),
        Err(StoreError::Approval(_)) => Ok(Json(Counted { counted: false })),
        Err(error) => Err(error.into()),
    }
}
