//! What a file is, judged by its first bytes.

/// How a file is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// As lines.
    Text,
    /// As an image of this media type.
    Image(&'static str),
    /// Not at all; the guess is for people and models.
    Binary(&'static str),
}

/// Judges a file by its beginning, the first piece that was read of it.
pub(crate) fn nature(start: &[u8]) -> Nature {
    if let Some(media_type) = image(start) {
        return Nature::Image(media_type);
    }
    if let Some(guess) = magic(start) {
        return Nature::Binary(guess);
    }
    if looks_like_text(start) {
        Nature::Text
    } else {
        Nature::Binary("unknown type, or text in an encoding other than UTF-8")
    }
}

fn image(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if start.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if start.starts_with(b"GIF87a") || start.starts_with(b"GIF89a") {
        Some("image/gif")
    } else if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// Signatures of formats that a workspace often holds. All but PDF are binary by their content too; the
/// name of the format is what helps.
fn magic(start: &[u8]) -> Option<&'static str> {
    const SIGNATURES: [(&[u8], &str); 21] = [
        (b"%PDF-", "PDF document"),
        (b"PK\x03\x04", "ZIP archive or a format built on it (docx, xlsx, jar, …)"),
        (b"PK\x05\x06", "empty ZIP archive"),
        (b"\x1f\x8b", "gzip data"),
        (b"BZh", "bzip2 data"),
        (b"\xfd7zXZ\0", "xz data"),
        (b"\x28\xb5\x2f\xfd", "zstd data"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
        (b"\x7fELF", "ELF program or library"),
        (b"\0asm", "WebAssembly module or component"),
        (b"\xcf\xfa\xed\xfe", "Mach-O program or library"),
        (b"\xca\xfe\xba\xbe", "Java class or universal Mach-O program"),
        (b"MZ\x90\0", "Windows program or library"),
        (b"SQLite format 3\0", "SQLite database"),
        (b"\xff\xfe", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16 text"),
        (b"OggS", "Ogg audio or video"),
        (b"ID3", "MP3 audio"),
        (b"fLaC", "FLAC audio"),
        (b"wOF2", "WOFF2 font"),
        (b"BM\0", "bitmap image"),
    ];
    // A short signature may begin a text by chance; then the rest of the text speaks against it.
    let signature = SIGNATURES
        .iter()
        .find(|(signature, _)| start.starts_with(signature))
        .map(|(_, name)| *name)
        .or_else(|| (start.get(4..8) == Some(b"ftyp")).then_some("MP4 or a related video"));
    signature.filter(|_| start.starts_with(b"%PDF-") || !looks_like_text(start))
}

/// So few foreign bytes say nothing about a short file.
const FEW: usize = 16;

/// Text has no NUL, few control characters, and its bytes are UTF-8 in the main. A few foreign bytes are
/// a text in Latin-1 or the like, which is still readable; a third of them is none.
fn looks_like_text(start: &[u8]) -> bool {
    if start.contains(&0) {
        return false;
    }
    let controls = start.iter().filter(|&&byte| is_control(byte)).count();
    if start.len() < controls.saturating_mul(20) {
        return false;
    }
    let foreign: usize = start.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    foreign.saturating_mul(3) < start.len() + FEW
}

/// Control characters that no text holds; tab, line feed, form feed, return and escape (colours in a
/// log) may well be there.
fn is_control(byte: u8) -> bool {
    byte == 0x7f || (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x08 | 0x0c | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::{Nature, nature};

    #[test]
    fn images_are_known_by_their_first_bytes() {
        assert_eq!(nature(b"\x89PNG\r\n\x1a\n\0\0"), Nature::Image("image/png"));
        assert_eq!(nature(b"\xff\xd8\xff\xe0\0"), Nature::Image("image/jpeg"));
        assert_eq!(nature(b"GIF89a\0\0"), Nature::Image("image/gif"));
        assert_eq!(nature(b"RIFF\x10\0\0\0WEBPVP8 "), Nature::Image("image/webp"));
    }

    #[test]
    fn binary_files_are_named_where_they_can_be() {
        assert_eq!(nature(b"\x7fELF\x02\x01\x01\0"), Nature::Binary("ELF program or library"));
        assert_eq!(nature(b"%PDF-1.7\n%plain"), Nature::Binary("PDF document"));
        assert!(matches!(nature(b"abc\0def"), Nature::Binary(_)));
        assert!(matches!(nature(b"\xff\xfeh\0i\0"), Nature::Binary("UTF-16 text")));
    }

    #[test]
    fn a_text_that_begins_like_a_format_is_text() {
        assert_eq!(nature(b"BZh is how bzip2 begins\n"), Nature::Text);
        assert_eq!(nature(b"ID3 tags explained\n"), Nature::Text);
    }

    #[test]
    fn latin_1_is_text_and_noise_is_not() {
        assert_eq!(nature(b"\xe9t\xe9"), Nature::Text);
        assert_eq!(nature(b"f\xfcr gro\xdfe Stra\xdfen\n"), Nature::Text);
        let noise: Vec<u8> = (1..=255).collect();
        assert!(matches!(nature(&noise), Nature::Binary(_)));
    }

    #[test]
    fn utf_8_and_nothing_are_text() {
        assert_eq!(nature("日本語\r\n".as_bytes()), Nature::Text);
        assert_eq!(nature(b""), Nature::Text);
    }
}
