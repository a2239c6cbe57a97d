//! A browser's line to the sessions: it says which ones it watches, and hears what happens in them.
//!
//! What a browser sends is small, few and text, or the line is closed (RFC 6455 §7.4.1: 1008, 1009). A line lives as long
//! as its login.

use crate::follow::Follower;
use crate::login::Who;
use crate::problem::Problem;
use crate::server::App;
use crate::wire::frames::{Frame, Said, Watch};
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use boxagnts_runtime::SessionId;
use futures::{SinkExt as _, StreamExt as _};
use http::StatusCode;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// The protocol that is spoken.
const PROTOCOL: &str = "boxagnts.v1";
/// The longest message of a browser, in bytes.
const LONGEST: usize = 16 * 1024;
/// Messages, pings included, that a browser may send in a while.
const MOST_SAID: u32 = 600;
/// The while.
const WHILE: Duration = Duration::from_secs(10);
/// Sessions that one line may watch.
const MOST_WATCHED: usize = 64;
/// Frames that wait for a slow reader; its followers wait behind them, and nobody else does.
const WAITING: usize = 64;
/// A silent line is asked whether it is there, and given up when it does not answer.
const PING: Duration = Duration::from_secs(20);
const SILENT: Duration = Duration::from_mins(1);
/// How long a closing line is waited for.
const CLOSING: Duration = Duration::from_secs(1);

const POLICY: u16 = 1008;
const GOING_AWAY: u16 = 1001;
/// Of those left to applications (RFC 6455 §7.4.2).
const LOGGED_OUT: u16 = 4401;

/// Opens a line.
pub(crate) async fn open(State(app): State<App>, who: axum::Extension<Who>, upgrade: WebSocketUpgrade) -> Response {
    let Ok(place) = Arc::clone(&app.lines).try_acquire_owned() else {
        let full = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "too many lines are open");
        return full.cured_by("Close tabs that nobody looks at.").into_response();
    };
    upgrade.protocols([PROTOCOL]).max_message_size(LONGEST).max_frame_size(LONGEST).on_upgrade(
        move |socket| async move {
            serve(app, who.0, socket).await;
            drop(place);
        },
    )
}

async fn serve(app: App, who: Who, socket: WebSocket) {
    let (mut to, mut from) = socket.split();
    let (out, mut frames) = mpsc::channel(WAITING);
    let mut line = Line::new(&app, out);
    let mut notices = app.notices.listen();
    let (mut outs, mut heard, mut ping) = (app.logins.outs(), Instant::now(), tokio::time::interval(PING));
    let hello = Frame::Hello { version: env!("CARGO_PKG_VERSION").to_owned(), epoch: app.epoch.clone() };
    let mut why = to.send(text(&hello)).await.err().map(|_| (GOING_AWAY, ""));
    while why.is_none() {
        why = tokio::select! {
            said = from.next() => {
                heard = Instant::now();
                match said {
                    Some(Ok(message)) => line.hear(message).err(),
                    // A message that is too long, or no text where one should be, ends the line with its own code.
                    Some(Err(_)) | None => Some((GOING_AWAY, "")),
                }
            }
            Some(frame) = frames.recv() => to.send(text(&frame)).await.err().map(|_| (GOING_AWAY, "")),
            Some(what) = notices.next() => to.send(text(&Frame::Changed { what })).await.err().map(|_| (GOING_AWAY, "")),
            _ = outs.changed() => (!app.logins.still(&who)).then_some((LOGGED_OUT, "logged out")),
            () = app.closing.cancelled() => Some((GOING_AWAY, "the server ends")),
            _ = ping.tick() => {
                if SILENT < heard.elapsed() || !app.logins.still(&who) {
                    Some((LOGGED_OUT, "gone"))
                } else {
                    to.send(Message::Ping(bytes::Bytes::new())).await.err().map(|_| (GOING_AWAY, ""))
                }
            }
        };
    }
    drop(line);
    if let Some((code, reason)) = why {
        let close = Message::Close(Some(CloseFrame { code, reason: Utf8Bytes::from_static(reason) }));
        let _ = tokio::time::timeout(CLOSING, to.send(close)).await;
    }
}

fn text(frame: &Frame) -> Message {
    // Everything in a frame can be written as JSON.
    Message::Text(serde_json::to_string(frame).unwrap_or_default().into())
}

/// What one browser watches.
struct Line<'a> {
    app: &'a App,
    out: mpsc::Sender<Frame>,
    watched: HashMap<SessionId, AbortHandle>,
    said: (u32, Instant),
}

type Closed = (u16, &'static str);

impl<'a> Line<'a> {
    fn new(app: &'a App, out: mpsc::Sender<Frame>) -> Self {
        Self { app, out, watched: HashMap::new(), said: (0, Instant::now()) }
    }

    /// Hears what the browser says; what it may not say closes the line.
    fn hear(&mut self, message: Message) -> Result<(), Closed> {
        let (count, since) = &mut self.said;
        if WHILE < since.elapsed() {
            (*count, *since) = (0, Instant::now());
        }
        *count += 1;
        if MOST_SAID < *count {
            return Err((POLICY, "too many messages"));
        }
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(Said::Watch(watch)) => self.watch(watch),
                Ok(Said::Unwatch { session }) => {
                    self.leave(session);
                    Ok(())
                }
                Err(_) => Err((POLICY, "no message of this protocol")),
            },
            Message::Binary(_) => Err((POLICY, "no message of this protocol")),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err((GOING_AWAY, "")),
        }
    }

    fn watch(&mut self, watch: Watch) -> Result<(), Closed> {
        self.leave(watch.session);
        if MOST_WATCHED <= self.watched.len() {
            return Err((POLICY, "too many sessions"));
        }
        let session = watch.session;
        let (runtime, sessions) = (Arc::clone(&self.app.runtime), Arc::clone(&self.app.sessions));
        let follower = Follower { runtime, sessions, session, out: self.out.clone() };
        self.watched.insert(session, tokio::spawn(follower.follow(watch)).abort_handle());
        Ok(())
    }

    fn leave(&mut self, session: SessionId) {
        if let Some(follower) = self.watched.remove(&session) {
            follower.abort();
        }
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        self.watched.values().for_each(AbortHandle::abort);
    }
}
