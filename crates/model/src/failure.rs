//! How asking a model fails, by what a person or the loop can do about it.

use std::time::Duration;

/// Why there is no (whole) reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// There is no such model.
    #[error("there is no model {name:?}{hint}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// What to write instead, with its own leading punctuation; empty when nothing is near.
        hint: String,
    },
    /// It is not set up: no key, or an address that is none.
    #[error("the model cannot be used: {0}")]
    Unusable(String),
    /// The vendor does not accept the key, or there is none.
    #[error("the model's vendor refuses the key: {0}")]
    Unauthorised(String),
    /// Too many requests.
    #[error("the model's vendor asks to wait")]
    RateLimited {
        /// How long, when it said so.
        retry_after: Option<Duration>,
    },
    /// The conversation is longer than the model can read.
    #[error("the conversation is longer than the model can read: {0}")]
    TooLong(String),
    /// The vendor will not do this, however often it is asked.
    #[error("the model's vendor refuses the request: {0}")]
    Rejected(String),
    /// The vendor is at fault; asking again, later, may help.
    #[error("the model's vendor is in trouble: {0}")]
    Faulty(String),
    /// Nobody answered, or not in time.
    #[error("the model cannot be reached: {0}")]
    Unreachable(String),
    /// The reply broke off or made no sense.
    #[error("the model's reply cannot be used: {0}")]
    Garbled(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_one_sentence_without_a_full_stop() {
        let hint = "; did you mean \"demo/tour\"?".to_owned();
        let unknown = Failure::UnknownModel { name: "demo/tuor".to_owned(), hint };
        assert_eq!(unknown.to_string(), "there is no model \"demo/tuor\"; did you mean \"demo/tour\"?");
        let others = [
            Failure::Unauthorised("401".to_owned()),
            Failure::RateLimited { retry_after: Some(Duration::from_secs(3)) },
            Failure::Unusable("OPENAI_API_KEY is not set".to_owned()),
            Failure::TooLong("200001 tokens".to_owned()),
            Failure::Rejected("400".to_owned()),
            Failure::Faulty("500".to_owned()),
            Failure::Unreachable("connection refused".to_owned()),
            Failure::Garbled("it broke off".to_owned()),
        ];
        for failure in others {
            let text = failure.to_string();
            assert!(text.starts_with("the ") && !text.ends_with('.'), "{text}");
        }
    }
}
