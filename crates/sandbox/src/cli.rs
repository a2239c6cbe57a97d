//! The little that a guest finds of a command's surroundings: no variables, its arguments, its standard streams.

use crate::ending::Stop;
use crate::host::Log;
use crate::limits::LimitHit;
use bytes::Bytes;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::Result;
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::cli::{
    environment, exit, stderr, stdin, stdout, terminal_input, terminal_output, terminal_stderr, terminal_stdin,
    terminal_stdout,
};
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{
    DynInputStream, DynOutputStream, InputStream, OutputStream, StreamError, StreamResult,
};

/// The most that a guest may hand over in one write.
const MOST_WRITE: usize = 1024 * 1024;

/// The arguments and streams of one call.
pub(crate) struct Streams {
    pub(crate) arguments: Vec<String>,
    /// Where a command's relative paths begin.
    pub(crate) folder: Option<String>,
    pub(crate) input: Arc<Mutex<Bytes>>,
    pub(crate) output: Sink,
    pub(crate) error: Sink,
}

/// Where what a guest writes to a standard stream goes.
#[derive(Clone)]
pub(crate) enum Sink {
    /// It is the result; kept whole up to a bound that both streams share.
    Kept(Arc<Kept>),
    /// It is for people who look into a tool; each line becomes a log line of this level.
    Logged(Arc<Log>, u8),
}

/// What a command has written.
pub(crate) struct Kept {
    text: Mutex<Written>,
    most: u64,
}

#[derive(Default)]
struct Written {
    output: Vec<u8>,
    error: Vec<u8>,
}

/// What the implementation of the interfaces borrows for one host call.
pub(crate) struct StreamsView<'a> {
    pub(crate) streams: &'a mut Streams,
    pub(crate) table: &'a mut ResourceTable,
}

/// Names [`StreamsView`] to the linker.
pub(crate) struct HasStreams;

impl HasData for HasStreams {
    type Data<'a> = StreamsView<'a>;
}

impl Streams {
    /// For a tool of the typed world: nothing comes in, and what goes out is logged.
    pub(crate) fn logged(log: &Arc<Log>) -> Self {
        Self {
            arguments: Vec::new(),
            folder: None,
            input: Arc::default(),
            output: Sink::Logged(Arc::clone(log), 2),
            error: Sink::Logged(Arc::clone(log), 1),
        }
    }

    /// For a command.
    pub(crate) fn kept(kept: &Arc<Kept>, arguments: Vec<String>, input: Bytes) -> Self {
        Self {
            arguments,
            folder: Some(boxagnts_types::path::WORKSPACE.to_owned()),
            input: Arc::new(Mutex::new(input)),
            output: Sink::Kept(Arc::clone(kept)),
            error: Sink::Kept(Arc::clone(kept)),
        }
    }
}

impl Kept {
    pub(crate) fn new(most: u64) -> Self {
        Self { text: Mutex::default(), most }
    }

    /// Standard output and standard error.
    pub(crate) fn take(&self) -> (Vec<u8>, Vec<u8>) {
        let written = std::mem::take(&mut *lock(&self.text));
        (written.output, written.error)
    }

    fn write(&self, is_error: bool, bytes: &[u8]) -> StreamResult<()> {
        let mut text = lock(&self.text);
        let total = text.output.len() + text.error.len() + bytes.len();
        if self.most < total as u64 {
            return Err(StreamError::Trap(Stop::Limit(LimitHit::Output(self.most)).into()));
        }
        let stream = if is_error { &mut text.error } else { &mut text.output };
        stream.extend_from_slice(bytes);
        Ok(())
    }
}

/// One open end of standard output or standard error.
struct Out {
    sink: Sink,
    is_error: bool,
    /// The beginning of a line that has no end yet.
    line: Vec<u8>,
}

impl Out {
    fn end_line(&mut self, log: &Log, level: u8) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end();
        if self.is_error && !line.is_empty() {
            log.error_line(level, line);
        } else {
            log.line(level, line);
        }
        self.line.clear();
    }
}

