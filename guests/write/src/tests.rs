use std::fs;
use std::path::PathBuf;

use boxagnts_guest_sdk::{Content, Failure, Tool};

use super::{Input, Write};

/// A folder of one test in the real `/tmp`, which is one of the roots that a tool knows.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(format!("/tmp/write-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.0.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(path: &str, content: &str) -> Result<String, Failure> {
    let output = Write::call(Input { path: path.to_owned(), content: content.to_owned() })?;
    match output.content.into_iter().next() {
        Some(Content::Text(text)) => Ok(text),
        other => panic!("not a text: {other:?}"),
    }
}

#[test]
fn a_file_is_created_with_its_folders_and_exact_bytes() {
    let scratch = Scratch::new("create");
    let path = scratch.path("a/b/c.txt");
    let content = "-n 日本語\r\nno end";
    let said = write(&path, content).expect("it is written");
    assert_eq!(said, format!("created {path}: 20 bytes, 2 lines"));
    assert_eq!(fs::read(&path).expect("it is there"), content.as_bytes());
}

#[test]
fn an_overwritten_file_is_said_to_be_one() {
    let scratch = Scratch::new("overwrite");
    let path = scratch.path("x");
    write(&path, "a longer text").expect("it is written");
    let said = write(&path, "b").expect("it is written");
    assert_eq!(said, format!("overwrote {path}: 1 byte, 1 line (before: 13 bytes)"));
    let said = write(&path, "b").expect("it is written");
    assert!(said.ends_with("(the same size as before)"), "{said}");
    assert_eq!(fs::read(&path).expect("it is there"), b"b");
}

#[test]
fn an_empty_content_makes_an_empty_file() {
    let scratch = Scratch::new("empty");
    let path = scratch.path("x");
    assert!(write(&path, "").expect("it is written").ends_with("0 bytes, 0 lines"));
    assert_eq!(fs::read(&path).expect("it is there"), b"");
}

#[test]
fn a_folder_is_not_overwritten() {
    let scratch = Scratch::new("folder");
    let path = scratch.path("d");
    fs::create_dir(&path).expect("a folder can be made");
    assert!(matches!(write(&path, "x"), Err(Failure::Rejected(_))));
    assert!(matches!(write(&format!("{path}/"), "x"), Err(Failure::Rejected(_))));
}

#[test]
fn a_file_is_no_folder_for_another() {
    let scratch = Scratch::new("through");
    write(&scratch.path("f"), "x").expect("it is written");
    let failure = write(&scratch.path("f/g"), "y");
    assert!(matches!(failure, Err(Failure::Rejected(_))), "{failure:?}");
}

#[test]
fn a_path_above_the_root_is_rejected() {
    assert!(matches!(write("../../etc/passwd", "x"), Err(Failure::Rejected(_))));
}

#[test]
fn a_name_with_a_line_end_stays_one_line_of_the_answer() {
    let scratch = Scratch::new("line");
    let path = scratch.path("a\nb");
    let said = write(&path, "x").expect("it is written");
    assert!(said.ends_with("a\\nb: 1 byte, 1 line"), "{said:?}");
    fs::create_dir(scratch.path("c\nd")).expect("a folder can be made");
    for place in ["c\nd", "c\nd/", "a\nb/below"] {
        let failure = write(&scratch.path(place), "x").expect_err("no file can be there");
        let (Failure::Rejected(text) | Failure::Denied(text)) = failure else { panic!("{failure:?}") };
        assert!(text.contains("\\n") && !text.contains('\n'), "{text}");
    }
}
