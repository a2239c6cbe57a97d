//! Files of the workspace, models, settings, and whether everything is as it should be.

use super::forms::{Ask, Named, Take};
use super::{Route, delete, get, post, put};
use crate::problem::{Problem, with_causes};
use crate::server::App;
use crate::wire::frames::What;
use crate::wire::look::{
    ChangeList, Check, Checks, Entry, FileChange, FileContent, Folder, Found, Key, ModelChoice, ModelPrice, ModelTest,
    NewKey, NewSettings, PathQuery, Provider, ProviderList, SearchQuery, SettingValue, Settings, Tried,
};
use crate::wire::session::Tokens;
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boxagnts_runtime::{
    KeyCard, KeyError, KeyOrigin, LookError, Mode, Secret, Session, SessionId, SessionOptions, SettingsFile,
    SettingsFileError, StopReason, StreamEvent, Usage, VendorCard,
};
use http::StatusCode;
use std::time::Instant;

/// As much of a text as is shown, in bytes, and the largest picture.
const TEXT: usize = 1 << 20;
const PICTURE: usize = 8 << 20;
/// Paths that a search finds without being asked for more, and the most.
const PATHS: usize = 50;
const MOST_PATHS: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/files", "The names in a folder", folder).asks::<PathQuery>().gives::<Folder>(),
        get("/files/content", "What a file holds", content).asks::<PathQuery>().gives::<FileContent>(),
        get("/files/search", "Files of the workspace by some letters of their paths", search)
            .asks::<SearchQuery>()
            .gives::<Found>(),
        get("/sessions/{id}/changes", "What a session changed, compared with the disk now", changes)
            .gives::<ChangeList>(),
        get("/models", "The vendors of models, and what they need", models).gives::<ProviderList>(),
        post("/models/test", "Let a model answer and call a tool, in a session of its own", test)
            .takes::<ModelChoice>()
            .gives::<ModelTest>()
            .asks_a_model(),
        put("/models/{provider}/key", "Keep a key for where the requests of a vendor go; it is never shown", set_key)
            .takes::<NewKey>()
            .gives::<Provider>(),
        delete("/models/{provider}/key", "Forget a key", remove_key).gives::<Provider>(),
        get("/settings", "The person's settings", settings).gives::<Settings>(),
        put("/settings", "Write them; they count from the next start", write_settings)
            .takes::<NewSettings>()
            .gives::<Settings>(),
        get("/doctor", "Whether everything is as it should be", doctor).gives::<Checks>(),
    ]
}

impl From<LookError> for Problem {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Record(error) => error.into(),
            LookError::Path(..) | LookError::Kind(..) => Self::bad(error.to_string()),
            error if error.is_absent() => Self::not_found(with_causes(&error)),
            LookError::BrokenOff => Self::failed(error.to_string()),
            LookError::File(..) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_request", with_causes(&error)),
        }
    }
}

async fn folder(State(app): State<App>, Ask(query): Ask<PathQuery>) -> Result<Json<Folder>, Problem> {
    let listing = app.runtime.list_folder(&query.path).await?;
    let entries = listing.entries.into_iter().map(Entry::from).collect();
    Ok(Json(Folder { path: listing.path.to_string(), entries, cut: false }))
}

async fn content(State(app): State<App>, Ask(query): Ask<PathQuery>) -> Result<Json<FileContent>, Problem> {
    let content = app.runtime.read_file(&query.path, PICTURE).await?;
    let (path, size) = (content.path.to_string(), content.size);
    let shown = |kind, cut| FileContent {
        path: path.clone(),
        kind,
        media_type: None,
        text: None,
        bytes_base64: None,
        bytes: size,
        cut,
    };
    let is_whole = content.bytes.len() as u64 == size;
    if let Some(media_type) = picture(&content.bytes).filter(|_| is_whole) {
        let bytes_base64 = Some(STANDARD.encode(&content.bytes));
        return Ok(Json(FileContent { media_type: Some(media_type), bytes_base64, ..shown("image", false) }));
    }
    let cut = TEXT < content.bytes.len() || !is_whole;
    let text = text(&content.bytes[..content.bytes.len().min(TEXT)], cut);
    Ok(Json(match text {
        Some(text) => FileContent { text: Some(text), ..shown("text", cut) },
        None => shown("binary", false),
    }))
}

