//! What belongs to one call and lives in its store.

use crate::cli::{Kept, Streams};
use crate::clocks::Clocks;
use crate::deadline::Deadline;
use crate::files::Files;
use crate::files::account::Account;
use crate::files::flow::Trace;
use crate::files::stage::Stage;
use crate::fuel::Metering;
use crate::gate::Gate;
use crate::host::{HostPort, Log};
use crate::http::Http;
use crate::limiter::Limiter;
use crate::limits::Limits;
use crate::random::Random;
use crate::world::World;
use boxagnts_capability::Permit;
use boxagnts_tools::{Ask, Ledger, Progress};
use bytes::Bytes;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::sockets::WasiSocketsCtx;

/// The host's side of one guest. It is dropped with the store, at the call's end.
pub(crate) struct CallState {
    /// First, so that it is dropped first: no request begins while those in the table end.
    pub(crate) http: Http,
    pub(crate) table: ResourceTable,
    pub(crate) limiter: Limiter,
    pub(crate) files: Files,
    pub(crate) random: Random,
    pub(crate) streams: Streams,
    pub(crate) host: HostPort,
    pub(crate) clocks: Clocks,
    /// Allows nothing; see `sockets`.
    pub(crate) sockets: WasiSocketsCtx,
    pub(crate) log: Arc<Log>,
    pub(crate) account: Arc<Account>,
    pub(crate) stage: Arc<Stage>,
}

/// What a call is made of.
pub(crate) struct CallParts {
    pub(crate) world: Arc<World>,
    /// Absent while a component describes itself.
    pub(crate) permit: Option<Permit>,
    pub(crate) ledger: Ledger,
    pub(crate) progress: Progress,
    pub(crate) cancel: CancellationToken,
    pub(crate) gate: Arc<Gate>,
    pub(crate) deadline: Deadline,
    /// Absent while a component describes itself.
    pub(crate) asker: Option<Arc<dyn Ask>>,
}

impl CallState {
    /// For a tool of the typed world.
    pub(crate) fn for_tool(parts: CallParts, limits: &Limits) -> Self {
        Self::new(parts, limits, Streams::logged, false)
    }

    /// For a plain command.
    pub(crate) fn for_command(parts: CallParts, limits: &Limits, kept: &Arc<Kept>, command: CommandLine) -> Self {
        Self::new(parts, limits, |_| Streams::kept(kept, command.arguments, command.input), true)
    }

    fn new(parts: CallParts, limits: &Limits, streams: impl FnOnce(&Arc<Log>) -> Streams, is_command: bool) -> Self {
        let CallParts { world, permit, ledger, progress, cancel, gate, deadline, asker } = parts;
        let call = permit.as_ref().map(Permit::call);
        let account = Account::new(permit, ledger, gate, limits).asking(asker, deadline);
        let account = Arc::new(account.tracing(Trace::new(world.labels().cloned())));
        let stage = Arc::new(Stage::new(world.stage().cloned()));
        let log = Arc::new(Log::new(Arc::clone(&world), call, limits));
        Self {
            http: Http::new(&world, &account, limits),
            table: ResourceTable::new(),
            limiter: Limiter::new(limits),
            files: Files::new(world, Arc::clone(&account), Arc::clone(&stage), is_command),
            random: Random::new(limits),
            streams: streams(&log),
            host: HostPort::new(progress, cancel, Arc::clone(&log), limits),
            clocks: Clocks::new(Metering::of(limits)),
            sockets: WasiSocketsCtx::default(),
            log,
            account,
            stage,
        }
    }
}

/// How a plain command is started.
pub(crate) struct CommandLine {
    /// With the program's name first.
    pub(crate) arguments: Vec<String>,
    /// Standard input.
    pub(crate) input: Bytes,
}
