//! What a further workspace costs in a process that runs already: its first call, and the memory that it holds.

use super::{House, crowd, nanoseconds};
use anyhow::Result;
use std::time::Instant;

/// What the first call of each of so many new workspaces takes, the folder's opening and the threads' start included.
pub(super) async fn begun(house: &House, count: usize) -> Result<Vec<u64>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        house.session().await?.call("noop", "{}").await?;
        times.push(nanoseconds(begun.elapsed()));
    }
    Ok(times)
}

/// The bytes of private memory before so many workspaces are in use and while they are.
pub(super) async fn held(house: &House, count: usize) -> Result<Vec<u64>> {
    let before = crowd::private_memory()?;
    let mut sessions = Vec::new();
    for _ in 0..count {
        let session = house.session().await?;
        session.call("noop", "{}").await?;
        sessions.push(session);
    }
    Ok(vec![before, crowd::private_memory()?])
}
