//! What came: by its name, and where the name lies or is missing, by its first bytes; and in which letters.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How an answer is shown.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Html,
    /// As it is, with a name for it.
    Text(String),
    /// Of a type that models look at.
    Image(&'static str),
    /// Not shown, with a name for it.
    Other(String),
}

/// Beginnings of images that models look at.
const IMAGES: [(&[u8], &str); 4] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
];

/// Types that are text without being called so.
const TEXTS: [&str; 9] = ["json", "xml", "javascript", "ecmascript", "yaml", "x-yaml", "toml", "x-sh", "graphql"];

/// As far as a page must name its letters (WHATWG HTML, section 13.2.3.2).
const PRESCANNED: usize = 1024;

/// The media type of a `Content-Type`, in lower case.
pub(crate) fn media_type(field: Option<&str>) -> Option<String> {
    let name = field?.split(';').next()?.trim().to_ascii_lowercase();
    let is_name = |part: &str| {
        !part.is_empty() && part.len() < 100 && part.bytes().all(|c| c.is_ascii_alphanumeric() || b"-.+_".contains(&c))
    };
    let (class, kind) = name.split_once('/')?;
    (is_name(class) && is_name(kind)).then_some(name)
}

/// What a body is.
pub(crate) fn of(media_type: Option<&str>, body: &[u8]) -> Kind {
    if let Some(image) = image(body) {
        return Kind::Image(image);
    }
    match media_type {
        Some("text/html" | "application/xhtml+xml") => Kind::Html,
        Some(name) if is_text(name) => Kind::Text(name.to_owned()),
        Some("application/octet-stream") | None => guessed(body),
        Some(name) => Kind::Other(format!("a file of the type {name}")),
    }
}

fn image(body: &[u8]) -> Option<&'static str> {
    let is_webp = body.starts_with(b"RIFF") && body.get(8..12) == Some(b"WEBP");
    let known = IMAGES.iter().find(|(beginning, _)| body.starts_with(beginning)).map(|(_, name)| *name);
    known.or(is_webp.then_some("image/webp"))
}

fn is_text(name: &str) -> bool {
    let (class, kind) = name.split_once('/').unwrap_or((name, ""));
    let suffix = kind.rsplit('+').next().unwrap_or(kind);
    class == "text"
        || (class == "application" && (TEXTS.contains(&kind) || TEXTS.contains(&suffix)))
        || name == "image/svg+xml"
}

fn guessed(body: &[u8]) -> Kind {
    let start = String::from_utf8_lossy(&body[..body.len().min(PRESCANNED)]).trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        Kind::Html
    } else if !body.contains(&0) && std::str::from_utf8(body).is_ok() {
        Kind::Text("text".to_owned())
    } else {
        Kind::Other("a binary file of an unknown type".to_owned())
    }
}

/// The body as text: in the letters that a mark at its beginning names, else the `Content-Type`, else the page, else
/// UTF-8 if it is that, else the old Western ones.
pub(crate) fn decoded(field: Option<&str>, body: &[u8]) -> String {
    let marked = Encoding::for_bom(body).map(|(encoding, _)| encoding);
    let encoding = marked
        .or_else(|| named(field?))
        .or_else(|| {
            let start = String::from_utf8_lossy(&body[..body.len().min(PRESCANNED)]).into_owned();
            // UTF-16 cannot say so in ASCII: what says it is something else.
            named(&start).map(Encoding::output_encoding)
        })
        .unwrap_or(if std::str::from_utf8(body).is_ok() { UTF_8 } else { WINDOWS_1252 });
    encoding.decode(body).0.into_owned()
}

/// The encoding behind the first `charset=`.
fn named(text: &str) -> Option<&'static Encoding> {
    let text = text.to_ascii_lowercase();
    let label = text.split_once("charset")?.1.trim_start().strip_prefix('=')?.trim_start();
    let label = label.trim_start_matches(['"', '\'']);
    let end = label.find(['"', '\'', ';', ' ', '>', '/']).unwrap_or(label.len());
    Encoding::for_label(label[..end].trim().as_bytes())
}

/// A status as people say it.
pub(crate) fn status(code: u16) -> String {
    let name = match code {
        200 => "OK",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        410 => "Gone",
        418 => "I'm a teapot",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return code.to_string(),
    };
    format!("{code} {name}")
}

#[cfg(test)]
mod tests {
    use super::{Kind, decoded, media_type, of};

    #[test]
    fn a_type_is_known_by_its_name_and_an_image_by_its_bytes() {
        assert_eq!(of(Some("text/html"), b"x"), Kind::Html);
        assert_eq!(of(Some("application/ld+json"), b"{}"), Kind::Text("application/ld+json".to_owned()));
        assert_eq!(of(Some("text/html"), b"\x89PNG\r\n\x1a\nrest"), Kind::Image("image/png"));
        assert_eq!(of(Some("application/pdf"), b"%PDF"), Kind::Other("a file of the type application/pdf".to_owned()));
        assert_eq!(of(None, b" <!DOCTYPE HTML><p>"), Kind::Html);
        assert_eq!(of(None, b"plain"), Kind::Text("text".to_owned()));
        assert!(matches!(of(None, b"\0\x01"), Kind::Other(_)));
        assert_eq!(media_type(Some("Text/HTML; charset=x")), Some("text/html".to_owned()));
        assert_eq!(media_type(Some("text/ht\u{202e}ml")), None);
    }

    #[test]
    fn letters_are_read_as_the_server_or_the_page_names_them() {
        assert_eq!(decoded(Some("text/html; charset=ISO-8859-1"), b"Gr\xfc\xdfe"), "Grüße");
        assert_eq!(decoded(None, b"<meta charset='shift_jis'>\x93\xfa"), "<meta charset='shift_jis'>日");
        assert_eq!(decoded(None, "日本".as_bytes()), "日本");
        assert_eq!(decoded(None, b"\xff\xfea\0b\0"), "ab");
        assert_eq!(decoded(Some("text/plain; charset=nonsense"), b"caf\xe9"), "café");
    }
}
