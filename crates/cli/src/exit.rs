//! How a program that called us learns what came of it.

use crate::run::print_line;
use crate::tell::tell;
use boxagnts_gateway::{AddressError, ServerError};
use boxagnts_runtime::{
    AdoptError, GrantError, Outcome, SecretsError, SettingsError, StartError, StopReason, StoreError, StreamEvent,
    TrustError, covered, visible,
};
use std::io::ErrorKind;
use std::process::ExitCode;

/// The exit codes, as the documentation lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Limit = 3,
    Unanswered = 4,
    Interrupted = 130,
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// How a turn's end is told.
    pub(crate) fn of_turn(reason: StopReason, unanswered: u32) -> Self {
        match reason {
            StopReason::Answered if 0 < unanswered => Self::Unanswered,
            StopReason::Answered => Self::Done,
            StopReason::StepLimit | StopReason::BudgetLimit | StopReason::Repeats => Self::Limit,
            StopReason::Interrupted => Self::Interrupted,
            StopReason::ToolBroken | StopReason::ModelFailed | StopReason::RecordFailed => Self::Failed,
        }
    }

    /// How a single call's end is told.
    pub(crate) fn of_call(outcome: Outcome, unanswered: bool) -> Self {
        match outcome {
            Outcome::Done => Self::Done,
            Outcome::Denied if unanswered => Self::Unanswered,
            Outcome::Rejected | Outcome::Denied | Outcome::Broken | Outcome::Unknown => Self::Failed,
            Outcome::Limited => Self::Limit,
            Outcome::Cancelled => Self::Interrupted,
        }
    }

    /// How an error before or around the work is told.
    pub(crate) fn of_error(error: &anyhow::Error) -> Self {
        if let Some(start) = error.downcast_ref::<StartError>() {
            return if start.is_usage() { Self::Usage } else { Self::Failed };
        }
        if let Some(secrets) = error.downcast_ref::<SecretsError>() {
            return if secrets.is_usage() { Self::Usage } else { Self::Failed };
        }
        if let Some(server) = error.downcast_ref::<ServerError>() {
            return if server.is_usage() { Self::Usage } else { Self::Failed };
        }
        if error.is::<AddressError>() {
            return Self::Usage;
        }
        if let Some(adopt) = error.downcast_ref::<AdoptError>() {
            return if adopt.is_usage() { Self::Usage } else { Self::Failed };
        }
        if let Some(grant) = error.downcast_ref::<GrantError>() {
            return if grant.is_usage() { Self::Usage } else { Self::Failed };
        }
        if error.is::<SettingsError>() || error.downcast_ref::<TrustError>().is_some_and(TrustError::is_usage) {
            return Self::Usage;
        }
        match error.downcast_ref::<StoreError>() {
            Some(StoreError::NoSession(_)) => Self::Usage,
            _ if error.is::<WrongUsage>() => Self::Usage,
            _ => Self::Failed,
        }
    }
}

/// Something that the person wrote cannot be meant.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct WrongUsage(pub(crate) String);

/// Prints an error with its causes on standard error, for a program also as the event `error` on standard output. A reader
/// that went away knows why it did.
pub(crate) fn explain(error: &anyhow::Error, for_a_program: bool) {
    let gone = |error: &std::io::Error| error.kind() == ErrorKind::BrokenPipe;
    if error.downcast_ref::<std::io::Error>().is_some_and(gone) {
        return;
    }
    let message = visible(&covered(&format!("{error:#}{}", hint(error))));
    if for_a_program {
        tell_program(&message);
    }
    tell(&format!("boxagnts: {message}"));
}

/// What the person can do about it, where a command of ours helps.
fn hint(error: &anyhow::Error) -> &'static str {
    if matches!(error.downcast_ref::<StartError>(), Some(StartError::Settings(_))) {
        return " (nothing is allowed before that is mended)";
    }
    let stray = match (error.downcast_ref::<StartError>(), error.downcast_ref::<StoreError>()) {
        (Some(StartError::Record(error)), _) | (None, Some(error)) => matches!(error, StoreError::Stray(_)),
        _ => false,
    };
    if stray { "; see what it is, and adopt it, with: boxagnts session adopt" } else { "" }
}

/// Ends the program for arguments that cannot be read, or that ask for help or the version.
#[expect(clippy::disallowed_methods, reason = "the entrance reads its arguments, and nothing runs yet that could end")]
pub(crate) fn misread(error: &clap::Error) -> ! {
    let mut asked = std::env::args_os().skip_while(|argument| !argument.to_string_lossy().starts_with(FORMAT)).take(2);
    // What is wrong may be any argument, so the one that matters here is looked for by hand.
    if error.use_stderr() && asked.any(|argument| argument.to_string_lossy().ends_with("json")) {
        tell_program(error.to_string().trim_start_matches("error: ").trim_end());
    }
    error.exit()
}

/// The option that says who reads the output.
const FORMAT: &str = "--output-format";

fn tell_program(message: &str) {
    let event = StreamEvent::Error { message: message.to_owned() };
    // Whoever does not read standard output reads the same on standard error.
    let _ = serde_json::to_string(&event).map(|line| print_line(&line));
}
