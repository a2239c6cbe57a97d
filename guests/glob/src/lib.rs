//! The tool `glob`: files by a pattern on their paths.
//!
//! The walk does the work; [`list`] collects what it finds, bounded.

mod list;

use std::io::ErrorKind;
use std::ops::ControlFlow;

use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path};
use boxagnts_guest_walk::Place;

use list::List;

/// Paths listed when the input does not say.
const DEFAULT_LIMIT: usize = 1_000;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The pattern. Without a slash it matches names at any depth (*.rs); with one, whole paths from
    /// `path` on (src/**/*.rs). ** alone is every file.
    pattern: String,
    /// The folder to look in. Default /workspace.
    path: Option<String>,
    /// How many paths to list. Default 1000.
    #[schemars(range(min = 1))]
    limit: Option<usize>,
    /// List also what .gitignore and .ignore leave out. Default false.
    include_ignored: Option<bool>,
}

struct Glob;

impl Tool for Glob {
    type Input = Input;
    const NAME: &'static str = "glob";
    const DESCRIPTION: &'static str = "Find files by a glob pattern (*, **, ?, [ab], {a,b}). Lists paths in \
        order, those in /workspace relative to it. Hidden files are included; the inside of .git and what \
        .gitignore leaves out are not, unless you look inside an ignored folder by its name. Links are not \
        followed. To search the contents of files, use `grep`.";
    const EXAMPLES: &'static [&'static str] = &[
        r#"{"pattern":"**/*.rs"}"#,
        r#"{"pattern":"*.{ts,tsx}","path":"web/src"}"#,
        r#"{"pattern":"*","path":"docs","limit":50}"#,
    ];

    fn call(input: Input) -> Result<Output, Failure> {
        let place = Place::new(input.path.as_deref(), Some(&input.pattern))?;
        let mut list = List::new(input.limit.unwrap_or(DEFAULT_LIMIT).max(1));
        let walked = place.walk(input.include_ignored.unwrap_or(false), &mut |file| {
            list.add(file.path());
            ControlFlow::Continue(())
        });
        match walked {
            Ok(summary) => Ok(Output::text(list.into_text(&summary))),
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                Err(Failure::rejected("stopped before the end, as the call was cancelled"))
            }
            Err(error) => Err(for_path(place.folder(), &error)),
        }
    }
}

export!(Glob);