impl OutputStream for Out {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        match &self.sink.clone() {
            Sink::Kept(kept) => kept.write(self.is_error, &bytes),
            Sink::Logged(log, level) => {
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    let room = log.longest.saturating_sub(self.line.len());
                    self.line.extend_from_slice(&piece[..piece.len().min(room)]);
                    if piece.ends_with(b"\n") {
                        self.end_line(log, *level);
                    }
                }
                Ok(())
            }
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MOST_WRITE)
    }
}

impl Drop for Out {
    fn drop(&mut self) {
        if let Sink::Logged(log, level) = self.sink.clone()
            && !self.line.is_empty()
        {
            self.end_line(&log, level);
        }
    }
}

/// One open end of standard input; all of them read the same bytes.
struct In(Arc<Mutex<Bytes>>);

impl InputStream for In {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        let mut rest = lock(&self.0);
        if rest.is_empty() {
            return Err(StreamError::Closed);
        }
        let length = rest.len().min(size);
        Ok(rest.split_to(length))
    }
}

// Both only touch memory.
#[async_trait::async_trait]
impl Pollable for Out {
    async fn ready(&mut self) {}
}

#[async_trait::async_trait]
impl Pollable for In {
    async fn ready(&mut self) {}
}

impl environment::Host for StreamsView<'_> {
    fn get_environment(&mut self) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn get_arguments(&mut self) -> Result<Vec<String>> {
        Ok(self.streams.arguments.clone())
    }

    fn initial_cwd(&mut self) -> Result<Option<String>> {
        Ok(self.streams.folder.clone())
    }
}

impl exit::Host for StreamsView<'_> {
    fn exit(&mut self, status: std::result::Result<(), ()>) -> Result<()> {
        Err(I32Exit(i32::from(status.is_err())).into())
    }

    fn exit_with_code(&mut self, code: u8) -> Result<()> {
        Err(I32Exit(code.into()).into())
    }
}

impl stdin::Host for StreamsView<'_> {
    fn get_stdin(&mut self) -> Result<Resource<DynInputStream>> {
        let stream = In(Arc::clone(&self.streams.input));
        Ok(self.table.push(Box::new(stream) as DynInputStream)?)
    }
}

impl StreamsView<'_> {
    fn out(&mut self, sink: Sink, is_error: bool) -> Result<Resource<DynOutputStream>> {
        let stream = Out { sink, is_error, line: Vec::new() };
        Ok(self.table.push(Box::new(stream) as DynOutputStream)?)
    }
}

impl stdout::Host for StreamsView<'_> {
    fn get_stdout(&mut self) -> Result<Resource<DynOutputStream>> {
        self.out(self.streams.output.clone(), false)
    }
}

impl stderr::Host for StreamsView<'_> {
    fn get_stderr(&mut self) -> Result<Resource<DynOutputStream>> {
        self.out(self.streams.error.clone(), true)
    }
}

// There never is a terminal, so no such resource ever exists and dropping one is a defect.
impl terminal_input::Host for StreamsView<'_> {}
impl terminal_output::Host for StreamsView<'_> {}

impl terminal_input::HostTerminalInput for StreamsView<'_> {
    fn drop(&mut self, terminal: Resource<terminal_input::TerminalInput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_output::HostTerminalOutput for StreamsView<'_> {
    fn drop(&mut self, terminal: Resource<terminal_output::TerminalOutput>) -> Result<()> {
        self.table.delete(terminal)?;
        Ok(())
    }
}

impl terminal_stdin::Host for StreamsView<'_> {
    fn get_terminal_stdin(&mut self) -> Result<Option<Resource<terminal_stdin::TerminalInput>>> {
        Ok(None)
    }
}

impl terminal_stdout::Host for StreamsView<'_> {
    fn get_terminal_stdout(&mut self) -> Result<Option<Resource<terminal_stdout::TerminalOutput>>> {
        Ok(None)
    }
}

impl terminal_stderr::Host for StreamsView<'_> {
    fn get_terminal_stderr(&mut self) -> Result<Option<Resource<terminal_stderr::TerminalOutput>>> {
        Ok(None)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Byte buffers are whole after every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
