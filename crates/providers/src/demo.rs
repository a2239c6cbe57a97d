//! Scripted models, which need no key and no network. Each says that it is one.
//!
//! A script makes no exception for itself: its calls pass the same door as those of any model, and what it says about
//! them is computed from the answers that came back.

pub mod tour;

use boxagnts_model::{Failure, Model, Piece, Request, Stop};
use futures::stream::{self, BoxStream, StreamExt as _};

/// What stands before the slash of the models' names.
pub const NAME: &str = "demo";

/// The models, by what stands behind the slash.
pub const MODELS: &[&str] = &["tour"];

/// Opens one of [`MODELS`].
pub fn open(model: &str) -> Option<Box<dyn Model>> {
    match model {
        "tour" => Some(Box::new(Scripted { name: "demo/tour", next: tour::next })),
        _ => None,
    }
}

/// A model whose next message is a function of the conversation.
struct Scripted {
    name: &'static str,
    next: fn(&Request) -> Said,
}

/// One message of a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    /// What it says.
    pub text: String,
    /// What it asks for; nothing ends the turn.
    pub calls: Vec<Asked>,
}

/// One call of a script.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// The script's own name of the call, by which it finds the answer again.
    pub id: &'static str,
    /// The tool.
    pub tool: &'static str,
    /// The input.
    pub input: serde_json::Value,
}

impl Model for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn is_local(&self) -> bool {
        true
    }

    fn stream(&self, request: Request) -> BoxStream<'_, Result<Piece, Failure>> {
        let Said { text, calls } = (self.next)(&request);
        let stop = if calls.is_empty() { Stop::Finished } else { Stop::Calls };
        // Word by word, so that whoever shows a stream has one to show. Nothing was asked of a vendor: no usage.
        let words: Vec<Piece> = text.split_inclusive(' ').map(|word| Piece::Text(word.to_owned())).collect();
        let calls = calls.into_iter().map(|Asked { id, tool, input }| Piece::Call {
            model_id: id.to_owned(),
            tool: tool.to_owned(),
            input: input.to_string(),
        });
        stream::iter(words.into_iter().chain(calls).chain([Piece::End(stop)]).map(Ok)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    #[test]
    fn a_message_comes_in_small_pieces_and_ends() {
        let said = |_: &Request| Said {
            text: "two words".to_owned(),
            calls: vec![Asked { id: "a", tool: "read", input: serde_json::json!({"path": "x"}) }],
        };
        let model = Scripted { name: "demo/test", next: said };
        let request = Request { system: "".into(), messages: Vec::new(), tools: [].into() };
        let pieces: Vec<Result<Piece, Failure>> = model.stream(request).collect().now_or_never().unwrap();
        let pieces: Vec<Piece> = pieces.into_iter().map(Result::unwrap).collect();
        let call =
            Piece::Call { model_id: "a".to_owned(), tool: "read".to_owned(), input: r#"{"path":"x"}"#.to_owned() };
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(pieces, [text("two "), text("words"), call, Piece::End(Stop::Calls)]);
    }
}
