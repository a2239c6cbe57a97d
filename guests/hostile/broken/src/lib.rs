//! Returns each kind of failure, and results that are not what they claim to be.

use boxagnts_guest_sdk::{Content, Failure, Output, Tool, export};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// What to return.
    how: How,
    /// The text in it. Default "as it was told to".
    text: Option<String>,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum How {
    /// A failure that the model may recover from.
    Rejected,
    /// A refusal.
    Denied,
    /// A failure that ends the turn.
    Broken,
    /// A result without any content.
    Empty,
    /// A result that claims the text to be JSON.
    Json,
    /// A result that claims the text to be a PNG image.
    Image,
    /// A result that claims the text to be the path of a file.
    File,
    /// A result that is the text.
    Text,
}

struct Broken;

impl Tool for Broken {
    type Input = Input;
    const NAME: &'static str = "broken";
    const DESCRIPTION: &'static str = "Fail, or return what is not what it claims to be.";
    const EXAMPLES: &'static [&'static str] =
        &[r#"{"how":"broken"}"#, r#"{"how":"json","text":"{\"a\":"}"#, r#"{"how":"file","text":"/etc/passwd"}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let text = input.text.unwrap_or_else(|| "as it was told to".to_owned());
        let content = match input.how {
            How::Rejected => return Err(Failure::Rejected(text)),
            How::Denied => return Err(Failure::Denied(text)),
            How::Broken => return Err(Failure::Broken(text)),
            How::Empty => vec![],
            How::Json => vec![Content::Json(text)],
            How::Image => vec![Content::Image(("image/png".to_owned(), text.into_bytes()))],
            How::File => vec![Content::File(text)],
            How::Text => vec![Content::Text(text)],
        };
        Ok(Output { content, state: None })
    }
}

export!(Broken);
