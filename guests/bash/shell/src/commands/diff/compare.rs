//! Which lines of two files are the same.

use std::borrow::Cow;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use super::options::Options;

/// Two files as lines, each with its end, and where they differ.
pub(super) struct Changes<'a> {
    pub(super) old: Vec<&'a [u8]>,
    pub(super) new: Vec<&'a [u8]>,
    /// Ranges of lines that differ, in order; one of the two may be empty.
    pub(super) hunks: Vec<(Range<usize>, Range<usize>)>,
}

impl Changes<'_> {
    pub(super) fn is_same(&self) -> bool {
        self.hunks.is_empty()
    }
}

pub(super) fn changes<'a>(old: &'a [u8], new: &'a [u8], options: &Options) -> Changes<'a> {
    let (old, new) = (lines(old), lines(new));
    let keys = |lines: &[&'a [u8]]| lines.iter().map(|line| key(line, options)).collect::<Vec<_>>();
    let (old_keys, new_keys) = (keys(&old), keys(&new));
    let blank = |keys: &[Cow<'_, [u8]>]| keys.iter().all(|key| key.iter().all(u8::is_ascii_whitespace));
    let hunks = capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys)
        .into_iter()
        .map(|operation| operation.as_tag_tuple())
        .filter(|(tag, _, _)| *tag != DiffTag::Equal)
        .map(|(_, old, new)| (old, new))
        .filter(|(old, new)| {
            !options.ignore_blank_lines || !blank(&old_keys[old.clone()]) || !blank(&new_keys[new.clone()])
        })
        .collect();
    Changes { old, new, hunks }
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n').collect()
}

/// What of a line counts. A missing end of line counts too, unless white space does not.
fn key<'a>(line: &'a [u8], options: &Options) -> Cow<'a, [u8]> {
    let mut key = Cow::Borrowed(line);
    if options.ignore_space {
        key = Cow::Owned(key.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect());
    } else if options.ignore_space_change {
        key = Cow::Owned(squeezed(&key));
    } else if options.ignore_carriage_return && line.ends_with(b"\r\n") {
        let mut shorter = line[..line.len() - 2].to_vec();
        shorter.push(b'\n');
        key = Cow::Owned(shorter);
    }
    if options.ignore_case {
        key = Cow::Owned(key.to_ascii_lowercase());
    }
    key
}

fn squeezed(line: &[u8]) -> Vec<u8> {
    let mut squeezed: Vec<u8> = Vec::with_capacity(line.len());
    for &byte in line.trim_ascii_end() {
        if !byte.is_ascii_whitespace() {
            squeezed.push(byte);
        } else if squeezed.last() != Some(&b' ') {
            squeezed.push(b' ');
        }
    }
    squeezed
}
