//! The tool `glob`: files by a pattern on their paths.
//!
//! [`place`] makes one folder and one pattern of the input, [`list`] collects what is found, bounded.

mod list;
mod place;

use std::io::ErrorKind;
use std::ops::ControlFlow;

use boxagnts_guest_sdk::files::open_folder;
use boxagnts_guest_sdk::{Failure, Output, Tool, export, for_path};
use boxagnts_guest_walk::{Summary, walk};

use list::List;
use place::Place;

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
        let place = Place::new(&input.pattern, input.path.as_deref())?;
        let mut list = List::new(input.limit.unwrap_or(DEFAULT_LIMIT).max(1));
        let summary = fill(&mut list, &place, input.include_ignored.unwrap_or(false))?;
        Ok(Output::text(list.into_text(&summary)))
    }
}

export!(Glob);

fn fill(list: &mut List, place: &Place, include_ignored: bool) -> Result<Summary, Failure> {
    let start = place.start();
    let walked = walk(&start, include_ignored, &mut |file| {
        if place.matches(file.path()) {
            list.add(file.path());
        }
        ControlFlow::Continue(())
    });
    match walked {
        Ok(summary) => Ok(summary),
        Err(error) if error.kind() == ErrorKind::Interrupted => {
            Err(Failure::rejected("stopped before the end, as the call was cancelled"))
        }
        // The folders that a pattern begins with need not exist; the one that was named must.
        Err(error) if start == place.folder() => Err(for_path(&start, &error)),
        Err(_) => match open_folder(place.folder()) {
            Ok(_) => Ok(Summary::default()),
            Err(error) => Err(for_path(place.folder(), &error)),
        },
    }
}
