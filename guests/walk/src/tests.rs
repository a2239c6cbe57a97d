use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::{Summary, walk};

/// A tree of files of one test.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("walk-{name}-{}", std::process::id()));
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder can be made");
            fs::write(path, content).expect("a file can be written");
        }
        Self(root)
    }

    fn files(&self, below: &str, include_ignored: bool) -> (Vec<String>, Summary) {
        let root = self.0.display().to_string();
        let start = format!("{root}{below}");
        let mut found = Vec::new();
        let summary = walk(&start, include_ignored, &mut |file| {
            found.push(file.path()[root.len() + 1..].to_owned());
            ControlFlow::Continue(())
        });
        (found, summary.expect("the start is a folder"))
    }

    fn seen(&self) -> Vec<String> {
        self.files("", false).0
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_come_in_the_order_of_their_paths() {
    let tree = Tree::new("order", &[("b", ""), ("a.txt", ""), ("a/z", ""), ("a/b/c", ""), (".h", "")]);
    assert_eq!(tree.seen(), [".h", "a/b/c", "a/z", "a.txt", "b"]);
}

#[test]
fn the_inside_of_git_is_left_out_always() {
    let tree = Tree::new("git", &[(".git/config", ""), (".github/x", ""), ("a", "")]);
    assert_eq!(tree.seen(), [".github/x", "a"]);
    assert_eq!(tree.files("", true).0, [".github/x", "a"]);
}

#[test]
fn ignore_files_leave_out_what_they_say() {
    let tree = Tree::new(
        "ignore",
        &[
            (".gitignore", "target/\n*.log\n!keep.log\n# comment\n/only-here\n"),
            ("a.log", ""),
            ("keep.log", ""),
            ("only-here", ""),
            ("src/only-here", ""),
            ("src/b.log", ""),
            ("target/x/y", ""),
        ],
    );
    assert_eq!(tree.seen(), [".gitignore", "keep.log", "src/only-here"]);
    let (_, summary) = tree.files("", false);
    assert_eq!(summary, Summary { ignored: 4, too_deep: 0 });
    assert_eq!(tree.files("", true).0.len(), 7);
}

#[test]
fn the_nearest_ignore_file_decides() {
    let tree = Tree::new(
        "nearest",
        &[
            (".gitignore", "*.log\n"),
            ("a/.gitignore", "!*.log\n"),
            ("a/x.log", ""),
            ("b/.ignore", "!x.log\n"),
            ("b/x.log", ""),
            ("c/x.log", ""),
        ],
    );
    assert_eq!(tree.seen(), [".gitignore", "a/.gitignore", "a/x.log", "b/.ignore", "b/x.log"]);
}

#[test]
fn rules_do_not_reach_into_an_inner_repository() {
    let tree = Tree::new(
        "inner",
        &[
            (".gitignore", "*.log\n"),
            ("inner/.git/HEAD", ""),
            ("inner/.git/info/exclude", "secret\n"),
            ("inner/secret", ""),
            ("inner/x.log", ""),
        ],
    );
    assert_eq!(tree.seen(), [".gitignore", "inner/x.log"]);
}

#[test]
fn rules_above_the_start_count_and_the_start_itself_is_walked() {
    let tree = Tree::new("above", &[(".gitignore", "ignored/\n*.log\n"), ("ignored/a", ""), ("ignored/b.log", "")]);
    assert_eq!(tree.files("/ignored", false).0, ["ignored/a"]);
}

#[test]
fn links_are_not_followed() {
    let tree = Tree::new("links", &[("a/x", "")]);
    std::os::unix::fs::symlink("..", tree.0.join("a/up")).expect("a link can be made");
    assert_eq!(tree.seen(), ["a/x"]);
}

#[test]
fn a_visitor_ends_the_walk() {
    let tree = Tree::new("end", &[("a/1", ""), ("a/2", ""), ("b", "")]);
    let mut seen = 0;
    let start = tree.0.display().to_string();
    let walked = walk(&start, false, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert!(walked.is_ok());
    assert_eq!(seen, 1);
}

#[test]
fn a_start_that_is_no_folder_is_an_error() {
    let tree = Tree::new("start", &[("a", "")]);
    let start = tree.0.join("a").display().to_string();
    assert!(walk(&start, false, &mut |_| ControlFlow::Continue(())).is_err());
}

#[test]
fn broken_ignore_files_are_harmless() {
    let tree = Tree::new("broken", &[(".gitignore", "[\n{\n\\\n*.log\n"), ("a.log", ""), ("b", "")]);
    assert_eq!(tree.seen(), [".gitignore", "b"]);
}
