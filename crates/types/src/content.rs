//! What a message or a result is made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One piece of content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// Text for people and models.
    Text {
        /// UTF-8, any length; whoever passes it on bounds it.
        text: String,
    },
    /// A structured value.
    Json {
        /// Any JSON value.
        value: Value,
    },
    /// A picture.
    Image {
        /// For example `image/png`.
        media_type: String,
        /// The bytes; base 64 when serialised.
        #[serde(with = "base64_bytes")]
        bytes: Vec<u8>,
    },
    /// A file of the guest's world, named and not included.
    File {
        /// A guest path.
        path: String,
    },
}

impl Content {
    /// A piece of text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// How many bytes it adds to a request or a journal, roughly.
    pub fn size(&self) -> usize {
        match self {
            Self::Text { text } => text.len(),
            Self::Json { value } => value.to_string().len(),
            Self::Image { bytes, .. } => bytes.len(),
            Self::File { path } => path.len(),
        }
    }
}

mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize as _;

    pub(super) fn serialize<S: serde::Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}
