//! What is told when a request cannot be done: what is wrong, where, and what to do.

use axum::Json;
use axum::response::{IntoResponse, Response};
use boxagnts_runtime::{
    AdoptError, GrantError, SecretsError, SettingsError, StartError, StoreError, TrustError, covered, visible,
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use std::error::Error;
use std::fmt::Write as _;

/// An answer that says what went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    told: Told,
}

/// The body of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Body {
    /// What is wrong.
    error: Told,
}

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Told {
    /// A word for programs, such as `not_found`.
    code: &'static str,
    /// What is wrong and where, in a sentence for people.
    message: String,
    /// What the person can do about it.
    cure: Option<String>,
    /// Who works on what was asked for, if that is why.
    busy_with: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = visible(&covered(&message.into()));
        Self { status, told: Told { code, message, cure: None, busy_with: None } }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", message)
    }

    #[must_use]
    pub(crate) fn cured_by(mut self, cure: impl Into<String>) -> Self {
        self.told.cure = Some(cure.into());
        self
    }

    pub(crate) fn message(&self) -> &str {
        &self.told.message
    }

    fn held(message: String, holder: &str) -> Self {
        let mut held = Self::new(StatusCode::CONFLICT, "held", message);
        held.told.busy_with = Some(visible(holder));
        held.cured_by("Wait until that one has ended, or stop it; it can be watched here meanwhile.")
    }

    /// What the person asked for cannot be had.
    fn unmeant(error: &dyn Error) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bad_request", with_causes(error))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(Body { error: self.told })).into_response()
    }
}

/// The error and what lies behind it, in one line.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Held { holder, .. } => Self::held(error.to_string(), holder),
            StoreError::NoSession(_) | StoreError::NoBlob(_) => Self::not_found(error.to_string()),
            StoreError::StaleFence(_)
            | StoreError::Sealed(_)
            | StoreError::Approval(_)
            | StoreError::Quarantined { .. } => Self::conflict(with_causes(&error)),
            StoreError::Stray(_) => Self::conflict(with_causes(&error)).cured_by("boxagnts session adopt"),
            _ => Self::failed(with_causes(&error)),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Record(error) => error.into(),
            StartError::Grants(error) => error.into(),
            StartError::Trust(error) => error.into(),
            StartError::NoModel => Self::conflict("this session has no model").cured_by("Choose a model first."),
            error if error.is_usage() => Self::unmeant(&error),
            error => Self::failed(with_causes(&error)),
        }
    }
}

impl From<GrantError> for Problem {
    fn from(error: GrantError) -> Self {
        match &error {
            GrantError::Unknown(_) => Self::not_found(error.to_string()),
            error if error.is_usage() => Self::unmeant(error),
            error => Self::failed(with_causes(error)),
        }
    }
}

impl From<TrustError> for Problem {
    fn from(error: TrustError) -> Self {
        if error.is_usage() { Self::unmeant(&error) } else { Self::failed(with_causes(&error)) }
    }
}

impl From<SecretsError> for Problem {
    fn from(error: SecretsError) -> Self {
        if error.is_usage() { Self::unmeant(&error) } else { Self::failed(with_causes(&error)) }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        Self::unmeant(&error)
    }
}

impl From<AdoptError> for Problem {
    fn from(error: AdoptError) -> Self {
        if error.is_usage() { Self::unmeant(&error) } else { Self::failed(with_causes(&error)) }
    }
}
