//! What a tool may tell the host: progress and log lines, both bounded; and whether it should stop.

use crate::bindings::boxagnts::tool::{host, types};
use crate::limits::Limits;
use crate::world::{LogLine, World};
use boxagnts_tools::Progress;
use boxagnts_types::CallId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use wasmtime::Result;
use wasmtime::component::HasData;

/// The highest level there is, trace.
const LOWEST_PRIORITY: u8 = 4;

/// As many bytes of what a crashed tool said last as its failure repeats.
const LAST_WORDS: usize = 500;

/// The host as a tool sees it.
pub(crate) struct HostPort {
    pub(crate) progress: Progress,
    pub(crate) cancel: CancellationToken,
    pub(crate) log: Arc<Log>,
    reports_left: u32,
    longest: usize,
}

/// Where the lines of a call go, from the tool's log and from its standard streams alike.
pub(crate) struct Log {
    world: Arc<World>,
    call: Option<CallId>,
    left: AtomicU32,
    pub(crate) longest: usize,
    last: Mutex<String>,
}

/// Names [`HostPort`] to the linker.
pub(crate) struct HasHost;

impl HasData for HasHost {
    type Data<'a> = &'a mut HostPort;
}

impl HostPort {
    pub(crate) fn new(progress: Progress, cancel: CancellationToken, log: Arc<Log>, limits: &Limits) -> Self {
        Self { progress, cancel, log, reports_left: limits.log_lines, longest: limits.log_line_bytes }
    }
}

impl Log {
    pub(crate) fn new(world: Arc<World>, call: Option<CallId>, limits: &Limits) -> Self {
        Self {
            world,
            call,
            left: AtomicU32::new(limits.log_lines),
            longest: limits.log_line_bytes,
            last: Mutex::default(),
        }
    }

    /// Keeps a line, cut to the bound; drops it when there were too many.
    pub(crate) fn line(&self, level: u8, text: &str) {
        let (Some(logs), Some(call)) = (self.world.logs(), self.call) else { return };
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if left.is_ok() {
            logs.line(call, LogLine { level: level.min(LOWEST_PRIORITY), text: cut(text, self.longest) });
        }
    }
}

impl Log {
    /// A line of standard error. A program that crashes says why in its last ones.
    pub(crate) fn error_line(&self, level: u8, text: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !last.is_empty() {
            last.push('\n');
        }
        last.push_str(cut(text, LAST_WORDS));
        let too_much = last.len().saturating_sub(LAST_WORDS);
        let beginning = last.ceil_char_boundary(too_much);
        last.drain(..beginning);
        drop(last);
        self.line(level, text);
    }

    /// What happened, and what the guest said last.
    pub(crate) fn with_last_words(&self, what: String) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_empty() { what } else { format!("{what}; it said:\n{last}") }
    }
}

impl host::Host for &mut HostPort {
    fn progress(&mut self, text: String, fraction: Option<f32>) -> Result<()> {
        if let Some(left) = self.reports_left.checked_sub(1) {
            self.reports_left = left;
            let fraction = fraction.filter(|part| part.is_finite()).map(|part| part.clamp(0.0, 1.0));
            self.progress.report(cut(&text, self.longest), fraction);
        }
        Ok(())
    }

    fn log(&mut self, level: u8, text: String) -> Result<()> {
        self.log.line(level, &text);
        Ok(())
    }

    fn cancelled(&mut self) -> Result<bool> {
        Ok(self.cancel.is_cancelled())
    }
}

impl types::Host for &mut HostPort {}

/// The beginning of a text, at most so many bytes, whole characters only.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_cut_keeps_characters_whole() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
        assert_eq!(cut("ab", 100), "ab");
    }
}
