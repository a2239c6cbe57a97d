//! A quick look for lines that may match, where the regular expression engine has none in a guest.
//!
//! Natively the engine finds any of several words, or a word in either case, by vector instructions that
//! WebAssembly lacks; without them it walks through every byte, which makes such searches three times
//! slower than they need to be. Here a rare byte of each word is looked for, which goes fast for three
//! bytes at a time, and its neighbours are checked; a line that passes is then judged by the engine.

use grep_matcher::{LineMatchKind, LineTerminator, Match, Matcher, NoError};
use grep_regex::{RegexCaptures, RegexMatcher};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Bytes that are looked for at once.
const AT_ONCE: usize = 3;
/// Bytes that are looked for at all. Each three more are one more pass.
const MOST_BYTES: usize = 12;
/// Beyond so many places to look at in a thousand bytes, walking through all of them is no slower.
const MOST_COMMON: u32 = 60;
/// Every pass is made over so many bytes before the next pass, so that a word that is near is not
/// looked for behind one that is far.
const WINDOW: usize = 4096;
/// A word of this length lets the engine do well on its own.
const LONG_WORD: usize = 3;

/// A regular expression with its quick look, if it has one.
pub(crate) struct QuickMatcher {
    regex: RegexMatcher,
    prefilter: Option<Prefilter>,
}

impl QuickMatcher {
    /// Gives a compiled pattern its quick look. `plain` says whether `pattern` is plain text.
    pub(crate) fn new(regex: RegexMatcher, pattern: &str, plain: bool, any_case: bool) -> Self {
        let escaped;
        let pattern = if plain {
            escaped = regex_syntax::escape(pattern);
            &escaped
        } else {
            pattern
        };
        let parsed =
            ParserBuilder::new().utf8(false).multi_line(true).case_insensitive(any_case).build().parse(pattern);
        let prefilter = parsed.ok().and_then(|hir| Prefilter::new(&hir));
        Self { regex, prefilter }
    }
}

impl Matcher for QuickMatcher {
    type Captures = RegexCaptures;
    type Error = NoError;

    fn find_at(&self, haystack: &[u8], at: usize) -> Result<Option<Match>, NoError> {
        self.regex.find_at(haystack, at)
    }

    fn new_captures(&self) -> Result<RegexCaptures, NoError> {
        self.regex.new_captures()
    }

    fn shortest_match_at(&self, haystack: &[u8], at: usize) -> Result<Option<usize>, NoError> {
        self.regex.shortest_match_at(haystack, at)
    }

    fn line_terminator(&self) -> Option<LineTerminator> {
        self.regex.line_terminator()
    }

    fn non_matching_bytes(&self) -> Option<&grep_matcher::ByteSet> {
        self.regex.non_matching_bytes()
    }

    fn find_candidate_line(&self, haystack: &[u8]) -> Result<Option<LineMatchKind>, NoError> {
        match &self.prefilter {
            Some(prefilter) => Ok(prefilter.find(haystack).map(LineMatchKind::Candidate)),
            None => self.regex.find_candidate_line(haystack),
        }
    }
}

/// Places of which every match has at least one.
struct Prefilter {
    bytes: Vec<u8>,
    spots: Vec<Spot>,
}

/// A place of a match: one of a few bytes, between neighbours that may be known.
#[derive(Clone)]
struct Spot {
    at: Few,
    before: Option<Few>,
    after: Option<Few>,
}

impl Prefilter {
    fn new(hir: &Hir) -> Option<Self> {
        if has_long_word(hir) {
            return None;
        }
        let spots = spots(hir)?;
        let mut bytes: Vec<u8> = spots.iter().flat_map(|spot| spot.at.iter()).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let is_rare = bytes.iter().map(|&byte| density(byte)).sum::<u32>() < MOST_COMMON;
        ((1..=MOST_BYTES).contains(&bytes.len()) && is_rare).then_some(Self { bytes, spots })
    }

    /// Where the next place is, wherever in its match.
    fn find(&self, haystack: &[u8]) -> Option<usize> {
        let starts = (0..haystack.len()).step_by(WINDOW);
        starts.into_iter().find_map(|start| {
            let end = haystack.len().min(start + WINDOW);
            let passes = self.bytes.chunks(AT_ONCE);
            passes.filter_map(|bytes| self.pass(haystack, start, end, bytes)).min()
        })
    }

