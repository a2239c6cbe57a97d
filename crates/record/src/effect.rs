//! What became of a call: intended, then done or unknown. A call that may change something is never intended twice, so
//! that nothing repeats it silently.

use boxagnts_types::CallId;
use std::fmt;
use std::str::FromStr;

/// What a repetition of a call would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectClass {
    /// It only reads: after a crash it is run again.
    Reads,
    /// It may change something: after a crash nobody knows whether it did.
    Changes,
}

/// How far a call came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EffectState {
    /// It was about to start; whether it did anything shows only when it is settled.
    Intended,
    /// It has its result.
    Done,
    /// It was lost on the way. A person has to look; it is never run again under this id.
    Unknown,
}

/// A call and how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// The call.
    pub call: CallId,
    /// What a repetition would do.
    pub class: EffectClass,
    /// How far it came.
    pub state: EffectState,
}

/// One step in the life of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectMove {
    /// It is about to start. A call that only reads may be intended again as long as it is not settled.
    Intend {
        /// The call.
        call: CallId,
        /// What a repetition would do.
        class: EffectClass,
    },
    /// It has its result.
    Done(CallId),
    /// It will never have one, and what it did is unknown.
    Unknown(CallId),
}

/// Why a step cannot follow on what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// The call stands at another place.
    #[error("call {call} is {state} already and cannot become {wanted}")]
    Illegal {
        /// The call.
        call: CallId,
        /// Where it stands.
        state: EffectState,
        /// What was asked for.
        wanted: EffectState,
    },
    /// Nobody intended it.
    #[error("call {0} was never intended")]
    Absent(CallId),
}

impl EffectMove {
    /// The call that moves.
    pub fn call(self) -> CallId {
        match self {
            Self::Intend { call, .. } | Self::Done(call) | Self::Unknown(call) => call,
        }
    }

    /// The state after this step, where it may follow on the one before.
    pub fn after(self, before: Option<Effect>) -> Result<Effect, EffectError> {
        let (call, wanted) = match self {
            Self::Intend { call, class } => match before {
                None => return Ok(Effect { call, class, state: EffectState::Intended }),
                Some(Effect { class: EffectClass::Reads, state: EffectState::Intended, .. })
                    if class == EffectClass::Reads =>
                {
                    return Ok(Effect { call, class, state: EffectState::Intended });
                }
                Some(_) => (call, EffectState::Intended),
            },
            Self::Done(call) => (call, EffectState::Done),
            Self::Unknown(call) => (call, EffectState::Unknown),
        };
        match before {
            None => Err(EffectError::Absent(call)),
            Some(effect) if effect.state == EffectState::Intended && wanted != EffectState::Intended => {
                Ok(Effect { state: wanted, ..effect })
            }
            Some(Effect { state, .. }) => Err(EffectError::Illegal { call, state, wanted }),
        }
    }
}

/// The text is no word of the journal's tables.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a word that was never written: {0:?}")]
pub struct BadWord(pub String);

/// Words that a backend writes into its tables and reads again.
macro_rules! words {
    ($type:ty { $($word:literal = $value:path),* $(,)? }) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($value => $word),* })
            }
        }

        impl FromStr for $type {
            type Err = BadWord;

            fn from_str(text: &str) -> Result<Self, BadWord> {
                match text {
                    $($word => Ok($value),)*
                    other => Err(BadWord(boxagnts_types::show::visible_line(&other.chars().take(40).collect::<String>()))),
                }
            }
        }
    };
}

words!(EffectClass { "reads" = Self::Reads, "changes" = Self::Changes });
words!(EffectState { "intended" = Self::Intended, "done" = Self::Done, "unknown" = Self::Unknown });

pub(crate) use words;
