use super::diff;
use crate::replacement::Replacement;

/// The diff of an edit; what it says is applied to the file and compared with the edit's own result.
fn shown(file: &str, old: &str, new: &str, all: bool) -> String {
    let bytes = file.as_bytes();
    let replacement = Replacement::find(bytes, old, new, all).expect("it can be replaced");
    let diff = diff(bytes, &replacement);
    let edited = String::from_utf8(replacement.apply(bytes)).expect("text stays text");
    check(file, &edited, &diff);
    diff
}

/// Checks each line of a diff against the two texts at the numbers that its heading claims.
fn check(before: &str, after: &str, diff: &str) {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let (mut old, mut new) = (0, 0);
    for line in diff.lines().filter(|line| !line.starts_with('[')) {
        if let Some(heading) = line.strip_prefix("@@ -") {
            let mut numbers = heading.split([',', ' ', '+', '@']).filter_map(|n| n.parse::<usize>().ok());
            old = numbers.next().expect("a line number") - 1;
            numbers.next();
            new = numbers.next().expect("a line number") - 1;
            continue;
        }
        let text = &line[1..];
        if line.starts_with([' ', '-']) {
            assert_eq!(before.get(old), Some(&text), "old line {old} of\n{diff}");
            old += 1;
        }
        if line.starts_with([' ', '+']) {
            assert_eq!(after.get(new), Some(&text), "new line {new} of\n{diff}");
            new += 1;
        }
    }
}

const FILE: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";

#[test]
fn a_change_stands_between_three_lines() {
    assert_eq!(shown(FILE, "6", "six", false), "@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9");
}

#[test]
fn the_ends_of_a_file_have_fewer_lines_around() {
    assert_eq!(shown("a\nb", "a", "x", false), "@@ -1,2 +1,2 @@\n-a\n+x\n b");
    assert_eq!(shown("a\nb", "b", "x", false), "@@ -1,2 +1,2 @@\n a\n-b\n+x");
}

#[test]
fn lines_that_stay_are_not_shown_as_changed() {
    assert_eq!(
        shown(FILE, "4\n5\n6\n7\n8\n", "4\n5\nsix\n7\n8\n", false),
        "@@ -3,7 +3,7 @@\n 3\n 4\n 5\n-6\n+six\n 7\n 8\n 9"
    );
}

#[test]
fn lines_that_come_and_go_are_shown() {
    assert_eq!(shown(FILE, "6\n", "", false), "@@ -3,7 +3,6 @@\n 3\n 4\n 5\n-6\n 7\n 8\n 9");
    assert_eq!(shown(FILE, "6\n", "6\n6½\n", false), "@@ -4,6 +4,7 @@\n 4\n 5\n 6\n+6½\n 7\n 8\n 9");
}

#[test]
fn a_line_that_is_joined_is_shown() {
    assert_eq!(shown(FILE, "6\n", "six", false), "@@ -3,8 +3,7 @@\n 3\n 4\n 5\n-6\n-7\n+six7\n 8\n 9\n 10");
    assert_eq!(shown("xa\nc\n", "a\n", "", false), "@@ -1,2 +1,1 @@\n-xa\n-c\n+xc");
}

#[test]
fn places_of_one_line_are_one_change() {
    assert_eq!(shown("a b a\n", "a", "xy", true), "@@ -1,1 +1,1 @@\n-a b a\n+xy b xy");
}

#[test]
fn later_changes_are_numbered_in_the_new_file() {
    let file = "x\n1\n2\n3\n4\n5\n6\n7\nx\n";
    assert_eq!(
        shown(file, "x", "y\nz", true),
        "@@ -1,4 +1,5 @@\n-x\n+y\n+z\n 1\n 2\n 3\n@@ -6,4 +7,5 @@\n 5\n 6\n 7\n-x\n+y\n+z"
    );
}

#[test]
fn neighbouring_changes_do_not_pass_for_context() {
    assert_eq!(shown("x\n1\nx\n", "x", "y", true), "@@ -1,2 +1,2 @@\n-x\n+y\n 1\n@@ -2,2 +2,2 @@\n 1\n-x\n+y");
    shown("x\nx\nx\n", "x", "y\ny", true);
    shown("x\nx\nx\n", "x\n", "y", true);
    shown("x\nx\nx\nz", "x\n", "", true);
}

#[test]
fn many_changes_are_bounded() {
    let diff = shown(&"x\n-\n".repeat(1000), "x", "y", true);
    assert!(diff.ends_with("[980 more replacements are not shown]"), "{diff}");
    let file = "x\n".repeat(1000);
    let replacement = Replacement::find(file.as_bytes(), "x", "y", true).expect("it is there");
    let diff = super::diff(file.as_bytes(), &replacement);
    assert!(diff.ends_with("+y\n+[… 940 more lines]"), "{diff}");
    let one_line = format!("{}\n", "x ".repeat(200_000));
    let bytes = one_line.as_bytes();
    let replacement = Replacement::find(bytes, "x", "y", true).expect("it can be replaced");
    let diff = super::diff(bytes, &replacement);
    assert!(diff.len() < 2_000, "{}", diff.len());
}

#[test]
fn returns_are_not_shown() {
    assert_eq!(shown("a\r\nb\r\n", "b", "c\nd", false), "@@ -1,2 +1,3 @@\n a\n-b\n+c\n+d");
}

#[test]
fn any_diff_tells_the_truth() {
    // A linear congruential generator: the same small texts on every run.
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut checked = 0;
    for _ in 0..20_000 {
        let mut text = |longest| -> String {
            let length = next(longest);
            (0..length).map(|_| ['a', 'b', '\n'][usize::try_from(next(3)).unwrap_or(0)]).collect()
        };
        let (file, old, new) = (text(30), text(4), text(4));
        if Replacement::find(file.as_bytes(), &old, &new, true).is_ok() {
            shown(&file, &old, &new, true);
            checked += 1;
        }
    }
    assert!(5_000 < checked, "{checked}");
}