    /// Looks for some of the bytes in a window.
    fn pass(&self, haystack: &[u8], start: usize, end: usize, bytes: &[u8]) -> Option<usize> {
        let window = &haystack[start..end];
        let confirm = |at: &usize| self.confirm(haystack, *at);
        match *bytes {
            [one] => memchr::memchr_iter(one, window).map(|at| start + at).find(confirm),
            [one, two] => memchr::memchr2_iter(one, two, window).map(|at| start + at).find(confirm),
            [one, two, three] => memchr::memchr3_iter(one, two, three, window).map(|at| start + at).find(confirm),
            _ => None,
        }
    }

    fn confirm(&self, haystack: &[u8], at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| haystack.get(before));
        let after = haystack.get(at + 1);
        self.spots.iter().any(|spot| {
            spot.at.contains(haystack[at])
                && spot.before.is_none_or(|few| before.is_some_and(|&byte| few.contains(byte)))
                && spot.after.is_none_or(|few| after.is_some_and(|&byte| few.contains(byte)))
        })
    }
}

/// One byte or two: a letter in its two cases.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Few(u8, u8);

impl Few {
    fn iter(self) -> impl Iterator<Item = u8> {
        [self.0, self.1].into_iter()
    }

    fn contains(self, byte: u8) -> bool {
        self.0 == byte || self.1 == byte
    }

    fn density(self) -> u32 {
        density(self.0) + if self.0 == self.1 { 0 } else { density(self.1) }
    }
}

/// Whether a long word stands in every match, in one case.
fn has_long_word(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => LONG_WORD <= literal.0.len(),
        HirKind::Concat(parts) => parts.iter().any(has_long_word),
        HirKind::Capture(capture) => has_long_word(&capture.sub),
        _ => false,
    }
}

