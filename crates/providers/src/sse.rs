//! Server-sent events, as far as vendors use them: names and data. No retry, no ids.
//!
//! Source: the HTML standard, section "Server-sent events", <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//! Other than there, a line and an event have a bound, and data that is no UTF-8 is an error instead of being mended.

use std::collections::VecDeque;

/// The longest line and the longest event. The longest input of a call is 8 MiB, and JSON can double that.
const LONGEST: usize = 32 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// Empty for most.
    pub(crate) name: String,
    /// The lines of its data, joined by line feeds.
    pub(crate) data: String,
}

/// Why a stream of events cannot be read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadStream {
    /// A line or an event is longer than its bound.
    TooLong,
    /// An event is no UTF-8.
    NotText,
}

impl BadStream {
    /// For the person.
    pub(crate) fn why(self) -> String {
        match self {
            Self::TooLong => format!("one of its events is longer than {LONGEST} bytes"),
            Self::NotText => "one of its events is no text".to_owned(),
        }
    }
}

/// Puts events together from bytes that were cut anywhere.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last byte ended a line and was a carriage return: a line feed behind it belongs to the same end.
    is_after_return: bool,
    is_under_way: bool,
}

impl Decoder {
    /// Takes the next bytes. Events that are whole are put into `events`, also when an error follows them.
    pub(crate) fn feed(&mut self, mut bytes: &[u8], events: &mut VecDeque<Event>) -> Result<(), BadStream> {
        while let Some(first) = bytes.first() {
            if std::mem::take(&mut self.is_after_return) && *first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                return self.extend_line(bytes);
            };
            self.extend_line(&bytes[..end])?;
            self.is_after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line(events)?;
        }
        Ok(())
    }

    /// The line that has not ended yet.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.line
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), BadStream> {
        if LONGEST < self.line.len() + bytes.len() {
            return Err(BadStream::TooLong);
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut VecDeque<Event>) -> Result<(), BadStream> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.is_under_way, true) && line.starts_with(b"\xef\xbb\xbf") {
            line.drain(..3);
        }
        let result = if line.is_empty() { self.end_event(events) } else { self.field(&line) };
        // The next line goes into the same memory.
        line.clear();
        self.line = line;
        result
    }

    fn field(&mut self, line: &[u8]) -> Result<(), BadStream> {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if LONGEST <= self.data.len() + value.len() {
                    return Err(BadStream::TooLong);
                }
                if std::mem::replace(&mut self.has_data, true) {
                    self.data.push(b'\n');
                }
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = value.to_vec(),
            // A comment begins with the colon and so has no field name; it only keeps the connection alive.
            _ => {}
        }
        Ok(())
    }

    fn end_event(&mut self, events: &mut VecDeque<Event>) -> Result<(), BadStream> {
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        if std::mem::take(&mut self.has_data) {
            let text = |bytes| String::from_utf8(bytes).map_err(|_| BadStream::NotText);
            events.push_back(Event { name: text(name)?, data: text(data)? });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AWKWARD: &str = "\u{feff}: hello\ndata: one\r\n\r\n\ndata:two\rdata:  three\revent: error\r\rid: 7\nretry: 1\n\
        nothing\ndata\n\n: ping\n\nevent: lost\n\ndata: {\"ä\":\"針🧷\"}\n\ndata: cut";

    fn decoded<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Event>, BadStream> {
        let (mut decoder, mut events) = (Decoder::default(), VecDeque::new());
        for piece in pieces {
            decoder.feed(piece, &mut events)?;
        }
        Ok(events.into())
    }

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn every_kind_of_line_is_read_as_the_standard_says() {
        let wanted = [event("", "one"), event("error", "two\n three"), event("", ""), event("", "{\"ä\":\"針🧷\"}")];
        assert_eq!(decoded([AWKWARD.as_bytes()]).unwrap(), wanted);
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut() {
        let (bytes, whole) = (AWKWARD.as_bytes(), decoded([AWKWARD.as_bytes()]));
        for cut in 0..=bytes.len() {
            assert_eq!(decoded([&bytes[..cut], &bytes[cut..]]), whole, "cut at {cut}");
        }
        assert_eq!(decoded(bytes.chunks(1)), whole);
    }

    #[test]
    fn a_line_and_an_event_without_end_are_refused() {
        let piece = vec![b'x'; 1024 * 1024];
        assert_eq!(decoded(std::iter::repeat_n(&piece[..], 33)), Err(BadStream::TooLong));
        let lines = [b"data: ", &piece[..], b"\n"].concat();
        assert_eq!(decoded(std::iter::repeat_n(&lines[..], 33)), Err(BadStream::TooLong));
    }

    #[test]
    fn what_is_no_text_is_refused_and_a_comment_may_be_anything() {
        assert_eq!(decoded([&b"data: \xff\n\n"[..]]), Err(BadStream::NotText));
        assert_eq!(decoded([&b": \xff\ndata: x\n\n"[..]]).unwrap(), [event("", "x")]);
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_pieces_give_the_same_events(
            bytes in prop::collection::vec(prop::sample::select(b"data: \r\n\xc3\xa4x".to_vec()), 0..200),
            size in 1_usize..20,
        ) {
            prop_assert_eq!(decoded(bytes.chunks(size)), decoded([&bytes[..]]));
        }
    }
}
