//! Points in time that a session waits for. Each occurrence fires once, also when several processes see it due, when one
//! is killed on the way, and when the clock is set back.

use crate::name::Name;
use boxagnts_types::{SessionId, Time};

/// A timer of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Its name in the session.
    pub name: Name,
    /// When it occurs next; `None` when it is not set.
    pub at: Option<Time>,
    /// Its newest occurrence that fired. It is set only to what comes later.
    pub fired: Option<Time>,
}

/// A time that has come. Who fires it must hold the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The session.
    pub session: SessionId,
    /// The timer.
    pub timer: Name,
    /// When it was to occur.
    pub at: Time,
}

/// What the holder of a session does with a timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimerMove {
    /// Sets it, or sets it anew.
    Set {
        /// Its name in the session.
        timer: Name,
        /// When it occurs.
        at: Time,
    },
    /// Takes it back. One that is not set stays so.
    Cancel(Name),
    /// Uses up the occurrence at exactly this time.
    Fire {
        /// Its name in the session.
        timer: Name,
        /// The time that it was set to.
        at: Time,
    },
}

/// Why a step cannot follow on what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimerError {
    /// This occurrence is not to come: it fired, was taken back or moved.
    #[error("timer {timer} is not set to {at}")]
    NotSet {
        /// Its name.
        timer: Name,
        /// The occurrence.
        at: Time,
    },
    /// An occurrence that fired would come again.
    #[error("timer {timer} has fired at {fired} and can only be set to a later time")]
    Past {
        /// Its name.
        timer: Name,
        /// Its newest occurrence that fired.
        fired: Time,
    },
}

impl TimerMove {
    /// The timer that moves.
    pub fn timer(&self) -> &Name {
        match self {
            Self::Set { timer, .. } | Self::Cancel(timer) | Self::Fire { timer, .. } => timer,
        }
    }

    /// The timer after this step, where it may follow on the one before.
    pub fn after(self, before: Option<Timer>) -> Result<Timer, TimerError> {
        let fired = before.as_ref().and_then(|timer| timer.fired);
        match self {
            Self::Set { timer, at } => match fired {
                Some(fired) if at <= fired => Err(TimerError::Past { timer, fired }),
                _ => Ok(Timer { name: timer, at: Some(at), fired }),
            },
            Self::Cancel(name) => Ok(Timer { name, at: None, fired }),
            Self::Fire { timer, at } => {
                if before.and_then(|timer| timer.at) == Some(at) {
                    Ok(Timer { name: timer, at: None, fired: Some(at) })
                } else {
                    Err(TimerError::NotSet { timer, at })
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X06: whatever the clock says afterwards, what fired does not come again.
    #[test]
    fn a_clock_that_jumps_revives_no_occurrence() {
        let (name, at) = (|| "wake".parse::<Name>().unwrap(), |seconds: i64| Time::from_micros(seconds * 1_000_000));
        let fired = TimerMove::Fire { timer: name(), at: at(100) }
            .after(Some(Timer { name: name(), at: Some(at(100)), fired: None }))
            .unwrap();
        for before in [fired.clone(), TimerMove::Cancel(name()).after(Some(fired)).unwrap()] {
            for earlier in [100, 99, 0, -1] {
                let set = TimerMove::Set { timer: name(), at: at(earlier) }.after(Some(before.clone()));
                assert_eq!(set, Err(TimerError::Past { timer: name(), fired: at(100) }));
                assert!(TimerMove::Fire { timer: name(), at: at(earlier) }.after(Some(before.clone())).is_err());
            }
            assert!(TimerMove::Set { timer: name(), at: at(101) }.after(Some(before)).is_ok());
        }
    }
}