/// The bytes as a text, when they are one; a letter that was cut in two at the end is left out.
fn text(bytes: &[u8], cut: bool) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if cut && bytes.len() - error.valid_up_to() < 4 => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then(|| text.to_owned())
}

/// The type of a picture, by its first bytes: what a name says is not believed. SVG is a text, since it can hold a script.
fn picture(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

async fn search(State(app): State<App>, Ask(query): Ask<SearchQuery>) -> Result<Json<Found>, Problem> {
    let most = query.limit.unwrap_or(PATHS).min(MOST_PATHS);
    Ok(Json(Found { paths: app.runtime.search_files(&query.q, most).await? }))
}

async fn changes(State(app): State<App>, Named(id): Named<SessionId>) -> Result<Json<ChangeList>, Problem> {
    let files = app.runtime.changed_files(id).await?;
    Ok(Json(ChangeList { files: files.into_iter().map(FileChange::from).collect() }))
}

async fn models(State(app): State<App>) -> Json<ProviderList> {
    let providers = app.runtime.vendors().into_iter().map(|vendor| provider(&app, vendor)).collect();
    Json(ProviderList { providers, default_model: app.default_model().await })
}

fn provider(app: &App, vendor: VendorCard) -> Provider {
    let prices = app.runtime.prices_of(&vendor.name);
    let key = |key: KeyCard| Key {
        name: key.variable.to_owned(),
        set: key.from.is_some(),
        from: key.from.map(|from| match from {
            KeyOrigin::Environment => "environment",
            KeyOrigin::Stored => "stored",
        }),
    };
    Provider {
        prices: prices.map(|(model, input, output)| ModelPrice { model, input, output }).collect(),
        key: vendor.key.map(key),
        name: vendor.name,
        text: vendor.text,
        ready: vendor.missing.is_none(),
        missing: vendor.missing,
        origin: vendor.origin,
        models: vendor.models,
    }
}

async fn set_key(
    State(app): State<App>,
    Named(name): Named<String>,
    Take(new): Take<NewKey>,
) -> Result<Json<Provider>, Problem> {
    let card = app.runtime.set_key(&name, &Secret::new(new.value))?;
    app.notices.tell(What::Models);
    Ok(Json(provider(&app, card)))
}

async fn remove_key(State(app): State<App>, Named(name): Named<String>) -> Result<Json<Provider>, Problem> {
    let card = app.runtime.remove_key(&name)?;
    app.notices.tell(What::Models);
    Ok(Json(provider(&app, card)))
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoVendor(_) => Self::not_found(error.to_string()),
            error if error.is_usage() => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_request", error.to_string()),
            error => Self::failed(with_causes(&error)),
        }
    }
}

/// What a model is asked in its test.
const SAY: &str = "Reply with the one word: ready";
const CALL: &str = "Call the tool glob with the pattern \"*\" now, and then reply with the one word: done";
/// Requests that a test may make for one of them.
const STEPS: u32 = 4;

async fn test(State(app): State<App>, Take(choice): Take<ModelChoice>) -> Result<Json<ModelTest>, Problem> {
    let options = SessionOptions {
        model: Some(choice.model.clone()),
        max_steps: Some(STEPS),
        // It may read; whatever else it wants is refused.
        ..SessionOptions::new(Mode::Plan, false)
    };
    let session = app.runtime.start(options).await?;
    let mut test = ModelTest {
        model: choice.model,
        session: session.id().to_string(),
        ok: false,
        completion: Tried::not(),
        tool_call: Tried::not(),
        usage: Tokens::default(),
        error: None,
    };
    let mut usage = Usage::default();
    let said = try_it(&session, SAY, &mut usage).await;
    test.error = said.error.or_else(|| (!said.answered).then(|| "it gave no answer".to_owned()));
    test.completion = Tried { ok: said.answered, text: said.text, millis: said.millis };
    if test.completion.ok {
        let called = try_it(&session, CALL, &mut usage).await;
        let did = if called.called { "it called glob".to_owned() } else { called.text };
        test.tool_call = Tried { ok: called.called, text: did, millis: called.millis };
        test.error =
            called.error.or_else(|| (!called.called).then(|| "it called no tool when it was told to".to_owned()));
    }
    session.close().await;
    test.ok = test.completion.ok && test.tool_call.ok;
    test.usage = Tokens::from(usage);
    Ok(Json(test))
}

