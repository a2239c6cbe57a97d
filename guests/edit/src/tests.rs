use std::fs;
use std::path::PathBuf;

use boxagnts_guest_sdk::{Content, Failure, Tool};

use super::{Edit, Input};

/// A file of one test in the real `/tmp`, which is one of the roots that a tool knows.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8]) -> Self {
        let path = PathBuf::from(format!("/tmp/edit-{name}-{}", std::process::id()));
        fs::write(&path, content).expect("a file can be written");
        Self(path)
    }

    fn edit(&self, old: &str, new: &str) -> Result<String, Failure> {
        edit(&self.0.display().to_string(), old, new)
    }

    fn content(&self) -> Vec<u8> {
        fs::read(&self.0).expect("the file is there")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn edit(path: &str, old: &str, new: &str) -> Result<String, Failure> {
    let output =
        Edit::call(Input { path: path.to_owned(), old: old.to_owned(), new: new.to_owned(), replace_all: None })?;
    match output.content.into_iter().next() {
        Some(Content::Text(text)) => Ok(text),
        other => panic!("not a text: {other:?}"),
    }
}

#[test]
fn an_edit_changes_the_file_and_shows_how() {
    let file = Scratch::new("change", b"one\ntwo\n");
    let said = file.edit("two", "2").expect("it is edited");
    assert!(said.ends_with(": 1 replacement\n@@ -1,2 +1,2 @@\n one\n-two\n+2"), "{said}");
    assert_eq!(file.content(), b"one\n2\n");
}

#[test]
fn a_refused_edit_changes_nothing() {
    let file = Scratch::new("refused", b"x x\n");
    for (old, new) in [("x", "y"), ("z", "y"), ("", "y"), ("x", "x")] {
        assert!(matches!(file.edit(old, new), Err(Failure::Rejected(_))), "{old} {new}");
    }
    assert_eq!(file.content(), b"x x\n");
}

#[test]
fn conversion_of_line_ends_is_said() {
    let file = Scratch::new("crlf", b"a\r\nb\r\n");
    let said = file.edit("a\nb", "c\nd").expect("it is edited");
    assert!(said.contains("converted to the CRLF of the file"), "{said}");
    assert_eq!(file.content(), b"c\r\nd\r\n");
}

#[test]
fn a_missing_file_and_a_folder_are_rejected() {
    let missing = edit("/tmp/no-such-file-for-edit", "a", "b");
    assert!(matches!(missing, Err(Failure::Rejected(text)) if text.ends_with("create it with write")));
    assert!(matches!(edit("/tmp", "a", "b"), Err(Failure::Rejected(_))));
}
