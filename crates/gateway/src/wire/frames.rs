//! The messages of a line, both ways.

use boxagnts_runtime::{Event, SessionId, StreamEvent};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

/// What a browser says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Said {
    /// Tell me what happens in this session.
    Watch(Watch),
    /// Not any more.
    Unwatch {
        /// The session.
        session: SessionId,
    },
}

/// A wish to hear of a session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watch {
    /// The session.
    pub(crate) session: SessionId,
    /// The feed that the reader knows.
    #[serde(default)]
    pub(crate) epoch: Option<String>,
    /// The last number of that feed that it heard.
    #[serde(default)]
    pub(crate) after: Option<u64>,
}

/// What a browser hears.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Frame {
    /// The line is open.
    Hello {
        /// The program's version.
        version: String,
        /// Another one after each start of the server.
        epoch: String,
    },
    /// All that is to be shown of a session now; what the reader had of it before is forgotten.
    Reset {
        /// The session.
        session: SessionId,
        /// Whether it runs in this server.
        held: bool,
        /// Its feed, if it does.
        epoch: Option<String>,
        /// The events of the feed that follow have higher numbers.
        n: u64,
        /// The number of the first event here.
        first: u64,
        /// The number of the last one.
        last: u64,
        /// How many the journal has.
        total: u64,
        /// Events of turns that have ended, oldest first.
        events: Vec<Event>,
    },
    /// From here on another source is heard: this server's feed, or the journal of a session that runs elsewhere.
    Follow {
        /// The session.
        session: SessionId,
        /// Whether it runs in this server.
        held: bool,
        /// Its feed, if it does.
        epoch: Option<String>,
        /// The events of the feed that follow have higher numbers.
        n: u64,
    },
    /// Something happened in a session that runs here.
    Event {
        /// The session.
        session: SessionId,
        /// Its number in the feed.
        n: u64,
        /// What happened.
        #[serde(serialize_with = "shared")]
        event: Arc<StreamEvent>,
    },
    /// Something was written into the journal of a session that runs elsewhere.
    Journal {
        /// The session.
        session: SessionId,
        /// What was written.
        event: Box<Event>,
    },
    /// A list is old.
    Changed {
        /// Which one.
        what: What,
    },
    /// A session cannot be followed.
    Problem {
        /// The session.
        session: Option<SessionId>,
        /// Why.
        message: String,
    },
}

fn shared<S: Serializer>(event: &Arc<StreamEvent>, serializer: S) -> Result<S::Ok, S::Error> {
    (**event).serialize(serializer)
}

/// A list that a browser may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    /// Of sessions.
    Sessions,
    /// Of open questions.
    Questions,
    /// Of grants.
    Grants,
    /// Whether the workspace is trusted.
    Trust,
    /// Of settings.
    Settings,
    /// Of secrets.
    Secrets,
    /// Of vendors and their keys.
    Models,
}
