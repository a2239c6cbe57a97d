//! Stands before every route. A browser sends requests for any page that asks it to, so where a request comes from is
//! checked before who made it: the name that the browser used for this server, and the page that it was made by, must be
//! ours to the letter.
//!
//! Sources: RFC 9110 §7.2 (Host), RFC 6454 (Origin), W3C Fetch Metadata.

use crate::login::{Refused, Who};
use crate::problem::Problem;
use crate::server::{App, Peer};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN, RETRY_AFTER, SEC_WEBSOCKET_PROTOCOL};
use http::{Method, StatusCode};
use std::net::SocketAddr;

/// What stands before the token among the protocols of a WebSocket, for which a browser can set no other header.
const BEARER_PROTOCOL: &str = "bearer.";

/// Lets a request pass whose Host and Origin are ours.
pub(crate) async fn of_ours(peer: axum::Extension<Peer>, request: Request, next: Next) -> Response {
    match is_of_ours(peer.local, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn is_of_ours(local: SocketAddr, request: &Request) -> Result<(), Problem> {
    let here = local.to_string();
    let host = one(request.headers(), &HOST)?.ok_or_else(|| forbidden("the request names no host"))?;
    let named = request.uri().authority().is_none_or(|authority| authority.as_str() == here);
    if host != here || !named {
        let cure = format!("Open http://{here} by this very name.");
        return Err(forbidden("this server has another name than the request says").cured_by(cure));
    }
    let origin = one(request.headers(), &ORIGIN)?;
    if origin.is_some_and(|origin| origin != format!("http://{here}")) {
        return Err(forbidden("the request was made by a page of another origin"));
    }
    match request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes) {
        // A person may come from another page by a link: that shows the shell, which holds nothing.
        Some(b"same-origin" | b"none") | None => Ok(()),
        Some(_) if is_navigation(request) => Ok(()),
        Some(_) => Err(forbidden("the request was made by a page of another site")),
    }
}

fn is_navigation(request: &Request) -> bool {
    let mode = request.headers().get("sec-fetch-mode").map(HeaderValue::as_bytes);
    request.method() == Method::GET && mode == Some(b"navigate") && !request.uri().path().starts_with("/api/")
}

/// Lets a request pass whose sender is known, and tells the route who it is.
pub(crate) async fn known(
    State(app): State<App>,
    peer: axum::Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    match identify(&app, &peer, &request) {
        Ok(who) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(response) => *response,
    }
}

fn identify(app: &App, peer: &Peer, request: &Request) -> Result<Who, Box<Response>> {
    let headers = request.headers();
    let stranger = || {
        Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "this browser or program is not logged in")
            .cured_by("Open the link that the server printed, or get a fresh one with: boxagnts open")
    };
    let told = |problem: Problem| Box::new(problem.into_response());
    let token = bearer(headers).map_err(told)?.ok_or_else(|| told(stranger()))?;
    let cookie = cookie(headers, &app.cookie);
    let who = app.logins.who(peer.remote.ip(), token, cookie).map_err(|refused| match refused {
        Refused::Unknown => told(stranger()),
        Refused::Wait(time) => Box::new(wait(time)),
    })?;
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let upgrades = headers.contains_key(http::header::UPGRADE);
    if who != Who::Program && (changes || upgrades) && !headers.contains_key(ORIGIN) {
        return Err(told(forbidden("a browser says which page a request was made by, and this one does not")));
    }
    Ok(who)
}

/// Tells somebody who failed too often to wait.
pub(crate) fn wait(time: std::time::Duration) -> Response {
    let problem =
        Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "there were too many failed attempts from there");
    let mut response = problem.cured_by("Wait a minute, then try again.").into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(time.as_secs() + 1));
    response
}

/// The token that a request shows. It is never taken from the address, which is written down in many places.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    if let Some(authorization) = one(headers, &AUTHORIZATION)? {
        return Ok(authorization.strip_prefix("Bearer "));
    }
    let protocols = one(headers, &SEC_WEBSOCKET_PROTOCOL)?;
    Ok(protocols.and_then(|all| all.split(',').find_map(|protocol| protocol.trim().strip_prefix(BEARER_PROTOCOL))))
}

/// The cookie of this port. Of several with one name none counts: another server of this host could have set them.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut found = all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = found.find(|(key, _)| *key == name)?;
    found.all(|(key, _)| key != name).then_some(value)
}

/// The value of a header that may stand there once.
fn one<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Result<Option<&'h str>, Problem> {
    let mut values = headers.get_all(name).into_iter();
    let value = values.next().map(HeaderValue::to_str).transpose();
    match (value, values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(Problem::bad(format!("the header {name} cannot be meant"))),
    }
}

fn forbidden(message: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", message)
}
