//! Coming in and going out.

use super::forms::Take;
use super::{Route, post};
use crate::guard;
use crate::login::{LOGIN_LASTS, Refused, Who};
use crate::problem::Problem;
use crate::server::{App, Peer, link};
use crate::wire::status::{FreshLink, Login, LoginCode, time};
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};

pub(super) fn routes() -> Vec<Route> {
    vec![
        post("/login", "Log a browser in with the code of a link, once", log_in)
            .takes::<LoginCode>()
            .gives::<Login>()
            .for_anybody(),
        post("/logout", "End this login and every line of it", log_out),
        post("/codes", "Make a link that logs another browser in", code).gives::<FreshLink>(),
    ]
}

async fn log_in(
    State(app): State<App>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Take(LoginCode { code }): Take<LoginCode>,
) -> Response {
    // The page that a login is for is the page that asked for it.
    if !headers.contains_key(http::header::ORIGIN) {
        return Problem::new(StatusCode::FORBIDDEN, "forbidden", "only a page of this server can log in")
            .cured_by("A program shows its token instead: see docs/api.md")
            .into_response();
    }
    match app.logins.log_in(peer.remote.ip(), &code, |code| app.was_left(code)) {
        Ok(fresh) => {
            app.keep_logins();
            let (cookie, age) = (&app.cookie, LOGIN_LASTS.as_secs());
            let cookie = format!("{cookie}={}; HttpOnly; SameSite=Strict; Path=/api; Max-Age={age}", fresh.cookie);
            ([(SET_COOKIE, cookie)], Json(Login { token: fresh.token, expires: time(fresh.expires) })).into_response()
        }
        Err(Refused::Unknown) => {
            let message = "this link was used already, or its minute is over";
            Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
                .cured_by("Get a fresh one with: boxagnts open")
                .into_response()
        }
        Err(Refused::Wait(wait)) => guard::wait(wait),
    }
}

async fn log_out(State(app): State<App>, Extension(who): Extension<Who>) -> Response {
    app.logins.log_out(&who);
    app.keep_logins();
    let forget = format!("{}=; HttpOnly; SameSite=Strict; Path=/api; Max-Age=0", app.cookie);
    (StatusCode::NO_CONTENT, [(SET_COOKIE, forget)]).into_response()
}

async fn code(State(app): State<App>) -> Result<Json<FreshLink>, Problem> {
    let made = app.logins.code().map_err(|error| Problem::failed(format!("there is no randomness: {error}")))?;
    let (code, expires) = made;
    Ok(Json(FreshLink { link: link(&app.address, &code), code, expires: time(expires) }))
}
