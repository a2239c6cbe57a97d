//! The bytes of a file on their way to the searcher.
//!
//! A host call costs more than searching what it brings, so a small file is read with a single one: the
//! end of a file is known by a read that brings less than was asked for. A file that fits is searched as
//! one slice, which is fastest; a larger one streams through the searcher's own buffer.

use std::io::{Read, Result};

use boxagnts_guest_sdk::files::{CHUNK, File};
use grep_searcher::Searcher;

use crate::query::Query;
use crate::report::Report;
use crate::sink::Lines;

/// Files up to this size are held whole.
const LARGEST_HELD: usize = 4 * 1024 * 1024;
/// Enough of a beginning to recognise nearly every binary format by a zero byte.
const BEGINNING: usize = 1024;
/// A host may serve a read in parts, but then in whole blocks of this size.
const BLOCK: usize = 4096;

/// Whether a file was text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was searched.
    Searched,
    /// It is binary: it was left out, or left where that showed.
    Binary,
}

/// Searches files one after the other, with the same buffers.
pub(crate) struct Source<'a> {
    query: &'a Query,
    searcher: Searcher,
    held: Vec<u8>,
}

impl<'a> Source<'a> {
    /// A source for one query.
    pub(crate) fn new(query: &'a Query) -> Self {
        Self { query, searcher: query.searcher(), held: Vec::new() }
    }

    /// Searches one file.
    pub(crate) fn search(&mut self, file: &File, path: &str, report: &mut Report) -> Result<Verdict> {
        let first = file.read_at(0, CHUNK)?;
        if is_binary(&first[..first.len().min(BEGINNING)]) {
            return Ok(Verdict::Binary);
        }
        if is_end(&first) {
            return self.slice(&first, path, report);
        }
        let mut held = std::mem::take(&mut self.held);
        held.clear();
        held.extend_from_slice(&first);
        drop(first);
        let verdict = match fill(&mut held, file)? {
            Fill::Whole => self.slice(&held, path, report),
            Fill::Part => Ok(self.stream(&held, file, path, report)),
        };
        self.held = held;
        verdict
    }

    fn slice(&mut self, bytes: &[u8], path: &str, report: &mut Report) -> Result<Verdict> {
        let mut lines = Lines::new(self.query.matcher(), path, report);
        self.searcher.search_slice(self.query.matcher(), bytes, &mut lines)?;
        Ok(lines.finish())
    }

    fn stream(&mut self, held: &[u8], file: &File, path: &str, report: &mut Report) -> Verdict {
        let mut lines = Lines::new(self.query.matcher(), path, report);
        let stream = Stream { held, file, position: held.len() as u64, transcoded: is_utf_16(held) };
        let searched = self.searcher.search_reader(self.query.matcher(), stream, &mut lines);
        let verdict = lines.finish();
        if searched.is_err() {
            // All that can fail but the host is a line, or with `multiline` a file, beyond its bound.
            report.skip(path);
        }
        verdict
    }
}

enum Fill {
    Whole,
    Part,
}

/// Reads on until the file ends or no more of it is held.
fn fill(held: &mut Vec<u8>, file: &File) -> Result<Fill> {
    while held.len() < LARGEST_HELD {
        let more = file.read_at(held.len() as u64, CHUNK)?;
        held.extend_from_slice(&more);
        if is_end(&more) {
            return Ok(Fill::Whole);
        }
    }
    Ok(Fill::Part)
}

/// Whether a read of [`CHUNK`] bytes came to the end of its file.
fn is_end(read: &[u8]) -> bool {
    read.is_empty() || (read.len() < CHUNK && !read.len().is_multiple_of(BLOCK))
}

fn is_binary(beginning: &[u8]) -> bool {
    memchr::memchr(0, beginning).is_some() && !is_utf_16(beginning)
}

/// The searcher turns UTF-16 with a byte order mark into UTF-8; its zero bytes are half letters.
fn is_utf_16(beginning: &[u8]) -> bool {
    beginning.starts_with(b"\xff\xfe") || beginning.starts_with(b"\xfe\xff")
}

/// A file that is partly held, as a stream that ends at a zero byte: what follows is not text.
struct Stream<'a> {
    held: &'a [u8],
    file: &'a File,
    position: u64,
    transcoded: bool,
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = if self.held.is_empty() {
            let bytes = self.file.read_at(self.position, buffer.len().min(CHUNK))?;
            let length = bytes.len().min(buffer.len());
            buffer[..length].copy_from_slice(&bytes[..length]);
            self.position += length as u64;
            length
        } else {
            let length = buffer.len().min(self.held.len());
            let (now, later) = self.held.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.held = later;
            length
        };
        if self.transcoded {
            return Ok(length);
        }
        Ok(memchr::memchr(0, &buffer[..length]).unwrap_or(length))
    }
}
