//! A model that is never told a secret, and whose words never show one.

use boxagnts_model::{Failure, Model, Piece, Request};
use boxagnts_types::scrub::{Flow, Scrub};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use std::sync::Arc;

/// A model behind the scrubber.
pub(crate) struct ScrubbedModel {
    model: Box<dyn Model>,
    scrub: Arc<dyn Scrub>,
}

impl ScrubbedModel {
    pub(crate) fn new(model: Box<dyn Model>, scrub: Arc<dyn Scrub>) -> Self {
        Self { model, scrub }
    }
}

impl Model for ScrubbedModel {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn is_local(&self) -> bool {
        self.model.is_local()
    }

    fn stream(&self, mut request: Request) -> BoxStream<'_, Result<Piece, Failure>> {
        if self.scrub.knows_nothing() {
            return self.model.stream(request);
        }
        if self.scrub.finds(request.system.as_bytes()) {
            let mut system = request.system.to_string();
            self.scrub.text(&mut system);
            request.system = system.into();
        }
        self.scrub.messages(&mut request.messages);
        let mut said = Said::new(&self.scrub);
        // A reply that breaks off has told what was held back, too.
        let pieces = self.model.stream(request).map(Some).chain(stream::iter([None]));
        pieces.flat_map(move |piece| stream::iter(said.pass(piece))).boxed()
    }
}

/// What a model says, as it arrives.
struct Said {
    scrub: Arc<dyn Scrub>,
    text: Flow,
    thinking: Flow,
}

impl Said {
    fn new(scrub: &Arc<dyn Scrub>) -> Self {
        let flow = || Flow::new(Arc::clone(scrub));
        Self { scrub: Arc::clone(scrub), text: flow(), thinking: flow() }
    }

    /// The pieces that can be passed on; after the last one what was held back.
    fn pass(&mut self, piece: Option<Result<Piece, Failure>>) -> Vec<Result<Piece, Failure>> {
        let mut passed = Vec::new();
        match piece {
            Some(Ok(Piece::Text(text))) => {
                // Text that goes on after reasoning is no continuation of it, and the other way round.
                self.end_thinking(&mut passed);
                push(&mut passed, Piece::Text, self.text.pass_text(&text));
            }
            Some(Ok(Piece::Thinking(text))) => {
                self.end_text(&mut passed);
                push(&mut passed, Piece::Thinking, self.thinking.pass_text(&text));
            }
            Some(Ok(Piece::Call { mut model_id, mut tool, mut input })) => {
                self.end(&mut passed);
                self.scrub.texts([&mut model_id, &mut tool, &mut input]);
                passed.push(Ok(Piece::Call { model_id, tool, input }));
            }
            Some(Ok(Piece::Waiting { mut why, wait })) => {
                self.scrub.text(&mut why);
                passed.push(Ok(Piece::Waiting { why, wait }));
            }
            Some(Ok(piece @ Piece::Usage(_))) => passed.push(Ok(piece)),
            Some(last @ (Ok(Piece::End(_)) | Err(_))) => {
                self.end(&mut passed);
                passed.push(last);
            }
            None => self.end(&mut passed),
        }
        passed
    }

    fn end(&mut self, passed: &mut Vec<Result<Piece, Failure>>) {
        self.end_thinking(passed);
        self.end_text(passed);
    }

    fn end_text(&mut self, passed: &mut Vec<Result<Piece, Failure>>) {
        push(passed, Piece::Text, self.text.end_text());
    }

    fn end_thinking(&mut self, passed: &mut Vec<Result<Piece, Failure>>) {
        push(passed, Piece::Thinking, self.thinking.end_text());
    }
}

fn push(passed: &mut Vec<Result<Piece, Failure>>, piece: fn(String) -> Piece, text: String) {
    if !text.is_empty() {
        passed.push(Ok(piece(text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_egress::Scrubber;
    use boxagnts_model::Stop;
    use boxagnts_types::{Content, Message, Secret};
    use futures::executor::block_on;
    use std::sync::Mutex;

    const KEY: &str = "sk-0123456789";

    /// Says what it was told to say, and keeps what it was asked.
    struct Parrot {
        says: Vec<Piece>,
        asked: Arc<Mutex<Vec<Request>>>,
    }

    impl Model for Parrot {
        fn name(&self) -> &'static str {
            "test/parrot"
        }

        fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>> {
            self.asked.lock().unwrap().push(request);
            stream::iter(self.says.clone()).map(Ok).boxed()
        }
    }

    fn heard(says: Vec<Piece>, secrets: &[Secret]) -> (Vec<Piece>, String) {
        let asked = Arc::default();
        let parrot = Parrot { says, asked: Arc::clone(&asked) };
        let model = ScrubbedModel::new(Box::new(parrot), Arc::new(Scrubber::new(secrets)));
        let messages = vec![Message::User { content: vec![Content::text(format!("my key is {KEY}"))] }];
        let request = Request { system: format!("You know {KEY}").into(), messages, tools: Arc::new([]) };
        let pieces = block_on(model.stream(request).map(Result::unwrap).collect());
        let asked = format!("{:?}", asked.lock().unwrap());
        (pieces, asked)
    }

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    #[test]
    fn a_model_hears_no_secret_and_says_none_however_it_splits_it() {
        let call = |input: &str| Piece::Call { model_id: "1".into(), tool: "write".into(), input: input.to_owned() };
        let says = vec![
            text("It is sk-01"),
            text("23456789, and sk-"),
            Piece::Thinking("hm sk-0123".into()),
            Piece::Thinking("456789".into()),
            call(&format!("{{\"a\":\"{KEY}\"}}")),
            Piece::End(Stop::Calls),
        ];
        let (pieces, asked) = heard(says, &[Secret::new(KEY)]);
        let expected = [
            text("It is "),
            text("*************, and "),
            text("sk-"),
            Piece::Thinking("hm ".into()),
            Piece::Thinking("*".repeat(12)),
            // The last letter could have begun the key in reverse.
            Piece::Thinking("*".to_owned()),
            call(&format!("{{\"a\":\"{}\"}}", "*".repeat(13))),
            Piece::End(Stop::Calls),
        ];
        assert_eq!(pieces, expected);
        assert!(asked.contains("my key is ******") && !asked.contains(KEY), "{asked}");
    }

    #[test]
    fn without_a_scrubber_both_would_happen() {
        let (pieces, asked) = heard(vec![text(KEY)], &[]);
        assert!(pieces == [text(KEY)] && asked.contains(KEY));
    }
}
