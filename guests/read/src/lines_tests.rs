use super::{DEFAULT_LIMIT, LONGEST_LINE, MOST_SHOWN, Request, Shown, show};

const ALL: Request = Request { offset: 1, limit: DEFAULT_LIMIT };

/// Shows a file that arrives in pieces of `size` bytes.
fn shown_in_pieces(file: &[u8], request: &Request, size: usize) -> Shown {
    let piece = |offset: u64| {
        let from = usize::try_from(offset).expect("small").min(file.len());
        Ok(file[from..(from + size).min(file.len())].to_vec())
    };
    let start = piece(0).expect("a slice can be read");
    show(start, piece, request).expect("a slice can be read")
}

fn shown(file: &[u8], request: &Request) -> Shown {
    let whole = shown_in_pieces(file, request, 64 * 1024);
    for size in [3, 7] {
        let pieces = shown_in_pieces(file, request, size);
        assert_eq!(format!("{whole:?}"), format!("{pieces:?}"), "pieces of {size} bytes");
    }
    whole
}

#[test]
fn lines_are_numbered() {
    let shown = shown(b"one\n\nthree\n", &ALL);
    assert_eq!(shown.text, "     1\tone\n     2\t\n     3\tthree\n");
    assert!(shown.complete && !shown.open_end);
    assert_eq!((shown.lines, shown.seen, shown.lf, shown.crlf), (3, 3, 3, 0));
}

#[test]
fn a_last_line_without_end_is_a_line() {
    let shown = shown(b"one\ntwo", &ALL);
    assert_eq!(shown.text, "     1\tone\n     2\ttwo\n");
    assert!(shown.open_end);
    assert_eq!(shown.seen, 2);
}

#[test]
fn a_part_is_shown_and_the_rest_counted() {
    let file = "x\n".repeat(30);
    let shown = shown(file.as_bytes(), &Request { offset: 9, limit: 2 });
    assert_eq!(shown.text, "     9\tx\n    10\tx\n");
    assert!(shown.complete);
    assert_eq!(shown.seen, 30);
}

#[test]
fn nothing_is_shown_past_the_end() {
    let shown = shown(b"one\n", &Request { offset: 5, limit: 2 });
    assert_eq!((shown.lines, shown.seen, shown.complete, shown.empty), (0, 1, true, false));
}

#[test]
fn an_empty_file_is_known() {
    assert!(shown(b"", &ALL).empty);
    let marked = shown(b"\xef\xbb\xbf", &ALL);
    assert!(marked.empty && marked.byte_order_mark);
}

#[test]
fn a_byte_order_mark_and_returns_are_not_shown() {
    let shown = shown(b"\xef\xbb\xbfone\r\ntwo\r\n", &ALL);
    assert_eq!(shown.text, "     1\tone\n     2\ttwo\n");
    assert!(shown.byte_order_mark);
    assert_eq!((shown.crlf, shown.lf), (2, 0));
}

#[test]
fn foreign_bytes_are_replaced_and_told() {
    let shown = shown(b"f\xfcr\n", &ALL);
    assert_eq!(shown.text, "     1\tf\u{fffd}r\n");
    assert!(shown.replaced);
}

#[test]
fn a_long_line_is_cut_at_a_character() {
    for character in ["a", "ü", "語", "🦀"] {
        for length in [LONGEST_LINE, LONGEST_LINE + 1, LONGEST_LINE + 5, 5 * LONGEST_LINE] {
            let file = format!("{}\r\nnext\n", character.repeat(length));
            let shown = shown(file.as_bytes(), &ALL);
            let kept = character.repeat(LONGEST_LINE);
            let expected = match length - LONGEST_LINE {
                0 => format!("     1\t{kept}\n     2\tnext\n"),
                more => format!("     1\t{kept} [… {more} more characters]\n     2\tnext\n"),
            };
            assert_eq!(shown.text, expected, "{length} × {character}");
            assert!(!shown.replaced);
            assert_eq!((shown.crlf, shown.lf), (1, 1));
        }
    }
}

#[test]
fn the_whole_is_bounded() {
    let file = format!("{}\n", "y".repeat(999)).repeat(100);
    let shown = shown(file.as_bytes(), &ALL);
    assert!(shown.text.len() <= MOST_SHOWN);
    assert_eq!(shown.lines, 61);
    assert_eq!(shown.seen, 100);
}

#[test]
fn an_endless_line_is_left() {
    let mut reads = 0;
    let more = |_| {
        reads += 1;
        Ok(vec![b'z'; 64 * 1024])
    };
    let shown = show(vec![b'z'; 64 * 1024], more, &ALL).expect("it can be read");
    assert!(shown.text.contains("[… at least "));
    assert!(!shown.complete);
    assert!(reads < 200, "{reads} reads");
}

#[test]
fn counting_stops_at_a_bound() {
    let piece = || "w\n".repeat(32 * 1024).into_bytes();
    let request = Request { offset: 1, limit: 3 };
    let shown = show(piece(), |_| Ok(piece()), &request).expect("it can be read");
    assert_eq!(shown.lines, 3);
    assert!(!shown.complete && 3 < shown.seen);
}

#[test]
fn skipping_stops_at_a_bound() {
    let piece = || vec![b'\n'; 64 * 1024 * 1024];
    let request = Request { offset: u64::MAX, limit: 3 };
    let shown = show(piece(), |_| Ok(piece()), &request).expect("it can be read");
    assert_eq!(shown.lines, 0);
    assert!(!shown.complete);
}
