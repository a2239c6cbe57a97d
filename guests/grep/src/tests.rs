use std::fs;
use std::path::PathBuf;

use boxagnts_guest_sdk::{Content, Failure, Tool};

use super::{Grep, Input, Mode};

/// A tree of files of one test in the real `/tmp`, which is one of the roots that a tool knows.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let root = PathBuf::from(format!("/tmp/grep-{name}-{}", std::process::id()));
        for (path, content) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder can be made");
            fs::write(path, content).expect("a file can be written");
        }
        Self(root)
    }

    fn search(&self, pattern: &str, change: impl FnOnce(&mut Input)) -> String {
        let root = self.0.display().to_string();
        let mut input = input(pattern, &root);
        change(&mut input);
        let text = call(input).expect("the search is fine");
        text.replace(&format!("{root}/"), "")
    }

    fn grep(&self, pattern: &str) -> String {
        self.search(pattern, |_| ())
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn input(pattern: &str, path: &str) -> Input {
    Input {
        pattern: pattern.to_owned(),
        path: Some(path.to_owned()),
        glob: None,
        mode: None,
        context: None,
        before: None,
        after: None,
        case_insensitive: None,
        fixed: None,
        multiline: None,
        limit: None,
        include_ignored: None,
    }
}

fn call(input: Input) -> Result<String, Failure> {
    match Grep::call(input)?.content.into_iter().next() {
        Some(Content::Text(text)) => Ok(text),
        other => panic!("not a text: {other:?}"),
    }
}

const POEM: &[u8] = b"one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

#[test]
fn lines_come_with_path_and_number() {
    let tree = Tree::new("lines", &[("b/x", POEM), ("a.txt", b"twofold\r\n")]);
    assert_eq!(tree.grep("two"), "a.txt:1:twofold\nb/x:2:two");
    assert_eq!(tree.grep("^t"), "a.txt:1:twofold\nb/x:2:two\nb/x:3:three");
    assert_eq!(tree.grep("nowhere"), "no matches");
}

#[test]
fn context_comes_in_groups() {
    let tree = Tree::new("context", &[("a", POEM), ("b", b"two\n")]);
    assert_eq!(
        tree.search("two|seven", |input| input.context = Some(1)),
        "a-1-one\na:2:two\na-3-three\n--\na-6-six\na:7:seven\n--\nb:1:two"
    );
    assert_eq!(tree.search("six", |input| input.before = Some(1)), "a-5-five\na:6:six");
    assert_eq!(tree.search("six", |input| input.after = Some(9)), "a:6:six\na-7-seven");
}

#[test]
fn files_and_counts_are_listed() {
    let tree = Tree::new("modes", &[("a", POEM), ("b", b"one\n"), ("c", b"")]);
    assert_eq!(tree.search("o", |input| input.mode = Some(Mode::Files)), "a\nb");
    assert_eq!(tree.search("o", |input| input.mode = Some(Mode::Count)), "a:3\nb:1\n[4 matching lines in 2 files]");
}

#[test]
fn case_and_plain_text_are_switches() {
    let tree = Tree::new("switches", &[("a", b"A.b(\naxb(\n")]);
    assert_eq!(tree.search("a.B", |input| input.case_insensitive = Some(true)), "a:1:A.b(\na:2:axb(");
    assert_eq!(tree.search("A.b(", |input| input.fixed = Some(true)), "a:1:A.b(");
}

#[test]
fn a_match_may_span_lines() {
    let tree = Tree::new("multiline", &[("a", POEM)]);
    assert_eq!(tree.search("two.*four", |input| input.multiline = Some(true)), "a:2:two\na:3:three\na:4:four");
    assert_eq!(tree.grep("two\\nthree"), "a:2:two\na:3:three");
}

#[test]
fn only_files_of_the_glob_are_searched() {
    let tree = Tree::new("glob", &[("a.rs", b"x\n"), ("b.md", b"x\n"), ("src/c.rs", b"x\n")]);
    assert_eq!(tree.search("x", |input| input.glob = Some("*.rs".to_owned())), "a.rs:1:x\nsrc/c.rs:1:x");
    assert_eq!(tree.search("x", |input| input.glob = Some("!*.rs".to_owned())), "b.md:1:x");
    assert_eq!(tree.search("x", |input| input.glob = Some("src/*".to_owned())), "src/c.rs:1:x");
}

#[test]
fn binary_files_are_left_out() {
    let mut late = b"match\n".repeat(5_000);
    late.push(0);
    let mut later = b"x\n".repeat(40_000);
    later.extend_from_slice(b"match\nend\n\0 match\nmatch\n");
    let tree = Tree::new("binary", &[("a", b"match\0"), ("b", &late), ("c", &later), ("d", b"match")]);
    assert_eq!(tree.grep("match"), "c:40001:match\nd:1:match");
    assert_eq!(
        tree.search("match", |input| input.context = Some(1)),
        "c-40000-x\nc:40001:match\nc-40002-end\n--\nd:1:match"
    );
    let file = format!("{}/a", tree.0.display());
    assert!(matches!(call(input("match", &file)), Err(Failure::Rejected(text)) if text.contains("binary")));
}

#[test]
fn utf_16_with_a_mark_is_text() {
    let text: Vec<u8> = "\u{feff}über\nuns\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let tree = Tree::new("utf16", &[("a", &text)]);
    assert_eq!(tree.grep("über"), "a:1:über");
}

#[test]
fn ignored_files_are_named_when_nothing_matches() {
    let tree = Tree::new("ignored", &[(".gitignore", b"*.log\n"), ("a.log", b"needle\n")]);
    assert!(tree.grep("needle").starts_with("no matches; what .gitignore leaves out"));
    assert_eq!(tree.search("needle", |input| input.include_ignored = Some(true)), "a.log:1:needle");
}

#[test]
fn the_answer_is_bounded_and_says_so() {
    let tree = Tree::new("bounds", &[("a", &b"needle\n".repeat(5_000)), ("b", b"needle\n")]);
    assert_eq!(
        tree.search("needle", |input| input.limit = Some(2)),
        "a:1:needle\na:2:needle\n[2 of 5001 matching lines, which are in 2 files; narrow the pattern, path or glob]"
    );
    let text = tree.search("needle", |input| input.limit = Some(100_000));
    assert!(text.len() < 62 * 1024 && text.contains(" of 5001 matching lines"), "{}", text.len());
    assert!(
        tree.search("needle", |input| {
            input.limit = Some(1);
            input.mode = Some(Mode::Files);
        })
        .ends_with("[1 of 2 files; narrow the pattern, path or glob]")
    );
}

#[test]
fn large_files_and_long_lines_are_searched() {
    let mut large = b"filler line\n".repeat(500_000);
    large.extend_from_slice(b"needle at the end\n");
    let mut long = vec![b'x'; 5_000_000];
    long.extend_from_slice(b" needle ");
    long.resize(10_000_000, b'y');
    let tree = Tree::new("large", &[("a", &large), ("b", &long)]);
    let text = tree.grep("needle");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "a:500001:needle at the end");
    assert!(lines[1].starts_with("b:1:[… 4999901 characters] xxx"), "{}", lines[1]);
    assert!(lines[1].ends_with("yyy [… 4999599 characters]"), "{}", lines[1]);
    assert_eq!(lines.len(), 2);
}

#[test]
fn a_line_beyond_every_bound_is_told() {
    let tree = Tree::new("beyond", &[("a", &vec![b'x'; 40_000_000])]);
    assert_eq!(tree.grep("needle"), "no matches\n[a line too long to be searched ended the search of a]");
}

#[test]
fn bad_input_is_rejected_with_a_reason() {
    for pattern in ["(", "", "a{1000}{1000}{1000}", "(?=x)"] {
        assert!(matches!(call(input(pattern, "/tmp")), Err(Failure::Rejected(_))), "{pattern}");
    }
    assert!(matches!(call(input("x", "/tmp/no-such-folder-for-grep")), Err(Failure::Rejected(_))));
    assert!(matches!(call(input("x", "../..")), Err(Failure::Rejected(_))));
}

#[test]
fn a_pattern_like_a_bomb_takes_linear_time() {
    let tree = Tree::new("bomb", &[("a", &vec![b'a'; 1_000_000])]);
    assert_eq!(tree.grep("(a+)+$x"), "no matches");
}
