//! `boxagnts` without a command: the server and its dashboard, and `boxagnts open`, a fresh link to it.

use crate::adopt;
use crate::args::{Arguments, ServeArguments};
use crate::exit::{Exit, WrongUsage};
use crate::run::{config, print_line};
use crate::tell::tell;
use crate::trust;
use crate::wall;
use boxagnts_gateway::{Address, Options, SHORTEST_TOKEN, Server};
use boxagnts_runtime::Runtime;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

/// Where the dashboard is found unless somebody says otherwise.
const PORT: u16 = 30001;
/// Threads that serve; what computes has threads of its own.
const THREADS: usize = 2;
/// A token is a line.
const LONGEST_TOKEN: u64 = 4096;

/// Serves until it is stopped.
pub(crate) fn serve(arguments: &Arguments, serve: &ServeArguments) -> anyhow::Result<Exit> {
    let token = serve.token_file.as_deref().map(read_token).transpose()?;
    let host = serve.host.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let address = Address::new(host, serve.port.unwrap_or(PORT), token.is_some())?;
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    threads.block_on(async {
        let runtime = Runtime::open(config(arguments))?;
        wall::tell_of(&runtime, arguments.verbose);
        adopt::offer(&runtime).await?;
        trust::tell_of(&runtime, arguments)?;
        if let Some(model) = &serve.model {
            runtime.check_model(model)?;
        }
        let server = Server::start(runtime, address, Options { token, model: serve.model.clone() }).await?;
        let (stop, signalled) = stop_on_signals()?;
        if !arguments.quiet {
            tell(&format!(
                "The dashboard is at {}, until Ctrl-C. This link logs one browser in, within a minute; a fresh one: \
                 boxagnts open",
                server.address()
            ));
        }
        print_line(&server.link()?)?;
        server.serve(stop.notified()).await;
        Ok(if signalled.load(Ordering::Relaxed) == SIGTERM { Exit::Terminated } else { Exit::Interrupted })
    })
}

/// Prints a link that logs a browser in to the server of this workspace.
pub(crate) fn open(arguments: &Arguments) -> anyhow::Result<Exit> {
    let runtime = Runtime::open(config(arguments))?;
    match runtime.leave_code()? {
        Some(link) => {
            print_line(&link)?;
            Ok(Exit::Done)
        }
        None => Err(WrongUsage("this workspace has no server; start one with: boxagnts".to_owned()).into()),
    }
}

const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

/// The first signal ends the server in order; a second one of the same kind ends it at once.
fn stop_on_signals() -> std::io::Result<(Arc<Notify>, Arc<AtomicU8>)> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut closed = signal(SignalKind::hangup())?;
    let (stop, seen) = (Arc::new(Notify::new()), Arc::new(AtomicU8::new(0)));
    let (told, seen_here) = (Arc::clone(&stop), Arc::clone(&seen));
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => SIGINT,
                _ = terminate.recv() => SIGTERM,
                _ = closed.recv() => SIGTERM,
            };
            if seen_here.swap(signal, Ordering::Relaxed) != 0 {
                crate::run::end_at_once(if signal == SIGTERM { Exit::Terminated } else { Exit::Interrupted });
            }
            told.notify_one();
        }
    });
    Ok((stop, seen))
}

/// The token of a file that nobody else can read.
#[expect(clippy::disallowed_methods, reason = "the person names the file")]
fn read_token(path: &Path) -> anyhow::Result<String> {
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display();
    let wrong = |why: String| WrongUsage(format!("the token file {shown} {why}"));
    let file = std::fs::File::open(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let open = file.metadata().map_err(|error| wrong(format!("cannot be read: {error}")))?;
    if open.mode() & 0o077 != 0 {
        return Err(wrong(format!("can be read by others; mend that with: chmod 600 {shown}")).into());
    }
    let mut text = String::new();
    file.take(LONGEST_TOKEN).read_to_string(&mut text).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    let token = text.trim();
    if token.len() < SHORTEST_TOKEN || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let why = format!("must hold one token of at least {SHORTEST_TOKEN} printable characters without spaces");
        return Err(wrong(why).into());
    }
    Ok(token.to_owned())
}
