//! What the effects behind one receipt touched: a sorted list, bounded, and small enough to be read in place or named by
//! its digest.

use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::show::visible_line;
use serde::{Deserialize, Serialize};

/// A list of at most this many bytes stands in the receipt itself.
const LONGEST_IN_PLACE: usize = 1024;

/// What was touched. The list is in `paths`, or a text whose SHA-256 is `digest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    /// How many lines of the list name something.
    pub listed: u64,
    /// Further effects on what no line names, because the list was full.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub further: u64,
    /// The lines, where they are few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// SHA-256 of the list, where they are many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Touched {
    /// Sorts what was touched into a list. The second part is its text, where the first one names it by a digest.
    ///
    /// Each line names one path or target, escaped so that it stays a line and reads back; a list that was full ends with
    /// a line that begins with `#` and says so.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>, further: u64) -> (Self, Option<String>) {
        let mut lines: Vec<String> = names.into_iter().map(line).collect();
        lines.sort_unstable();
        let listed = lines.len() as u64;
        let length: usize = lines.iter().map(String::len).sum();
        if length <= LONGEST_IN_PLACE {
            return (Self { listed, further, paths: lines, digest: None }, None);
        }
        if 0 < further {
            lines.push(format!("# {further} further effects, on what this list has no room for"));
        }
        let mut text = lines.join("\n");
        text.push('\n');
        (Self { listed, further, paths: Vec::new(), digest: Some(sha256_hex(text.as_bytes())) }, Some(text))
    }
}

fn line(name: &str) -> String {
    visible_line(&name.replace('\\', "\\\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_paths_stand_in_place_sorted_and_each_on_its_line() {
        let (touched, text) = Touched::of(["/workspace/b\n/workspace/forged", "/workspace/a\\n"], 0);
        assert_eq!(text, None);
        assert_eq!(touched.paths, ["/workspace/a\\\\n", "/workspace/b\\n/workspace/forged"]);
        assert_eq!((touched.listed, touched.further, touched.digest), (2, 0, None));
    }

    #[test]
    fn many_paths_are_named_by_the_digest_of_their_list() {
        let names: Vec<String> = (0..500).rev().map(|number| format!("/workspace/{number:03}")).collect();
        let (touched, text) = Touched::of(names.iter().map(String::as_str), 7);
        let text = text.unwrap();
        assert_eq!(touched.digest, Some(sha256_hex(text.as_bytes())));
        assert_eq!((touched.listed, touched.further, touched.paths.len()), (500, 7, 0));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[499]), (501, "/workspace/000", "/workspace/499"));
        assert!(lines[500].starts_with("# 7 further"));
    }
}
