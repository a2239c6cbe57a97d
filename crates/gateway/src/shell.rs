//! The dashboard's files, which are part of the program. They hold nothing of anybody, so that strangers may see them;
//! their script asks for a login before anything else.
//!
//! Nothing is read from the disk, and only names that are in the list are served: no path leads anywhere.

use crate::problem::Problem;
use crate::server::App;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse as _, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_NONE_MATCH, VARY,
};
use http::{Method, StatusCode};

/// A file of the dashboard.
struct Asset {
    /// Below the root, without a leading slash.
    path: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    /// The same, smaller.
    gzip: &'static [u8],
    /// Changes with the content.
    tag: &'static str,
    /// Whether the name changes with the content, so that it is good for ever.
    is_immutable: bool,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The page that every address of the dashboard shows.
const PAGE: &str = "index.html";

/// Told where the program was built without the dashboard.
const MISSING: &str = include_str!("shell/missing.html");

const YEAR: &str = "public, max-age=31536000, immutable";
const ASK: &str = "no-cache";

/// Answers whatever is no route of the interface.
pub(crate) async fn serve(State(_): State<App>, request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") || path == "/api" {
        return Problem::not_found("there is no such route").into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, "").into_response();
    }
    let name = path.strip_prefix('/').unwrap_or(path);
    let found = ASSETS.iter().find(|asset| asset.path == name);
    let is_page = is_page(name);
    match found.or_else(|| is_page.then(|| ASSETS.iter().find(|asset| asset.path == PAGE)).flatten()) {
        Some(asset) => file(asset, request.headers()),
        None if is_page => (StatusCode::NOT_FOUND, Html(MISSING)).into_response(),
        None => Problem::not_found("there is no such file").into_response(),
    }
}

/// Pages are plain words; anything else is a file that is not there.
fn is_page(name: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_'));
    name.is_empty() || (name.split('/').all(plain) && !name.starts_with("assets"))
}

fn file(asset: &Asset, headers: &HeaderMap) -> Response {
    let caching = if asset.is_immutable { YEAR } else { ASK };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tags| tags.as_bytes() == asset.tag.as_bytes());
    let same = [(ETAG, asset.tag), (CACHE_CONTROL, caching), (VARY, "accept-encoding")];
    if known {
        return (StatusCode::NOT_MODIFIED, same).into_response();
    }
    let takes_gzip = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        value.split(',').any(|coding| coding.split(';').next().is_some_and(|name| name.trim() == "gzip"))
    });
    if takes_gzip && asset.gzip.len() < asset.plain.len() {
        let body = (same, [(CONTENT_TYPE, asset.media_type), (CONTENT_ENCODING, "gzip")], asset.gzip);
        return body.into_response();
    }
    (same, [(CONTENT_TYPE, asset.media_type)], asset.plain).into_response()
}