impl Tried {
    fn not() -> Self {
        Self { ok: false, text: String::new(), millis: 0 }
    }
}

/// How a turn of a test went.
struct Said {
    answered: bool,
    called: bool,
    text: String,
    error: Option<String>,
    millis: u64,
}

async fn try_it(session: &Session, prompt: &str, usage: &mut Usage) -> Said {
    let (mut heard, begun) = (session.subscribe(), Instant::now());
    let turn = async {
        let mut called = false;
        while let Some(event) = heard.next().await {
            match event {
                StreamEvent::CallFinished { tool, outcome, .. } => called |= tool == "glob" && !outcome.is_error(),
                StreamEvent::TurnFinished { .. } => break,
                _ => {}
            }
        }
        called
    };
    let (report, called) = tokio::join!(session.submit(prompt), async {
        tokio::select! { called = turn => called }
    });
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    match report {
        Ok(report) => {
            *usage = usage.plus(report.usage);
            let answered = report.reason == StopReason::Answered && !report.text.trim().is_empty();
            Said { answered, called, text: report.text, error: report.error, millis }
        }
        Err(error) => {
            let error = Some(with_causes(&error));
            Said { answered: false, called: false, text: String::new(), error, millis }
        }
    }
}

async fn settings(State(app): State<App>) -> Result<Json<Settings>, Problem> {
    Ok(Json(app.runtime.settings_file()?.into()))
}

async fn write_settings(State(app): State<App>, Take(new): Take<NewSettings>) -> Result<Json<Settings>, Problem> {
    let written = app.runtime.write_settings(&new.text, &new.digest)?;
    app.notices.tell(What::Settings);
    Ok(Json(written.into()))
}

impl From<SettingsFile> for Settings {
    fn from(file: SettingsFile) -> Self {
        let value = |value: boxagnts_runtime::SettingValue| SettingValue {
            key: value.key,
            value: value.value,
            origin: value.origin,
        };
        Self {
            path: file.path.display().to_string(),
            text: file.text,
            digest: file.digest,
            values: file.values.into_iter().map(value).collect(),
            problem: file.problem,
            restart_needed: file.is_newer,
        }
    }
}

impl From<SettingsFileError> for Problem {
    fn from(error: SettingsFileError) -> Self {
        match error {
            SettingsFileError::Meaning(error) => error.into(),
            SettingsFileError::Changed => {
                Self::conflict(error.to_string()).cured_by("Look at what stands there now, then write again.")
            }
            SettingsFileError::Link(_) => Self::conflict(error.to_string()),
            error => Self::failed(with_causes(&error)),
        }
    }
}

async fn doctor(State(app): State<App>) -> Json<Checks> {
    let check = |check: boxagnts_runtime::Check| Check {
        name: check.name.to_owned(),
        state: match check.state {
            boxagnts_runtime::CheckState::Well => "ok",
            boxagnts_runtime::CheckState::Warns => "warn",
            boxagnts_runtime::CheckState::Wrong => "bad",
        },
        text: check.text,
        cure: check.cure,
    };
    Json(Checks { checks: app.runtime.doctor().await.into_iter().map(check).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_was_cut_in_a_letter_is_still_one_and_bytes_are_none() {
        assert_eq!(text("aé".as_bytes(), false).as_deref(), Some("aé"));
        assert_eq!(text(&"aé".as_bytes()[..2], true).as_deref(), Some("a"));
        assert_eq!(
            (text(&"aé".as_bytes()[..2], false), text(b"a\0b", false), text(&[0xff; 9], true)),
            (None, None, None)
        );
    }

    #[test]
    fn a_picture_is_known_by_its_bytes_and_svg_is_none() {
        assert_eq!(picture(b"\x89PNG\r\n\x1a\n"), Some("image/png"));
        assert_eq!(picture(b"<svg onload='x'>"), None);
    }
}
