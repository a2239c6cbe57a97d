//! Keeping secrets out of whatever leaves: the port of the one scrubber, and what passes through it.
//!
//! A secret is covered with stars of the same length. So nothing else moves: lengths that a server announced and offsets
//! that a face counts by stay true, and a covered JSON text is still JSON.

use crate::{CallRequest, Content, Message};
use serde_json::Value;
use std::sync::Arc;

/// Knows the secrets of this process, and finds them in bytes, plain or encoded. `egress` implements it and `runtime`
/// hands it to every exit.
pub trait Scrub: Send + Sync {
    /// Whether there is no secret at all, so that nothing needs to be looked at.
    fn knows_nothing(&self) -> bool;

    /// Whether a secret stands in the bytes.
    fn finds(&self, bytes: &[u8]) -> bool;

    /// Covers each secret that stands in the bytes. A text in UTF-8 stays one.
    fn cover(&self, bytes: &mut [u8]);

    /// How many bytes at the end could be the beginning of a secret whose rest is still to come.
    fn open_end(&self, bytes: &[u8]) -> usize;
}

/// Knows no secret.
#[derive(Debug, Clone, Copy, Default)]
pub struct NothingSecret;

impl Scrub for NothingSecret {
    fn knows_nothing(&self) -> bool {
        true
    }

    fn finds(&self, _: &[u8]) -> bool {
        false
    }

    fn cover(&self, _: &mut [u8]) {}

    fn open_end(&self, _: &[u8]) -> usize {
        0
    }
}

impl dyn Scrub + '_ {
    /// Covers secrets in a text. Costs nothing but a look where there are none.
    pub fn text(&self, text: &mut String) {
        if self.knows_nothing() || !self.finds(text.as_bytes()) {
            return;
        }
        let mut bytes = std::mem::take(text).into_bytes();
        self.cover(&mut bytes);
        *text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    }

    /// Covers secrets in each of some texts.
    pub fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) {
        if !self.knows_nothing() {
            texts.into_iter().for_each(|text| self.text(text));
        }
    }

    /// Covers secrets in the texts of a JSON value, the names of its members included.
    pub fn value(&self, value: &mut Value) {
        if self.knows_nothing() {
            return;
        }
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                // A number that is a secret could be covered in no other way.
                let digits = number.to_string();
                if self.finds(digits.as_bytes()) {
                    *value = Value::String("*".repeat(digits.len()));
                }
            }
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item)),
            Value::Object(members) => {
                members.values_mut().for_each(|member| self.value(member));
                if members.keys().any(|name| self.finds(name.as_bytes())) {
                    let all = std::mem::take(members).into_iter();
                    members.extend(all.map(|(mut name, member)| {
                        self.text(&mut name);
                        (name, member)
                    }));
                }
            }
        }
    }

    /// Covers secrets in content.
    pub fn contents(&self, contents: &mut [Content]) {
        if self.knows_nothing() {
            return;
        }
        for content in contents {
            match content {
                Content::Text { text } => self.text(text),
                Content::Json { value } => self.value(value),
                Content::Image { media_type, bytes } => {
                    self.text(media_type);
                    self.cover(bytes);
                }
                Content::File { path } => self.text(path),
            }
        }
    }

    /// Covers secrets in what was asked of tools. The input stays the JSON that it was.
    pub fn calls(&self, calls: &mut [CallRequest]) {
        if !self.knows_nothing() {
            self.texts(
                calls.iter_mut().flat_map(|CallRequest { id: _, model_id, tool, input }| [model_id, tool, input]),
            );
        }
    }

    /// Covers secrets in a conversation.
    pub fn messages(&self, messages: &mut [Message]) {
        if self.knows_nothing() {
            return;
        }
        for message in messages {
            match message {
                Message::User { content } => self.contents(content),
                Message::Assistant { text, calls } => {
                    self.text(text);
                    self.calls(calls);
                }
                Message::Tool { answers } => answers.iter_mut().for_each(|answer| self.contents(&mut answer.content)),
            }
        }
    }
}

/// A scrubber on a stream: what may be the beginning of a secret is held back until more has come, and nothing else is.
pub struct Flow {
    scrub: Arc<dyn Scrub>,
    /// What is held back, as it came.
    held: Vec<u8>,
    /// How much of it, from its beginning, belongs to a secret that began before it.
    covered: usize,
}

impl Flow {
    /// A stream that nothing went through yet.
    pub fn new(scrub: Arc<dyn Scrub>) -> Self {
        Self { scrub, held: Vec::new(), covered: 0 }
    }

