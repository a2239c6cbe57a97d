//! Many calls at once: how long each takes, whether a neighbour gets its turn, and how much memory a live guest has.

use super::{Bench, House, nanoseconds};
use anyhow::{Context as _, Result, bail};
use futures::future::try_join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use std::time::{Duration, Instant};

/// Sessions over which live guests are spread, so that no bound of a single one is met.
const SESSIONS: usize = 8;

/// How long a guest waits that is looked at while it does. Long enough for hundreds of them to have begun.
const WAIT: Duration = Duration::from_secs(4);

/// What each of so many calls of one session took, in nanoseconds from the moment at which all of them began.
pub(super) async fn crowd(house: &House, count: usize) -> Result<Vec<u64>> {
    let session = house.session().await?;
    session.call("noop", "{}").await?;
    let begun = Instant::now();
    try_join_all((0..count).map(|_| ended(&session, begun))).await
}

/// What a single call of another session takes that begins when half of a crowd has ended, and the whole crowd.
pub(super) async fn neighbour(house: &House, count: usize) -> Result<Vec<u64>> {
    let (session, other) = (house.session().await?, house.session().await?);
    session.call("noop", "{}").await?;
    let begun = Instant::now();
    let mut crowd: FuturesUnordered<_> = (0..count).map(|_| ended(&session, begun)).collect();
    for _ in 0..count / 2 {
        crowd.next().await.context("half of the calls have ended")??;
    }
    let rest = async {
        while let Some(call) = crowd.next().await {
            call?;
        }
        anyhow::Ok(nanoseconds(begun.elapsed()))
    };
    let (whole, single) = tokio::join!(rest, other.call("noop", "{}"));
    Ok(vec![nanoseconds(single?), whole?])
}

/// The bytes of private memory before so many guests live and while they do, and again when they have ended.
pub(super) async fn live(house: &House, count: usize) -> Result<Vec<u64>> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        sessions.push(house.session().await?);
    }
    let input = format!(r#"{{"ms":{}}}"#, WAIT.as_millis());
    // The first ones start threads and load the guest, which is nobody's memory in particular.
    try_join_all(sessions.iter().map(|session| session.call("sleep", r#"{"ms":1}"#))).await?;
    let before = private_memory()?;
    let calls = (0..count).map(|number| sessions[number % SESSIONS].call("sleep", &input));
    let look = async {
        tokio::time::sleep(WAIT / 2).await;
        private_memory()
    };
    let (ended, during) = tokio::join!(try_join_all(calls), look);
    if ended?.iter().any(|time| WAIT * 3 / 2 < *time) {
        bail!("{count} guests did not live at the same time");
    }
    Ok(vec![before, during?, private_memory()?])
}

async fn ended(session: &Bench, begun: Instant) -> Result<u64> {
    session.call("noop", "{}").await?;
    Ok(nanoseconds(begun.elapsed()))
}

/// The bytes of this process that no other process has, as the kernel counts them (`proc_pid_smaps_rollup(5)`).
pub(super) fn private_memory() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/smaps_rollup").context("the kernel does not tell our memory")?;
    let kilobytes = text.lines().filter(|line| line.starts_with("Private_")).map(|line| {
        let number = line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        number.with_context(|| format!("`{line}` is no size"))
    });
    Ok(kilobytes.sum::<Result<u64>>()? * 1024)
}
