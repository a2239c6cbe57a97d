//! Reading and writing an open file as a stream, at once and on the guest's own thread: nothing is written after the
//! call has ended, and a write that was counted was made.

use super::account::{Account, Right};
use crate::ending::Stop;
use boxagnts_workspace::Opened;
use bytes::Bytes;
use rustix::buffer::spare_capacity;
use rustix::io::{Errno, pread};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use wasmtime_wasi_io::poll::Pollable;
use wasmtime_wasi_io::streams::{InputStream, OutputStream, StreamError, StreamResult};

/// The most that one read hands over: large enough that the crossing costs little beside the copy.
pub(super) const MOST_READ: usize = 256 * 1024;

/// What is read of a file that seems to have ended.
const LEAST_READ: usize = 4 * 1024;

/// The most that a guest may hand over in one write.
const MOST_WRITE: usize = 1024 * 1024;

pub(super) struct FileInput {
    pub(super) opened: Arc<Opened>,
    pub(super) account: Arc<Account>,
    pub(super) right: Arc<Right>,
    pub(super) position: u64,
}

pub(super) struct FileOutput {
    pub(super) opened: Arc<Opened>,
    pub(super) account: Arc<Account>,
    pub(super) right: Arc<Right>,
    /// Where the next byte goes; absent: to the end of the file.
    pub(super) position: Option<u64>,
}

/// Reads once, as much as there is up to `most` and our own bound. Empty means the end of the file.
///
/// Guests ask for large pieces of small files, so room is made for what the file held when it was opened, and a little
/// more for one that grew.
pub(super) fn read_at(opened: &Opened, most: usize, position: u64) -> std::io::Result<Vec<u8>> {
    let rest = usize::try_from(opened.stat().size.saturating_sub(position)).unwrap_or(MOST_READ);
    let length = rest.clamp(LEAST_READ, MOST_READ).min(most);
    let mut bytes = Vec::with_capacity(length);
    loop {
        match pread(opened.file(), spare_capacity(&mut bytes), position) {
            Ok(_) => return Ok(bytes),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Writes all of it, counted before it is done: growth counts too, so that a far offset is no free space.
pub(super) fn write_at(
    opened: &Opened,
    account: &Account,
    right: &Right,
    bytes: &[u8],
    position: Option<u64>,
) -> Result<(), WriteError> {
    let length = bytes.len() as u64;
    let growth = match position {
        None => length,
        Some(position) => {
            let end = position.checked_add(length).ok_or(std::io::ErrorKind::FileTooLarge)?;
            end.saturating_sub(opened.stat_now().map_err(std::io::Error::other)?.size)
        }
    };
    account.write(right, growth.max(length))?;
    account.still_runs()?;
    account.uses(right).map_err(std::io::Error::from)?;
    match position {
        None => opened.append(bytes)?,
        Some(position) => opened.file().write_all_at(bytes, position)?,
    }
    Ok(())
}

/// Why a write was not made.
pub(super) enum WriteError {
    Stop(Stop),
    System(std::io::Error),
}

impl From<Stop> for WriteError {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<std::io::Error> for WriteError {
    fn from(error: std::io::Error) -> Self {
        Self::System(error)
    }
}

impl From<std::io::ErrorKind> for WriteError {
    fn from(kind: std::io::ErrorKind) -> Self {
        Self::System(kind.into())
    }
}

impl InputStream for FileInput {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        if size == 0 {
            return Ok(Bytes::new());
        }
        let failed = |error: std::io::Error| StreamError::LastOperationFailed(error.into());
        self.account.uses(&self.right).map_err(|revoked| failed(revoked.into()))?;
        let bytes = read_at(&self.opened, size, self.position).map_err(failed)?;
        if bytes.is_empty() {
            return Err(StreamError::Closed);
        }
        self.position += bytes.len() as u64;
        self.account.read(&self.right, bytes.len());
        Ok(bytes.into())
    }
}

impl OutputStream for FileOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        match write_at(&self.opened, &self.account, &self.right, &bytes, self.position) {
            Ok(()) => {
                self.position = self.position.map(|position| position + bytes.len() as u64);
                Ok(())
            }
            Err(WriteError::Stop(stop)) => Err(StreamError::Trap(stop.into())),
            Err(WriteError::System(error)) => Err(StreamError::LastOperationFailed(error.into())),
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MOST_WRITE)
    }
}

// A file is always ready.
#[async_trait::async_trait]
impl Pollable for FileInput {
    async fn ready(&mut self) {}
}

#[async_trait::async_trait]
impl Pollable for FileOutput {
    async fn ready(&mut self) {}
}
