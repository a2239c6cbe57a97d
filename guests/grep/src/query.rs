//! The input, compiled: what matches, and how a file is searched for it.

use grep_matcher::LineTerminator;
use grep_regex::{ErrorKind, RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, MmapChoice, Searcher, SearcherBuilder};

use crate::Input;
use crate::prefilter::QuickMatcher;
use crate::report::Mode;

/// Bytes that a compiled pattern may take, and again its automata. Both live in a guest's memory.
const LARGEST_PATTERN: usize = 8 * 1024 * 1024;
/// Bytes of a line, or with `multiline` of a file, that is searched in one piece.
const LARGEST_PIECE: usize = 16 * 1024 * 1024;
/// Lines of context that make sense in a bounded answer.
const MOST_CONTEXT: usize = 100;

/// A compiled search.
pub(crate) struct Query {
    matcher: QuickMatcher,
    multiline: bool,
    numbered: bool,
    before: usize,
    after: usize,
}

impl Query {
    /// Compiles the pattern. The error is a sentence for the model.
    pub(crate) fn new(input: &Input) -> Result<Self, String> {
        if input.pattern.is_empty() {
            return Err("the pattern is empty; it would match every line".to_owned());
        }
        let asked = input.multiline.unwrap_or(false);
        let (matcher, multiline) = match build(input, asked) {
            // A pattern that names a line end can only be meant to cross it.
            Err(error) if !asked && is_about_lines(&error) => (build(input, true), true),
            built => (built, asked),
        };
        let regex = matcher.map_err(|error| explain(&error, input))?;
        let context = input.context.unwrap_or(0);
        Ok(Self {
            matcher: QuickMatcher::new(regex, &input.pattern, is_fixed(input), is_any_case(input)),
            multiline,
            numbered: input.mode.unwrap_or_default() == Mode::Content,
            before: input.before.unwrap_or(context).min(MOST_CONTEXT),
            after: input.after.unwrap_or(context).min(MOST_CONTEXT),
        })
    }

    /// What matches.
    pub(crate) fn matcher(&self) -> &QuickMatcher {
        &self.matcher
    }

    /// Whether lines around a match are shown.
    pub(crate) fn has_context(&self) -> bool {
        0 < self.before + self.after
    }

    /// What walks over the lines of a file.
    pub(crate) fn searcher(&self) -> Searcher {
        SearcherBuilder::new()
            // Numbers cost a count of all line ends, and only content shows them.
            .line_number(self.numbered)
            .multi_line(self.multiline)
            .before_context(self.before)
            .after_context(self.after)
            .heap_limit(Some(LARGEST_PIECE))
            .memory_map(MmapChoice::never())
            // The source and the sink look for zero bytes, and only where it matters.
            .binary_detection(BinaryDetection::none())
            .build()
    }
}

fn build(input: &Input, multiline: bool) -> Result<RegexMatcher, grep_regex::Error> {
    let mut builder = RegexMatcherBuilder::new();
    builder
        .case_insensitive(is_any_case(input))
        .fixed_strings(is_fixed(input))
        .multi_line(true)
        .size_limit(LARGEST_PATTERN)
        .dfa_size_limit(LARGEST_PATTERN);
    if multiline {
        builder.dot_matches_new_line(true);
    } else {
        builder.line_terminator(Some(LineTerminator::default().as_byte()));
    }
    builder.build(&input.pattern)
}

fn is_fixed(input: &Input) -> bool {
    input.fixed.unwrap_or(false)
}

fn is_any_case(input: &Input) -> bool {
    input.case_insensitive.unwrap_or(false)
}

fn is_about_lines(error: &grep_regex::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotAllowed(_))
}

fn explain(error: &grep_regex::Error, input: &Input) -> String {
    let hint = if is_fixed(input) { "" } else { "\nto search for plain text, set `fixed`" };
    format!("the pattern cannot be used: {error}{hint}")
}
