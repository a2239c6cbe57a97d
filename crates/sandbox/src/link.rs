//! The whole list of what a guest may import. Nothing outside it is ever linked.

use crate::bindings::boxagnts::tool;
use crate::cli::{HasStreams, StreamsView};
use crate::clocks::{ClocksView, HasClocks};
use crate::files::{FilesView, HasFiles};
use crate::host::HasHost;
use crate::random::HasRandom;
use crate::sockets::{Closed, HasClosed};
use crate::state::CallState;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime::{Engine, Result};
use wasmtime_wasi::clocks::WasiClocksCtxView;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};
use wasmtime_wasi_http::p2::bindings::http;
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView};
use wasmtime_wasi_io::bindings::wasi::io;

/// The packages and interfaces of [`linker`], without versions: each in the newest version that the engine's library
/// knows, which serves older ones of the same line.
pub(crate) const OFFERED: [&str; 31] = [
    "boxagnts:tool/host",
    "boxagnts:tool/types",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

struct HasTable;

impl HasData for HasTable {
    type Data<'a> = &'a mut ResourceTable;
}

/// Links every interface of [`OFFERED`] to the state of a call.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    let l = &mut linker;
    tool::host::add_to_linker::<_, HasHost>(l, |state: &mut CallState| &mut state.host)?;
    tool::types::add_to_linker::<_, HasHost>(l, |state: &mut CallState| &mut state.host)?;
    link_io(l)?;
    link_surroundings(l)?;
    filesystem::preopens::add_to_linker::<_, HasFiles>(l, files)?;
    filesystem::types::add_to_linker::<_, HasFiles>(l, files)?;
    link_http(l)?;
    link_closed_sockets(l)?;
    Ok(linker)
}

fn link_io(l: &mut Linker<CallState>) -> Result<()> {
    io::error::add_to_linker::<_, HasTable>(l, |state: &mut CallState| &mut state.table)?;
    io::poll::add_to_linker::<_, HasTable>(l, |state: &mut CallState| &mut state.table)?;
    io::streams::add_to_linker::<_, HasTable>(l, |state: &mut CallState| &mut state.table)?;
    clocks::monotonic_clock::add_to_linker::<_, HasClocks>(l, clocks)?;
    clocks::wall_clock::add_to_linker::<_, HasClocks>(l, clocks)?;
    random::random::add_to_linker::<_, HasRandom>(l, |state: &mut CallState| &mut state.random)?;
    random::insecure::add_to_linker::<_, HasRandom>(l, |state: &mut CallState| &mut state.random)?;
    random::insecure_seed::add_to_linker::<_, HasRandom>(l, |state: &mut CallState| &mut state.random)
}

fn link_surroundings(l: &mut Linker<CallState>) -> Result<()> {
    cli::environment::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::exit::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::stdin::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::stdout::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::stderr::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::terminal_input::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::terminal_output::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::terminal_stdin::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::terminal_stdout::add_to_linker::<_, HasStreams>(l, streams)?;
    cli::terminal_stderr::add_to_linker::<_, HasStreams>(l, streams)
}

fn link_http(l: &mut Linker<CallState>) -> Result<()> {
    http::outgoing_handler::add_to_linker::<_, WasiHttp>(l, requests)?;
    http::types::add_to_linker::<_, WasiHttp>(l, &http::types::LinkOptions::default(), requests)
}

fn link_closed_sockets(l: &mut Linker<CallState>) -> Result<()> {
    sockets::instance_network::add_to_linker::<_, HasClosed>(l, closed)?;
    sockets::ip_name_lookup::add_to_linker::<_, HasClosed>(l, closed)?;
    sockets::network::add_to_linker::<_, HasClosed>(l, &sockets::network::LinkOptions::default(), closed)?;
    sockets::tcp_create_socket::add_to_linker::<_, HasClosed>(l, closed)?;
    sockets::udp_create_socket::add_to_linker::<_, HasClosed>(l, closed)?;
    // Methods of sockets, which can never be called: there is no way to a socket.
    sockets::tcp::add_to_linker::<_, WasiSockets>(l, no_sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(l, no_sockets)
}

fn clocks(state: &mut CallState) -> ClocksView<'_> {
    let system = WasiClocksCtxView { ctx: &mut state.clocks.system, table: &mut state.table };
    ClocksView { system, metering: state.clocks.metering }
}

fn streams(state: &mut CallState) -> StreamsView<'_> {
    StreamsView { streams: &mut state.streams, table: &mut state.table }
}

fn files(state: &mut CallState) -> FilesView<'_> {
    FilesView { files: &mut state.files, table: &mut state.table }
}

fn requests(state: &mut CallState) -> WasiHttpCtxView<'_> {
    WasiHttpCtxView { hooks: &mut state.http.hooks, table: &mut state.table, ctx: &mut state.http.context }
}

fn closed(state: &mut CallState) -> Closed<'_> {
    Closed { table: &mut state.table }
}

fn no_sockets(state: &mut CallState) -> WasiSocketsCtxView<'_> {
    WasiSocketsCtxView { ctx: &mut state.sockets, table: &mut state.table }
}
