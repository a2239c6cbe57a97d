//! From placeholders to values, at the last moment before a request leaves.
//!
//! Everything that could be wrong is found before anything is sent: a placeholder without a permit, a secret that is not
//! set for this host, port and method, a value that would break out of its place, and a known value that stands in the
//! open.

use crate::vault::{Vault, check_value};
use crate::web::WebRequest;
use crate::web_error::WebError;
use boxagnts_capability::Effect;
use boxagnts_types::Secret;
use boxagnts_types::placeholder::{Placeholder, placeholders};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use std::fmt::Write as _;

/// What is sent: the parts of a request that may have held placeholders.
pub(crate) struct Filled {
    pub(crate) path_and_query: String,
    pub(crate) fields: HeaderMap,
    pub(crate) body: Bytes,
}

impl WebRequest {
    /// The path with what follows the question mark, as it stands in the request line.
    fn path_and_query(&self) -> String {
        let target = &self.target;
        target.query().map_or_else(|| target.path().to_owned(), |query| format!("{}?{query}", target.path()))
    }

    /// The secrets that the request asks for, each once.
    pub fn secrets(&self) -> Vec<Effect> {
        let mut names: Vec<String> = Vec::new();
        let path = self.path_and_query();
        let values = self.fields.values().map(HeaderValue::as_bytes);
        let parts = [path.as_bytes(), &self.body].into_iter().chain(values);
        for Placeholder { name, .. } in parts.flat_map(placeholders) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let host = self.target.host();
        names.into_iter().map(|name| Effect::Secret { name, host: host.clone() }).collect()
    }
}

/// Refuses a request in which the value of a secret stands, in any form that the scrubber knows. A secret leaves by its
/// placeholder alone: whoever has the value without one got it from somewhere else.
pub(crate) fn refuse_values(vault: &Vault, request: &WebRequest) -> Result<(), WebError> {
    let scrub = vault.scrubber();
    if scrub.knows_nothing() {
        return Ok(());
    }
    let path = request.path_and_query();
    let values = request.fields.values().map(HeaderValue::as_bytes);
    let names = request.fields.keys().map(|name| name.as_str().as_bytes());
    let mut parts = [path.as_bytes(), &request.body].into_iter().chain(values).chain(names);
    let stands = |part: &[u8]| scrub.finds(part) || decoded(part).is_some_and(|part| scrub.finds(&part));
    if vault.finds_in_host(request.target.host()) || parts.any(stands) {
        return Err(WebError::SecretInTheOpen(request.target.host().to_string()));
    }
    Ok(())
}

/// Without percent signs, when there are any: some of the characters may be encoded and others not.
fn decoded(part: &[u8]) -> Option<Vec<u8>> {
    if !part.contains(&b'%') {
        return None;
    }
    let mut decoded = Vec::with_capacity(part.len());
    let mut at = 0;
    while let Some(&byte) = part.get(at) {
        let digits = (byte == b'%').then(|| part.get(at + 1..at + 3)).flatten();
        let meant = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(meant.unwrap_or(byte));
        at += if meant.is_some() { 3 } else { 1 };
    }
    Some(decoded)
}

/// Puts the values in. The permit was asked for each of them.
pub(crate) fn fill(vault: &Vault, request: &WebRequest) -> Result<Filled, WebError> {
    let value = |name: &str| {
        let value = vault.value(name, &request.target, &request.method);
        let value = value.map(Secret::expose).ok_or_else(|| WebError::NoSecret {
            name: name.to_owned(),
            method: request.method.to_string(),
            origin: crate::web::origin(&request.target),
        })?;
        // It was checked when it was set, and its file may have been changed since.
        check_value(value).map_err(|why| WebError::BadSecret { name: name.to_owned(), why: why.to_string() })?;
        Ok(value)
    };
    let path = filled(request.path_and_query().as_bytes(), value, percent_encoded)?;
    let mut fields = request.fields.clone();
    for field in fields.values_mut() {
        if placeholders(field.as_bytes()).is_empty() {
            continue;
        }
        let bytes = filled(field.as_bytes(), value, str::to_owned)?;
        let unsendable = || WebError::Broken("a header with a secret cannot be written".to_owned());
        *field = HeaderValue::from_bytes(&bytes).map_err(|_| unsendable())?;
        field.set_sensitive(true);
    }
    let body = if placeholders(&request.body).is_empty() {
        request.body.clone()
    } else {
        filled(&request.body, value, into_body(&request.fields))?.into()
    };
    let path_and_query = String::from_utf8(path).unwrap_or_default();
    Ok(Filled { path_and_query, fields, body })
}

fn filled<'v>(
    bytes: &[u8],
    value: impl Fn(&str) -> Result<&'v str, WebError>,
    written: impl Fn(&str) -> String,
) -> Result<Vec<u8>, WebError> {
    let mut whole = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for Placeholder { name, at } in placeholders(bytes) {
        whole.extend_from_slice(&bytes[from..at.start]);
        whole.extend_from_slice(written(value(&name)?).as_bytes());
        from = at.end;
    }
    whole.extend_from_slice(&bytes[from..]);
    Ok(whole)
}

/// How a value is written into a body of this type, so that it stays inside the text or the parameter where its
/// placeholder stood.
fn into_body(fields: &HeaderMap) -> fn(&str) -> String {
    let said = fields.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let media_type = said.split(';').next().unwrap_or_default().trim();
    match media_type {
        "application/x-www-form-urlencoded" => percent_encoded,
        json if json == "application/json" || json.ends_with("+json") => json_escaped,
        _ => str::to_owned,
    }
}

/// A value can neither end its segment of a path nor begin another parameter.
fn percent_encoded(value: &str) -> String {
    value.bytes().fold(String::with_capacity(value.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

/// A value has no control characters, so that these two are all that could end a JSON text.
fn json_escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"")
}
