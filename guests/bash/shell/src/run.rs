//! One call: a script in, what it said and how it ended out.

use std::future::{Future, poll_fn, ready};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use bashkit::hooks::HookAction;
use bashkit::{Bash, Error, ExecOptions, ExecResult, FileSystem};
use boxagnts_guest_sdk::cancelled;
use boxagnts_guest_sdk::path::WORKSPACE;

use crate::clip::Clip;
use crate::commands;
use crate::disk::Disk;
use crate::kept::{self, Kept};
use crate::limits;
use crate::missing;

/// What to run.
#[derive(Debug, Default)]
pub struct Request<'a> {
    /// The script.
    pub script: &'a str,
    /// What it reads from standard input.
    pub stdin: Option<String>,
    /// What an earlier call of the session left behind.
    pub kept: Option<&'a [u8]>,
    /// How long it may run, when that is less than usual.
    pub longest: Option<Duration>,
}

/// What came of it.
#[derive(Debug)]
pub struct Answer {
    /// What was written to standard output.
    pub stdout: Clip,
    /// What was written to standard error.
    pub stderr: Clip,
    /// The status, as a parent process would see it.
    pub status: i32,
    /// Why the script did not come to its own end.
    pub stopped: Option<String>,
    /// What the next call of the session gets.
    pub kept: Kept,
}

/// Runs a script on a disk. Nothing but memory and time can end it from outside.
pub fn run(disk: Disk, request: Request<'_>) -> Result<Answer, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    Ok(runtime.block_on(answer(disk, request)))
}

async fn answer(disk: Disk, request: Request<'_>) -> Answer {
    let disk: Arc<dyn FileSystem> = Arc::new(disk);
    let stop = Stop::new(request.longest.unwrap_or(limits::LONGEST).min(limits::LONGEST));
    let mut bash = shell(Arc::clone(&disk), &stop);
    if let Some(mut state) = request.kept.and_then(kept::unpack) {
        state.cwd = existing(&disk, state.cwd).await;
        bash.restore_shell_state(&state);
    }
    stop.connect(bash.cancellation_token());

    let mut options = ExecOptions::new();
    if let Some(stdin) = request.stdin {
        options = options.stdin(stdin);
    }
    let (mut stdout, mut stderr) = (Clip::new(limits::STDOUT), Clip::new(limits::STDERR));
    let execution = bash
        .execute(request.script)
        .options(options)
        .stdout_fn(|bytes| {
            stdout.push(&bytes);
            stop.count(bytes.len());
            ready(Ok(()))
        })
        .stderr_fn(|bytes| {
            stderr.push(&bytes);
            stop.count(bytes.len());
            ready(Ok(()))
        });
    let result = watched(execution.into_future(), &stop).await;
    let (status, stopped) = ending(result, &stop, request.script, &mut stderr);
    Answer { stdout, stderr, status, stopped, kept: kept::pack(bash.shell_state()) }
}

/// The directory of the earlier call may be gone.
async fn existing(disk: &Arc<dyn FileSystem>, cwd: PathBuf) -> PathBuf {
    match disk.read_dir(&cwd).await {
        Ok(_) => cwd,
        Err(_) => PathBuf::from(WORKSPACE),
    }
}

fn shell(disk: Arc<dyn FileSystem>, stop: &Arc<Stop>) -> Bash {
    let asked = Arc::clone(stop);
    let builder = Bash::builder()
        .fs(disk)
        .cwd(Path::new(WORKSPACE))
        .env("HOME", WORKSPACE)
        .env("TMPDIR", "/tmp")
        .env("LANG", "C.UTF-8")
        .username("user")
        .hostname("sandbox")
        // Stages of a pipeline and background jobs run one after another. Side by side, a `tr`, `cat` or `grep`
        // that ends a pipeline inside a loop takes the input of the loop too (bashkit 0.20).
        .concurrent_jobs(false)
        .limits(limits::execution())
        .session_limits(bashkit::SessionLimits::unlimited())
        .memory_limits(limits::memory())
        .builtin_filter(missing::stays)
        .command_resolver(Arc::new(missing::Advice))
        .before_tool(Box::new(move |event| {
            asked.look();
            HookAction::Continue(event)
        }));
    commands::install(builder).build()
}

/// How the script ended: its status, and a sentence when it did not end by itself.
fn ending(result: bashkit::Result<ExecResult>, stop: &Stop, script: &str, stderr: &mut Clip) -> (i32, Option<String>) {
    let error = match result {
        Ok(result) => return (result.exit_code, None),
        Err(error) => error,
    };
    if let Some(report) = error.syntax_report("bash", script) {
        stderr.push(report.as_bytes());
        return (2, None);
    }
    match error {
        Error::Cancelled => (limits::KILLED, Some(stop.reason())),
        Error::ResourceLimit(limit) => (limits::KILLED, Some(format!("a limit of this shell: {limit}"))),
        error => {
            stderr.push(format!("bash: {error}\n").as_bytes());
            (1, None)
        }
    }
}

/// Drives a script and looks from time to time whether it should stop, also while it sleeps.
async fn watched<T>(script: impl Future<Output = T>, stop: &Stop) -> T {
    let (mut script, mut watch) = (pin!(script), pin!(watch(stop)));
    poll_fn(move |context| {
        // It never ends; it is polled for its timer.
        let _: Poll<()> = watch.as_mut().poll(context);
        script.as_mut().poll(context)
    })
    .await
}

async fn watch(stop: &Stop) {
    loop {
        stop.look();
        tokio::time::sleep(limits::LOOK).await;
    }
}

/// Why and when a script is to stop before its end.
#[derive(Debug)]
struct Stop {
    since: Instant,
    longest: Duration,
    reason: AtomicU8,
    printed: AtomicU64,
    token: OnceLock<Arc<AtomicBool>>,
}

const CANCELLED: u8 = 1;
const TOO_LONG: u8 = 2;
const TOO_MUCH: u8 = 3;

impl Stop {
    fn new(longest: Duration) -> Arc<Self> {
        Arc::new(Self {
            since: Instant::now(),
            longest,
            reason: AtomicU8::new(0),
            printed: AtomicU64::new(0),
            token: OnceLock::new(),
        })
    }

    fn connect(&self, token: Arc<AtomicBool>) {
        // There is one shell per call, so that this is the first token.
        let _ = self.token.set(token);
    }

    /// Asks the host and the clock. Called between commands.
    fn look(&self) {
        if cancelled() {
            self.because(CANCELLED);
        } else if self.longest < self.since.elapsed() {
            self.because(TOO_LONG);
        }
    }

    fn count(&self, bytes: usize) {
        let before = self.printed.fetch_add(bytes as u64, Ordering::Relaxed);
        if limits::MOST_PRINTED < before + bytes as u64 {
            self.because(TOO_MUCH);
        }
    }

    fn because(&self, reason: u8) {
        // The first reason counts.
        let _ = self.reason.compare_exchange(0, reason, Ordering::Relaxed, Ordering::Relaxed);
        if let Some(token) = self.token.get() {
            token.store(true, Ordering::Relaxed);
        }
    }

    fn reason(&self) -> String {
        match self.reason.load(Ordering::Relaxed) {
            TOO_LONG => format!("it ran for {} s; do less per call", self.longest.as_secs()),
            TOO_MUCH => format!("it printed more than {} MiB", limits::MOST_PRINTED / limits::MIB),
            _ => "the call was cancelled".to_owned(),
        }
    }
}