    /// Whether each piece goes through as it is, so that it need not be copied.
    pub fn is_open(&self) -> bool {
        self.scrub.knows_nothing()
    }

    /// Takes a piece and returns what can be passed on now.
    pub fn pass(&mut self, piece: &[u8]) -> Vec<u8> {
        let (mut whole, covered) = (std::mem::take(&mut self.held), std::mem::take(&mut self.covered));
        whole.extend_from_slice(piece);
        let ready = whole.len() - self.scrub.open_end(&whole).min(whole.len());
        self.held.extend_from_slice(&whole[ready..]);
        // What was covered before is looked at as it came: another secret may begin inside it.
        if self.scrub.finds(&whole) {
            self.scrub.cover(&mut whole);
        } else if covered == 0 {
            whole.truncate(ready);
            return whole;
        }
        whole[..covered].fill(b'*');
        self.covered = whole[ready..].iter().take_while(|byte| **byte == b'*').count();
        whole.truncate(ready);
        whole
    }

    /// The same for text. What is held back begins at a character, since every secret is text.
    pub fn pass_text(&mut self, piece: &str) -> String {
        as_text(self.pass(piece.as_bytes()))
    }

    /// What was held back, now that nothing more comes.
    pub fn end(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.held);
        self.scrub.cover(&mut rest);
        rest[..std::mem::take(&mut self.covered)].fill(b'*');
        rest
    }

    /// The same for text.
    pub fn end_text(&mut self) -> String {
        as_text(self.end())
    }
}

fn as_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Knows two words that overlap.
    struct Words;

    const KNOWN: [&str; 2] = ["password", "wordless"];

    impl Scrub for Words {
        fn knows_nothing(&self) -> bool {
            false
        }

        fn finds(&self, bytes: &[u8]) -> bool {
            KNOWN.iter().any(|word| bytes.windows(word.len()).any(|window| window == word.as_bytes()))
        }

        fn cover(&self, bytes: &mut [u8]) {
            let before = bytes.to_vec();
            for word in KNOWN {
                for (at, window) in before.windows(word.len()).enumerate() {
                    if window == word.as_bytes() {
                        bytes[at..at + word.len()].fill(b'*');
                    }
                }
            }
        }

        fn open_end(&self, bytes: &[u8]) -> usize {
            let open =
                |length: &usize| KNOWN.iter().any(|word| bytes.ends_with(word.as_bytes().get(..*length).unwrap()));
            (1..8).rev().find(open).unwrap_or(0)
        }
    }

    fn through(pieces: &[&str]) -> Vec<String> {
        let mut flow = Flow::new(Arc::new(Words));
        let mut passed: Vec<String> = pieces.iter().map(|piece| flow.pass_text(piece)).collect();
        passed.push(flow.end_text());
        passed
    }

    #[test]
    fn what_cannot_begin_a_secret_is_not_held_back() {
        assert_eq!(through(&["Hello ", "é world"]), ["Hello ", "é world", ""]);
        assert_eq!(through(&["a pass", "age"]), ["a ", "passage", ""]);
        assert_eq!(through(&["a pass"]), ["a ", "pass"]);
    }

    #[test]
    fn a_secret_is_covered_wherever_it_is_split() {
        let text = "the password, twice: password";
        for at in 0..=text.len() {
            for end in at..=text.len() {
                let whole = through(&[&text[..at], &text[at..end], &text[end..]]).concat();
                assert_eq!(whole, "the ********, twice: ********", "{at} {end}");
            }
        }
    }

    #[test]
    fn secrets_that_overlap_are_both_covered_however_they_arrive() {
        let text = "a passwordless b";
        for at in 0..=text.len() {
            assert_eq!(through(&[&text[..at], &text[at..]]).concat(), "a ************ b", "{at}");
        }
    }

    #[test]
    fn a_value_is_covered_in_texts_and_names_and_keeps_its_shape() {
        let scrub: Arc<dyn Scrub> = Arc::new(Words);
        let mut value = json!({ "a": ["password", 7], "password": { "b": "my password" } });
        scrub.value(&mut value);
        assert_eq!(value, json!({ "a": ["********", 7], "********": { "b": "my ********" } }));
        let mut contents = vec![Content::Image { media_type: "image/png".to_owned(), bytes: b"\xffpassword".to_vec() }];
        scrub.contents(&mut contents);
        assert_eq!(contents, [Content::Image { media_type: "image/png".to_owned(), bytes: b"\xff********".to_vec() }]);
    }
}
