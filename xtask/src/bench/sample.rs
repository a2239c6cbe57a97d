//! Times, and what is said of many of them.

use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Times of one thing.
#[derive(Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub(crate) fn add_all(&mut self, times: impl IntoIterator<Item = Duration>) {
        self.0.extend(times);
    }

    /// The time that so many of a hundred do not exceed (nearest rank); zero when nothing was measured.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }

    /// The sum of all, divided by how many they are; zero when nothing was measured.
    pub(crate) fn mean(&self) -> Duration {
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX).max(1);
        self.0.iter().sum::<Duration>() / count
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// How many times as long one time is as another.
pub(crate) fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// Starts a program, waits for its end and takes the time of both. Its output goes nowhere.
pub(crate) fn time(command: &mut Command) -> Result<Duration> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = quiet.status();
    let took = began.elapsed();
    let name = command.get_program().to_string_lossy().into_owned();
    let status = status.with_context(|| format!("cannot start {name}"))?;
    if !status.success() {
        bail!("{name} ended with {status}; its time would say nothing");
    }
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::{Sample, ratio};
    use std::time::Duration;

    fn of(times: impl IntoIterator<Item = u64>) -> Sample {
        Sample(times.into_iter().map(Duration::from_millis).collect())
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let sample = of((1..=100).rev());
        assert_eq!(sample.median(), Duration::from_millis(50));
        assert_eq!(sample.percentile(99), Duration::from_millis(99));
        assert_eq!(of([7]).percentile(99), Duration::from_millis(7));
        assert_eq!(of([1, 2, 6]).mean(), Duration::from_millis(3));
        assert_eq!(of([]).mean(), Duration::ZERO);
        assert_eq!(of([]).median(), Duration::ZERO);
    }

    #[test]
    fn a_ratio_to_nothing_is_no_panic() {
        assert!(ratio(Duration::from_millis(1), Duration::ZERO) > 1e9);
        assert!((ratio(Duration::from_millis(1), Duration::from_millis(2)) - 0.5).abs() < 1e-9);
    }
}
