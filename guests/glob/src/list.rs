//! The list of what was found, bounded.

use boxagnts_guest_sdk::path::line;
use boxagnts_guest_walk::Summary;

/// Bytes of all paths; the host gives a model 64 KiB, and notes need room.
const MOST_SHOWN: usize = 60 * 1024;

/// Paths in the order in which they were found, and how many did not fit.
pub(crate) struct List {
    text: String,
    limit: usize,
    listed: usize,
    found: usize,
}

impl List {
    /// An empty list for so many paths.
    pub(crate) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit, listed: 0, found: 0 }
    }

    /// Adds a path, or counts it when the list is full.
    pub(crate) fn add(&mut self, path: &str) {
        let path = line(path);
        // Once a path did not fit, later ones do not come either, so that the list has no gaps.
        let fits = self.text.len() + path.len() < MOST_SHOWN;
        if self.listed == self.found && self.listed < self.limit && fits {
            self.text.push_str(&path);
            self.text.push('\n');
            self.listed += 1;
        }
        self.found += 1;
    }

    /// The list as text, with a note of what is not in it.
    pub(crate) fn into_text(mut self, summary: &Summary) -> String {
        let (listed, found) = (self.listed, self.found);
        let mut notes = Vec::new();
        if found == 0 && 0 < summary.ignored {
            notes.push("no files match; what .gitignore leaves out was not looked at, see include_ignored".to_owned());
        } else if found == 0 {
            notes.push("no files match".to_owned());
        } else if listed < found {
            notes.push(format!("[{listed} of {found} files; narrow the pattern or path to see the others]"));
        }
        if 0 < summary.too_deep {
            notes.push(format!("[folders that lie too deep and were not looked into: {}]", summary.too_deep));
        }
        self.text.push_str(&notes.join("\n"));
        self.text.truncate(self.text.trim_end_matches('\n').len());
        self.text
    }
}

#[cfg(test)]
mod tests {
    use boxagnts_guest_walk::Summary;

    use super::{List, MOST_SHOWN};

    fn listed(paths: &[&str], limit: usize) -> String {
        let mut list = List::new(limit);
        for path in paths {
            list.add(path);
        }
        list.into_text(&Summary::default())
    }

    #[test]
    fn paths_of_the_workspace_are_relative() {
        assert_eq!(listed(&["/workspace/a/b", "/tmp/c"], 10), "a/b\n/tmp/c");
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        assert_eq!(
            listed(&["/workspace/a", "/workspace/b", "/workspace/c"], 2),
            "a\nb\n[2 of 3 files; narrow the pattern or path to see the others]"
        );
        let long = format!("/workspace/{}", "x".repeat(4_000));
        let text = listed(&vec![long.as_str(); 100], 1_000);
        assert!(text.len() < MOST_SHOWN + 200 && text.contains("[15 of 100 files"), "{}", text.len());
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        assert_eq!(listed(&[], 5), "no files match");
        let summary = Summary { ignored: 1, too_deep: 0 };
        assert!(List::new(1).into_text(&summary).contains("include_ignored"));
    }

    #[test]
    fn a_name_with_a_line_end_is_one_line() {
        assert_eq!(listed(&["/workspace/a\nb"], 5), r"a\nb");
    }
}
