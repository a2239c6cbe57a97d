//! The one scrubber: every secret of this process in every encoding that a tool, a server or a model is likely to give
//! it, found in one pass.
//!
//! It finds what it knows. A value that was encrypted, or spread over a text with words between its letters, passes;
//! what holds there is that no tool is ever handed the value.

mod encodings;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use boxagnts_types::Secret;
use boxagnts_types::scrub::Scrub;
use encodings::encodings;
use std::fmt;

/// A shorter value stands in too many innocent texts to be covered everywhere.
pub const SHORTEST: usize = 8;

/// A larger value is a file, and finding it in all its encodings would cost too much.
pub const LONGEST: usize = 4096;

/// What stands in the place of each byte of a secret.
const STAR: u8 = b'*';

/// Knows the secrets of this process.
#[derive(Default)]
pub struct Scrubber(Option<Known>);

struct Known {
    /// All encodings of all secrets, sorted, so that beginnings are found by halving.
    patterns: Vec<Vec<u8>>,
    longest: usize,
    /// The bytes that some pattern begins with.
    first: [bool; 256],
    automaton: AhoCorasick,
}

impl Scrubber {
    /// A scrubber for these secrets. Values shorter than [`SHORTEST`] or longer than [`LONGEST`] are left out.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s Secret>) -> Self {
        let fits = |value: &&str| (SHORTEST..=LONGEST).contains(&value.len());
        let values = secrets.into_iter().map(Secret::expose).filter(fits);
        let mut patterns: Vec<Vec<u8>> = values.flat_map(encodings).filter(|pattern| !pattern.is_empty()).collect();
        patterns.sort_unstable();
        patterns.dedup();
        let Some(longest) = patterns.iter().map(Vec::len).max() else { return Self(None) };
        // Overlapping matches are needed, since one secret may begin inside another.
        let automaton = AhoCorasickBuilder::new().match_kind(MatchKind::Standard).build(&patterns);
        let mut first = [false; 256];
        for pattern in &patterns {
            first[usize::from(pattern[0])] = true;
        }
        // Only patterns of gigabytes could fail to build.
        Self(automaton.ok().map(|automaton| Known { patterns, longest, first, automaton }))
    }
}

impl Known {
    /// Whether a secret begins like this and is longer.
    fn has_beginning(&self, bytes: &[u8]) -> bool {
        if !bytes.first().is_some_and(|byte| self.first[usize::from(*byte)]) {
            return false;
        }
        let at = self.patterns.partition_point(|pattern| pattern.as_slice() <= bytes);
        self.patterns.get(at).is_some_and(|next| next.starts_with(bytes))
    }
}

impl Scrub for Scrubber {
    fn knows_nothing(&self) -> bool {
        self.0.is_none()
    }

    fn finds(&self, bytes: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|known| known.automaton.is_match(bytes))
    }

    fn cover(&self, bytes: &mut [u8]) {
        let Some(known) = &self.0 else { return };
        let found: Vec<_> = known.automaton.find_overlapping_iter(&*bytes).map(|found| found.range()).collect();
        for range in found {
            bytes[range].fill(STAR);
        }
    }

    fn open_end(&self, bytes: &[u8]) -> usize {
        let Some(known) = &self.0 else { return 0 };
        let most = bytes.len().min(known.longest - 1);
        (1..=most).rev().find(|length| known.has_beginning(&bytes[bytes.len() - length..])).unwrap_or(0)
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use boxagnts_types::scrub::Flow;
    use std::fmt::Write as _;
    use std::sync::Arc;

    const VALUE: &str = "sk-\"7/é+Zq?>Xy~0/ab";

    fn scrubber() -> Arc<dyn Scrub> {
        Arc::new(Scrubber::new(&[Secret::new(VALUE), Secret::new("short")]))
    }

    fn covered(text: &str) -> String {
        let mut text = text.to_owned();
        scrubber().text(&mut text);
        text
    }

    fn hex(text: &str) -> String {
        text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    #[test]
    fn a_secret_is_covered_in_every_encoding() {
        let json = serde_json::to_string(VALUE).unwrap();
        let percent: String = VALUE.bytes().fold(String::new(), |mut all, byte| {
            let _ = write!(all, "%{byte:02X}");
            all
        });
        let forms = [
            VALUE.to_owned(),
            VALUE.chars().rev().collect(),
            hex(VALUE),
            hex(VALUE).to_uppercase(),
            percent.to_lowercase(),
            percent,
            "sk-%227%2F%C3%A9%2BZq%3F%3EXy~0%2Fab".to_owned(),
            "sk-%227%2f%c3%a9%2bZq%3f%3eXy~0%2fab".to_owned(),
            json[1..json.len() - 1].to_owned(),
            json[1..json.len() - 1].replace('/', "\\/"),
            "sk-\\\"7/\\u00e9+Zq?>Xy~0/ab".to_owned(),
        ];
        for form in forms {
            let shown = covered(&format!("é{form}é"));
            assert_eq!(shown, format!("é{}é", "*".repeat(form.len())), "{form}");
        }
        assert_eq!(covered("short words, and sk-, are no secret"), "short words, and sk-, are no secret");
    }

    #[test]
    fn base64_is_covered_wherever_the_secret_begins_in_it() {
        for before in ["", "u", "us", "use", "user:"] {
            for after in ["", ".", "..", "..."] {
                let text = format!("{before}{VALUE}{after}");
                for shown in [STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let stars = covered(&shown).matches('*').count();
                    // What is left at either end depends on its neighbours and holds less than a character of it.
                    assert!(VALUE.len() * 4 / 3 - 3 <= stars, "{before} {after}: {}", covered(&shown));
                }
            }
        }
    }

    #[test]
    fn a_stream_is_covered_wherever_it_is_split_and_holds_back_no_more_than_it_must() {
        let text = format!("a {VALUE} b");
        for at in 0..=text.len() {
            let mut flow = Flow::new(scrubber());
            let mut whole = flow.pass(&text.as_bytes()[..at]);
            whole.extend(flow.pass(&text.as_bytes()[at..]));
            whole.extend(flow.end());
            assert_eq!(String::from_utf8(whole).unwrap(), format!("a {} b", "*".repeat(VALUE.len())), "{at}");
        }
        let mut flow = Flow::new(scrubber());
        assert_eq!(flow.pass_text("nothing here begins like it."), "nothing here begins like it.");
    }

    #[test]
    fn without_secrets_nothing_is_looked_at() {
        let none = Scrubber::new(&[]);
        assert!(none.knows_nothing() && !none.finds(b"anything"));
        assert!(Flow::new(Arc::new(none)).is_open());
        assert_eq!(format!("{:?}", Scrubber::new(&[Secret::new(VALUE)])), "Scrubber(***)");
    }
}
