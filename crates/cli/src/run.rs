//! `boxagnts run`: one task, one answer.

use crate::adopt;
use crate::args::{Arguments, LawArguments, RunArguments, RunFormat};
use crate::ask::{self, Asked, Asker};
use crate::exit::{Exit, WrongUsage};
use crate::input::text_or_stdin;
use crate::journal;
use crate::report::{Loudness, Report};
use crate::tell::tell;
use crate::trust;
use crate::wall;
use boxagnts_runtime::{
    Config, Resume, Runtime, Session, SessionOptions, StreamEvent, Subscription, TurnReport, covered,
};
use serde_json::json;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// Runs one turn and says how it ended.
pub(crate) fn run(arguments: &Arguments, run: &RunArguments) -> anyhow::Result<Exit> {
    let prompt = text_or_stdin(&run.prompt, "prompt")?;
    if prompt.trim().is_empty() {
        return Err(WrongUsage("the prompt is empty; say with -p what the agent should do".to_owned()).into());
    }
    on_this_thread(async {
        let runtime = Runtime::open(config(arguments))?;
        wall::tell_of(&runtime, arguments.verbose);
        adopt::offer(&runtime).await?;
        trust::tell_of(&runtime, arguments)?;
        let resume = run.resume.map(Resume::Session).or(run.go_on.then_some(Resume::Latest));
        let model = Some(run.model.clone());
        let RunArguments { max_turns: max_steps, max_tokens, max_budget_usd: max_micro_dollars, max_time, .. } = *run;
        let options =
            SessionOptions { resume, max_steps, max_tokens, max_micro_dollars, max_time, model, ..options(&run.law) };
        let session = Arc::new(runtime.start(options).await?);
        for why in session.left_out() {
            tell(why);
        }
        if let Some(origin) = session.origin().filter(|_| !arguments.quiet) {
            tell(&format!("session {origin} is sealed; it goes on as session {}", session.id()));
        }
        let stopped = stop_on_signals(&session)?;
        let heard = session.subscribe();
        session.announce();
        let shown = async {
            let shown = show(&session, heard, run.output_format, loudness(arguments)).await;
            if shown.is_err() {
                // Nobody reads any more, so nothing should happen any more.
                session.stop();
            }
            shown
        };
        let (report, shown) = tokio::join!(session.submit(&prompt), shown);
        session.close().await;
        let report = report?;
        shown?;
        conclude(&runtime, &session, arguments, run, &report).await?;
        Ok(match stopped.load(Ordering::Relaxed) {
            0 => Exit::of_turn(report.reason, report.unanswered),
            SIGTERM => Exit::Terminated,
            _ => Exit::Interrupted,
        })
    })
}

const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

/// Runs a future to its end. One thread is enough for events and lines; guests have threads of their own.
pub(crate) fn on_this_thread<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// What holds for the program, from its arguments.
#[expect(clippy::disallowed_methods, reason = "the entrance says which process holds a session")]
pub(crate) fn config(arguments: &Arguments) -> Config {
    Config {
        workspace: arguments.workspace_dir.clone(),
        maps: arguments.maps.clone(),
        holder: format!("boxagnts, process {}", std::process::id()),
    }
}

/// What holds for the session, from the arguments.
pub(crate) fn options(law: &LawArguments) -> SessionOptions {
    SessionOptions {
        allow: law.allow.clone(),
        deny: law.deny.clone(),
        ..SessionOptions::new(law.permission_mode, ask::somebody_is_there())
    }
}

pub(crate) fn loudness(arguments: &Arguments) -> Loudness {
    match (arguments.quiet, arguments.verbose) {
        (true, _) => Loudness::Quiet,
        (_, true) => Loudness::Verbose,
        _ => Loudness::Normal,
    }
}

/// The first Ctrl-C or SIGTERM stops the turn and leaves a valid session; a second one ends the program at once.
/// Both are caught from the moment this returns.
pub(crate) fn stop_on_signals(session: &Arc<Session>) -> std::io::Result<Arc<AtomicU8>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A terminal that was closed ends the work like a request to terminate.
    let mut closed = signal(SignalKind::hangup())?;
    let stopped = Arc::new(AtomicU8::new(0));
    let (session, seen) = (Arc::clone(session), Arc::clone(&stopped));
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => SIGINT,
                _ = terminate.recv() => SIGTERM,
                _ = closed.recv() => SIGTERM,
            };
            if seen.swap(signal, Ordering::Relaxed) != 0 {
                end_at_once(if signal == SIGTERM { Exit::Terminated } else { Exit::Interrupted });
            }
            session.stop();
        }
    });
    Ok(stopped)
}

#[expect(clippy::disallowed_methods, reason = "the person asked twice; nothing that is still running may delay them")]
pub(crate) fn end_at_once(exit: Exit) -> ! {
    std::process::exit(exit as i32)
}

/// Shows events until the turn has ended, and asks the person on the way.
pub(crate) async fn show(
    session: &Arc<Session>,
    mut heard: Subscription,
    format: RunFormat,
    loudness: Loudness,
) -> anyhow::Result<()> {
    let asks = ask::somebody_is_there();
    let mut report = Report::new(loudness, asks);
    let mut asker = None;
    while let Some(event) = heard.next().await {
        match format {
            RunFormat::Text => report.hear(&event)?,
            RunFormat::StreamJson => print_line(&serde_json::to_string(&event)?)?,
            RunFormat::Json => {}
        }
        match event {
            StreamEvent::ApprovalRequested { call, .. } if asks => {
                let asker = asker.get_or_insert_with(|| Asker::start(Arc::clone(session)));
                asker.ask(Asked(call));
            }
            StreamEvent::TurnFinished { .. } => break,
            _ => {}
        }
    }
    Ok(())
}

async fn conclude(
    runtime: &Runtime,
    session: &Session,
    arguments: &Arguments,
    run: &RunArguments,
    report: &TurnReport,
) -> anyhow::Result<()> {
    match run.output_format {
        RunFormat::StreamJson => {}
        RunFormat::Json => {
            let result = json!({
                "type": "result",
                "session": session.id(),
                "reason": report.reason,
                "text": report.text,
                "steps": report.steps,
                "usage": report.usage,
                "unanswered": report.unanswered,
                "error": report.error,
            });
            print_line(&result.to_string())?;
        }
        RunFormat::Text => {
            if run.model.starts_with("demo/") {
                journal::print_receipts(&runtime.events(session.id(), 0).await?)?;
            }
            if !arguments.quiet {
                tell(&format!("\nsession {} · boxagnts session show {}", session.id(), session.id()));
            }
        }
    }
    Ok(())
}

/// Writes a line of the result. What was recorded before a secret was set may have it in it.
pub(crate) fn print_line(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(covered(line).as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}
