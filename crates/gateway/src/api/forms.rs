//! How requests are read: a body, a query or a part of a path that cannot be meant is told so in words.

use super::LARGEST_BODY;
use crate::problem::Problem;
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use std::str::FromStr;

/// A body of JSON.
pub(crate) struct Take<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Take<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        // What says itself that it is too long is not waited for.
        let length = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| (LARGEST_BODY as u64) < length) {
            return Err(too_large());
        }
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::bad(error.body_text())),
            Err(JsonRejection::JsonSyntaxError(error)) => Err(Problem::bad(error.body_text())),
            Err(JsonRejection::MissingJsonContentType(_)) => {
                let message = "the body must be JSON, with the header Content-Type: application/json";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", message))
            }
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
            Err(error) => Err(Problem::bad(error.body_text())),
        }
    }
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is longer than 16 MiB")
}

/// What stands behind the question mark.
pub(crate) struct Ask<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Self(query)),
            Err(error) => Err(Problem::bad(error.body_text())),
        }
    }
}

/// The one parameter of a path.
pub(crate) struct Named<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr<Err: Display> + Send> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = read::<S, String>(parts, state).await?;
        parsed(&text).map(Self)
    }
}

/// Both parameters of a path.
pub(crate) struct BothNamed<A, B>(pub(crate) A, pub(crate) B);

impl<S, A, B> FromRequestParts<S> for BothNamed<A, B>
where
    S: Send + Sync,
    A: FromStr<Err: Display> + Send,
    B: FromStr<Err: Display> + Send,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path((a, b)) = read::<S, (String, String)>(parts, state).await?;
        Ok(Self(parsed(&a)?, parsed(&b)?))
    }
}

async fn read<S: Send + Sync, T: DeserializeOwned + Send>(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
    Path::from_request_parts(parts, state).await.map_err(|error| Problem::bad(error.body_text()))
}

/// A text of a request as what it stands for.
pub(crate) fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error: T::Err| Problem::bad(error.to_string()))
}
