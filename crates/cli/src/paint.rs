//! Colours, where the terminal shows them and the person wants them.

use rustix::fd::AsFd;
use std::io::IsTerminal;

/// A line that no terminal bounds: the output of a program is read by other programs and by people with wide screens.
const LINE: usize = 160;

/// Narrower than this, a line says nothing.
const NARROWEST: usize = 40;

/// How text on standard error is marked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Paint {
    on: bool,
}

impl Paint {
    /// Colours for a stream, unless it is no terminal or `NO_COLOR` is set (<https://no-color.org>).
    pub(crate) fn for_stream(stream: &impl IsTerminal) -> Self {
        Self { on: stream.is_terminal() && !wants_no_colour() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// How many characters fit on a line of this stream.
pub(crate) fn width(stream: &impl AsFd) -> usize {
    let columns = rustix::termios::tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    if columns == 0 { LINE } else { columns.max(NARROWEST) }
}

#[expect(clippy::disallowed_methods, reason = "the entrance reads how the person wants the terminal to look")]
fn wants_no_colour() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
