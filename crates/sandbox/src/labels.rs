//! The port to whoever knows the labels of files: by their places, and by the calls that wrote them.

use boxagnts_types::{CallId, GuestPath, Label};
use std::fs::File;
use std::io;

/// Knows where the content of files came from. Paths are true ones: no link leads on from them.
///
/// It is asked on a guest's thread, which may block. A file that nothing is known of must cost nothing to look up, for
/// programs open thousands of them.
pub trait FileLabels: Send + Sync {
    /// What a file or folder is by the place where it lies.
    fn of_place(&self, path: &GuestPath) -> Label;

    /// What the call that wrote this content had seen, if it is still the content that it wrote. Read the file at
    /// offsets: a guest uses the same open file.
    fn of_content(&self, path: &GuestPath, file: &File) -> Option<Label>;

    /// A call writes to a path, and what it has seen is in `label`. Without `content` the writing begins, and whatever
    /// will be there has the label; with it the call has ended, and the label is that of this content alone. An error
    /// keeps the call from writing.
    fn wrote(&self, call: CallId, path: &GuestPath, label: &Label, content: Option<&File>) -> io::Result<()>;

    /// What was at a path, with all that is below it, may be at another one now.
    fn moved(&self, call: CallId, from: &GuestPath, to: &GuestPath) -> io::Result<()>;
}
