//! Computing time, which other work on the machine does not lengthen as it does the time on the clock.

use anyhow::{Context, Result};
use std::fs;
use std::time::Duration;

/// In how many parts of a second the kernel counts it for programs (`USER_HZ`, `time(7)`).
const TICKS: u64 = 100;

/// What this thread computes for some work (`schedstat`, in nanoseconds; `sched-stats` of the kernel's pages).
pub(crate) fn here<T>(work: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let spent = || -> Result<u64> {
        let text = fs::read_to_string("/proc/thread-self/schedstat").context("the kernel does not count our time")?;
        Ok(text.split(' ').next().unwrap_or_default().parse()?)
    };
    let before = spent()?;
    work()?;
    Ok(Duration::from_nanos(spent()?.saturating_sub(before)))
}

/// What programs compute that the work starts and whose end it awaits (`proc_pid_stat(5)`, fields 16 and 17). Exact to a
/// hundredth of a second, whose remainder the next one gets: a sum of many is exact, too.
pub(crate) fn by_programs<T>(work: impl FnOnce() -> Result<T>) -> Result<Duration> {
    let spent = || -> Result<u64> {
        let text = fs::read_to_string("/proc/self/stat").context("the kernel does not count our programs' time")?;
        let behind_name = text.rsplit(')').next().unwrap_or_default();
        let fields = behind_name.split_whitespace().skip(13).take(2).map(str::parse::<u64>);
        Ok(fields.sum::<Result<u64, _>>()?)
    };
    let before = spent()?;
    work()?;
    Ok(Duration::from_millis(spent()?.saturating_sub(before) * 1000 / TICKS))
}
