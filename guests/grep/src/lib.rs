//! The tool `grep`: lines of files by a regular expression.
//!
//! [`query`] compiles the input, [`prefilter`] passes over lines quickly, [`source`] gets the bytes of a file to the searcher with few host
//! calls, [`sink`] takes what the searcher finds in one file, [`report`] collects and bounds the answer,
//! [`excerpt`] cuts long lines around what matched.

mod excerpt;
mod prefilter;
mod query;
mod report;
mod sink;
mod source;

use std::io::{Error, ErrorKind};
use std::ops::ControlFlow;

use boxagnts_guest_sdk::files::{File, Kind, open_file};
use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path, progress};
use boxagnts_guest_walk::{Place, Summary};

use query::Query;
use report::{Mode, Report};
use source::{Source, Verdict};

/// Results shown when the input does not say.
const DEFAULT_LIMIT: usize = 500;
/// Files between two signs of life.
const FILES_PER_PROGRESS: u64 = 8_192;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The regular expression (Rust syntax, as in ripgrep: no look-around, no back-references).
    pattern: String,
    /// The folder or file to search. Default /workspace.
    path: Option<String>,
    /// Search only files that match this glob, such as *.rs or src/**/*.{ts,tsx}; with ! in front, only
    /// the others.
    glob: Option<String>,
    /// What to return: "content" (default) the matching lines, "files" the paths of files with a match,
    /// "count" the number of matching lines per file.
    mode: Option<Mode>,
    /// Lines to show before and after each match.
    context: Option<usize>,
    /// Lines to show before each match.
    before: Option<usize>,
    /// Lines to show after each match.
    after: Option<usize>,
    /// Ignore case. Default false.
    case_insensitive: Option<bool>,
    /// Take the pattern as plain text. Default false.
    fixed: Option<bool>,
    /// Let a match span lines; . matches a line end too. Default false.
    multiline: Option<bool>,
    /// How many lines (or files, in the other modes) to show. Default 500.
    #[schemars(range(min = 1))]
    limit: Option<usize>,
    /// Search also what .gitignore and .ignore leave out. Default false.
    include_ignored: Option<bool>,
}

struct Grep;

impl Tool for Grep {
    type Input = Input;
    const NAME: &'static str = "grep";
    const DESCRIPTION: &'static str = "Search the contents of files with a regular expression, as ripgrep does. \
        Lines come as path:line:text, context lines as path-line-text, ordered by path. Hidden files are \
        searched; the inside of .git, binary files and what .gitignore leaves out are not, unless `path` \
        names them. To find files by name, use `glob`.";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"pattern":"fn main","glob":"*.rs"}"#,
        r#"{"pattern":"TODO|FIXME","path":"src","mode":"count"}"#,
        r#"{"pattern":"a.b(","fixed":true,"context":2}"#,
    ];

    fn call(input: Input) -> Result<Output, Failure> {
        let place = Place::new(input.path.as_deref(), input.glob.as_deref())?;
        let query = Query::new(&input).map_err(Failure::rejected)?;
        let report = Report::new(
            input.mode.unwrap_or_default(),
            input.limit.unwrap_or(DEFAULT_LIMIT).max(1),
            query.has_context(),
        );
        let mut search = Search { source: Source::new(&query), report, files: 0 };
        let summary = search.run(&place, input.include_ignored.unwrap_or(false))?;
        Ok(Output::text(search.report.into_text(&summary)))
    }
}

export!(Grep);

/// A search under way.
struct Search<'a> {
    source: Source<'a>,
    report: Report,
    files: u64,
}

impl Search<'_> {
    fn run(&mut self, place: &Place, include_ignored: bool) -> Result<Summary, Failure> {
        let walked = place.walk(include_ignored, &mut |found| {
            if let Ok(file) = found.open() {
                // What cannot be read is left out, as the walk leaves out what cannot be listed.
                let _ = self.source.search(&file, found.path(), &mut self.report);
            }
            self.files += 1;
            if self.files.is_multiple_of(FILES_PER_PROGRESS) {
                progress(&format!("searched {} files", self.files), None);
            }
            ControlFlow::Continue(())
        });
        match walked {
            Ok(summary) => Ok(summary),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => Err(Failure::rejected("stopped before the end, as the call was cancelled")),
                ErrorKind::NotADirectory => self.one(place.folder()),
                _ => Err(for_path(place.folder(), &error)),
            },
        }
    }

    /// Searches the one file that the input named. Unlike a file that the walk came upon, it is told
    /// when this cannot be done.
    fn one(&mut self, path: &str) -> Result<Summary, Failure> {
        let fail = |error: Error| for_path(path, &error);
        let file: File = open_file(path).map_err(fail)?;
        if file.stat().map_err(fail)?.kind != Kind::File {
            return Err(fail(ErrorKind::PermissionDenied.into()));
        }
        match self.source.search(&file, path, &mut self.report).map_err(fail)? {
            Verdict::Searched => Ok(Summary::default()),
            Verdict::Binary => Err(Failure::rejected(format!("this is a binary file and not searched: {path}"))),
        }
    }
}

#[cfg(test)]
mod tests;
