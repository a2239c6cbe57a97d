//! How much a call and a session may send. A permitted host is a way out for whatever a guest can read, one bit for
//! each request if need be; a budget bounds how much goes that way.

use boxagnts_egress::WebRequest;
use std::sync::{Mutex, PoisonError};

/// Requests of a session. A person who reads the web for a day does not come near it.
const OF_SESSION: u64 = 10_000;

/// Bytes of the requests of a session.
const BYTES_OF_SESSION: u64 = 64 << 20;

/// What a field costs beside its name and value: a colon, a space and the end of the line.
const AROUND_FIELD: usize = 4;

/// What may still be sent.
pub(crate) struct Budget {
    whose: &'static str,
    requests: u64,
    bytes: u64,
    spent: Mutex<(u64, u64)>,
}

/// Nothing of a kind is left.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Spent {
    #[error("{0} may send {1} requests")]
    Requests(&'static str, u64),
    #[error("the requests of {0} may have {1} bytes together")]
    Bytes(&'static str, u64),
}

impl Default for Budget {
    fn default() -> Self {
        Self::of_session(OF_SESSION, BYTES_OF_SESSION)
    }
}

impl Budget {
    pub(crate) fn of_call(requests: u64, bytes: u64) -> Self {
        Self { whose: "a call", requests, bytes, spent: Mutex::default() }
    }

    pub(crate) fn of_session(requests: u64, bytes: u64) -> Self {
        Self { whose: "a session", requests, bytes, spent: Mutex::default() }
    }

    /// Takes one request of this size, or nothing.
    pub(super) fn spend(&self, size: u64) -> Result<(), Spent> {
        // Two numbers that are both right after every step.
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (requests, bytes) = (spent.0.saturating_add(1), spent.1.saturating_add(size));
        if self.requests < requests {
            return Err(Spent::Requests(self.whose, self.requests));
        }
        if self.bytes < bytes {
            return Err(Spent::Bytes(self.whose, self.bytes));
        }
        *spent = (requests, bytes);
        Ok(())
    }
}

/// What a request says, in bytes.
pub(super) fn size(request: &WebRequest) -> u64 {
    let target = request.target.to_string().len() + request.method.as_str().len();
    let fields = request.fields.iter().map(|(name, value)| name.as_str().len() + value.len() + AROUND_FIELD);
    (target + fields.sum::<usize>() + request.body.len()) as u64
}