/// The rarest places of which every match has one.
fn spots(hir: &Hir) -> Option<Vec<Spot>> {
    match hir.kind() {
        HirKind::Alternation(branches) => {
            let spots: Option<Vec<Vec<Spot>>> = branches.iter().map(spots).collect();
            Some(spots?.concat())
        }
        HirKind::Capture(capture) => spots(&capture.sub),
        HirKind::Repetition(repetition) if 0 < repetition.min => spots(&repetition.sub),
        HirKind::Concat(parts) => {
            let mut run = Vec::new();
            units(hir, &mut run);
            let inner = parts.iter().filter(|part| !matches!(part.kind(), HirKind::Literal(_) | HirKind::Class(_)));
            inner.filter_map(spots).chain(rarest(&run)).min_by_key(|spots| cost(spots))
        }
        HirKind::Literal(_) | HirKind::Class(_) => {
            let mut run = Vec::new();
            units(hir, &mut run);
            rarest(&run)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

fn cost(spots: &[Spot]) -> u32 {
    spots.iter().map(|spot| spot.at.density()).sum()
}

/// The rarest byte of a run with its neighbours.
fn rarest(run: &[Option<Few>]) -> Option<Vec<Spot>> {
    let known = run.iter().enumerate().filter_map(|(at, unit)| Some((at, (*unit)?)));
    let (at, few) = known.min_by_key(|(_, few)| few.density())?;
    let before = at.checked_sub(1).and_then(|before| run[before]);
    let after = run.get(at + 1).copied().flatten();
    Some(vec![Spot { at: few, before, after }])
}

/// Appends what a part of a pattern says of successive bytes; None stands for anything.
fn units(hir: &Hir, run: &mut Vec<Option<Few>>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => run.extend(literal.0.iter().map(|&byte| Some(Few(byte, byte)))),
        HirKind::Class(class) => run.push(few(class)),
        HirKind::Capture(capture) => units(&capture.sub, run),
        HirKind::Concat(parts) => {
            for part in parts {
                units(part, run);
            }
        }
        HirKind::Repetition(_) | HirKind::Alternation(_) => run.push(None),
    }
}

/// The one or two bytes of a class. The letters k and s have a third form beyond ASCII, so that they
/// have none.
fn few(class: &Class) -> Option<Few> {
    let bytes: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        Class::Bytes(class) => class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    let byte = |(start, end): (u32, u32)| (start == end).then(|| u8::try_from(start).ok()).flatten();
    match *bytes.as_slice() {
        [one] => {
            let one = byte(one).filter(u8::is_ascii)?;
            Some(Few(one, one))
        }
        [one, two] => Some(Few(byte(one).filter(u8::is_ascii)?, byte(two).filter(u8::is_ascii)?)),
        _ => None,
    }
}

/// How many of a thousand bytes of source code and its documentation are this one.
fn density(byte: u8) -> u32 {
    const COMMON: [(&[u8], u32); 8] = [
        (b" ", 143),
        (b"et", 55),
        (b"sa", 41),
        (b"riono", 34),
        (b"lc", 26),
        (b"pdu\"/:\n\t", 20),
        (b"m_hf>.<=", 14),
        (b",bg()0", 8),
    ];
    let common = COMMON.iter().find(|(bytes, _)| bytes.contains(&byte));
    let rest = if byte.is_ascii_alphanumeric() || b";-".contains(&byte) { 5 } else { 2 };
    common.map_or(rest, |(_, density)| *density)
}

#[cfg(test)]
mod tests {
    use grep_matcher::{LineMatchKind, Matcher};
    use grep_regex::RegexMatcherBuilder;

    use super::QuickMatcher;

    fn matcher(pattern: &str, any_case: bool) -> QuickMatcher {
        let regex = RegexMatcherBuilder::new()
            .multi_line(true)
            .case_insensitive(any_case)
            .line_terminator(Some(b'\n'))
            .build(pattern)
            .expect("it is a pattern");
        QuickMatcher::new(regex, pattern, false, any_case)
    }

    fn is_quick(pattern: &str, any_case: bool) -> bool {
        matcher(pattern, any_case).prefilter.is_some()
    }

    #[test]
    fn words_in_any_case_and_any_of_some_words_are_quick() {
        assert!(is_quick("unsafe_code", true));
        assert!(is_quick("todo|fixme|xxx", false));
        assert!(is_quick(r"\b(foo_|bar_)\w+", false));
        assert!(is_quick("(?i)queue", false));
    }

    #[test]
    fn what_the_engine_does_well_or_nothing_helps_is_left_to_it() {
        assert!(!is_quick("unsafe_code", false));
        assert!(!is_quick(r"fn \w+_mut", false));
        assert!(!is_quick(r"[a-z]+\d", false));
        assert!(!is_quick("a|", false));
        assert!(!is_quick("e", true));
    }

    #[test]
    fn no_match_is_missed() {
        let text = "nothing\nUNSAFE_CODE\nTodo\nfiXme\nCaf\u{e9}\nCAF\u{c9}\nma\u{17f}k\nQ\nzap\nfoo_x\n";
        let cases = [
            ("unsafe_code", true),
            ("todo|fixme", true),
            ("caf\u{e9}", true),
            ("mask", true),
            ("q|z", false),
            ("(foo|zap)(_x)?", false),
            ("x$|^Q", false),
            (r"(?:_x){1,2}|\d", false),
            ("[Qq]", false),
        ];
        for (pattern, any_case) in cases {
            let quick = matcher(pattern, any_case);
            for line in text.lines() {
                let matches = quick.is_match(line.as_bytes()).expect("it cannot fail");
                let candidate = quick.find_candidate_line(line.as_bytes()).expect("it cannot fail");
                assert!(!matches || candidate.is_some(), "{pattern} in {line}");
            }
        }
    }

    #[test]
    fn the_first_of_several_words_is_found_in_a_long_text() {
        let quick = matcher("quux|fizz|jazz", true);
        for (first, second) in [(10_000, 50_000), (4_090, 4_094), (4_095, 9_000)] {
            let mut text = vec![b'.'; 100_000];
            text[first..first + 4].copy_from_slice(b"JAZZ");
            text[second..second + 4].copy_from_slice(b"quux");
            let found = quick.find_candidate_line(&text).expect("it cannot fail");
            assert!(matches!(found, Some(LineMatchKind::Candidate(at)) if (first..first + 4).contains(&at)));
        }
    }

    #[test]
    fn a_candidate_lies_in_its_line() {
        let quick = matcher("quux|fizz", true);
        assert!(quick.prefilter.is_some());
        let found = quick.find_candidate_line(b"a b\nthe QUUX\n").expect("it cannot fail");
        assert!(matches!(found, Some(LineMatchKind::Candidate(at)) if (4..12).contains(&at)));
        assert!(matches!(quick.find_candidate_line(b"q u x z"), Ok(None)));
    }
}
