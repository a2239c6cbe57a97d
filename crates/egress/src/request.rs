//! What is sent.

use boxagnts_types::Secret;
use bytes::Bytes;

/// A POST of JSON. `Content-Type`, `Content-Length`, `Host` and `User-Agent` are the client's own business.
#[derive(Debug, Clone)]
pub struct JsonRequest {
    /// What stands behind the endpoint's base path, beginning with `/`.
    pub path: &'static str,
    /// Further header fields.
    pub fields: Vec<Field>,
    /// JSON in UTF-8. Cheap to clone, so that the same bytes can be sent again.
    pub body: Bytes,
}

/// One header field. Its `Debug` shows the name, and stars for a secret.
#[derive(Debug, Clone)]
pub struct Field {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Plain(String),
    Secret { before: &'static str, secret: Secret },
}

impl Field {
    /// A field that anybody may see.
    pub fn plain(name: &'static str, value: impl Into<String>) -> Self {
        Self { name, value: Value::Plain(value.into()) }
    }

    /// A field whose value is a secret.
    pub fn secret(name: &'static str, secret: Secret) -> Self {
        Self { name, value: Value::Secret { before: "", secret } }
    }

    /// `Authorization: Bearer …` (RFC 6750).
    pub fn bearer(secret: Secret) -> Self {
        Self { name: "authorization", value: Value::Secret { before: "Bearer ", secret } }
    }

    /// The field's name in lower case.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_prints_without_its_key() {
        let fields = vec![Field::bearer(Secret::new("sk-1")), Field::secret("x-key", Secret::new("sk-2"))];
        let shown = format!("{:?}", JsonRequest { path: "/x", fields, body: Bytes::from_static(b"{}") });
        assert!(shown.contains("authorization") && shown.contains("***") && !shown.contains("sk-"), "{shown}");
    }
}
