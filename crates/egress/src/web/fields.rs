//! What stands in the header of a tool's request, and what must not.

use super::WebLimits;
use crate::http::USER_AGENT;
use crate::inject::Filled;
use crate::web_error::WebError;
use boxagnts_capability::Target;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request};
use http_body_util::Full;

/// The most that a request's header may have, in bytes of names and values. Servers refuse more.
const HEAD_OUT: usize = 16 * 1024;

/// The most that its address may have, in bytes. Servers refuse more, and whoever wants to carry data out has less room.
const URL_OUT: usize = 8 * 1024;

/// Fields that speak about the connection (RFC 9110, section 7.6.1), about a proxy, or about a body that is made here.
/// A server that reads one of them in another way than we do would find a second request inside the first.
const OF_THE_CONNECTION: [&str; 13] = [
    "connection",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Fields by which some servers are told another method than the one in the request line.
const OVERRIDES: [&str; 3] = ["x-http-method", "x-http-method-override", "x-method-override"];

/// Whether the field is the connection's business.
pub fn is_of_the_connection(name: &HeaderName) -> bool {
    OF_THE_CONNECTION.contains(&name.as_str()) || name.as_str().starts_with("proxy-")
}

pub(super) fn overrides_method(fields: &HeaderMap) -> bool {
    OVERRIDES.iter().any(|name| fields.contains_key(*name))
}

/// The request as it is sent: checked, bounded, with the fields that are ours.
pub(super) fn prepared(
    method: Method,
    target: &Target,
    filled: Filled,
    limits: &WebLimits,
) -> Result<Request<Full<Bytes>>, WebError> {
    let Filled { path_and_query, mut fields, body } = filled;
    if matches!(method, Method::CONNECT | Method::TRACE) {
        return Err(WebError::Method(method.to_string()));
    }
    if let Some(name) = fields.keys().find(|name| is_of_the_connection(name)) {
        return Err(WebError::Field(name.to_string()));
    }
    if URL_OUT < path_and_query.len() {
        return Err(WebError::UrlOut { most: URL_OUT });
    }
    let size: usize = fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if HEAD_OUT < size {
        return Err(WebError::HeadOut { most: HEAD_OUT });
    }
    if limits.body_out < body.len() {
        return Err(WebError::BodyOut { limit: limits.body_out });
    }
    // The length is that of the body that is sent, whatever a tool believes.
    fields.remove(header::CONTENT_LENGTH);
    fields.insert(header::HOST, text(&host(target))?);
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    fields.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    fields.entry(header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
    fields.entry(header::ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    let unsendable = |error: http::Error| WebError::Broken(format!("the request cannot be written: {error}"));
    let mut request =
        Request::builder().method(method).uri(path_and_query).body(Full::new(body)).map_err(unsendable)?;
    *request.headers_mut() = fields;
    Ok(request)
}

/// The host and, where it is not the usual one, the port.
fn host(target: &Target) -> String {
    if target.port() == target.scheme().default_port() {
        target.host().to_string()
    } else {
        format!("{}:{}", target.host(), target.port())
    }
}

fn text(text: &str) -> Result<HeaderValue, WebError> {
    HeaderValue::from_str(text).map_err(|error| WebError::Broken(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::super::WebRequest;
    use super::*;
    use crate::inject::fill;
    use crate::vault::Vault;
    use boxagnts_capability::{Effect, Methods};

    fn request(method: &str, url: &str, fields: &[(&'static str, &'static str)], body: &'static str) -> WebRequest {
        let pairs = fields.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        WebRequest {
            method: method.parse().expect("a method"),
            target: url.parse().expect("an address"),
            fields: pairs.collect(),
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn sendable(request: WebRequest, limits: &WebLimits) -> Result<Request<Full<Bytes>>, WebError> {
        let filled = fill(&Vault::default(), &request)?;
        prepared(request.method, &request.target, filled, limits)
    }

    fn methods(request: &WebRequest) -> Methods {
        match request.effect() {
            Effect::Network { methods, .. } => methods,
            other => panic!("{other} is no request"),
        }
    }

    #[test]
    fn b08_what_would_turn_the_connection_into_something_else_is_not_sent() {
        let limits = WebLimits::default();
        for method in ["CONNECT", "TRACE"] {
            let refused = sendable(request(method, "http://a.example/", &[], ""), &limits);
            assert_eq!(refused.err(), Some(WebError::Method(method.to_owned())));
        }
        for name in OF_THE_CONNECTION {
            let refused = sendable(request("GET", "http://a.example/", &[(name, "x")], ""), &limits);
            assert_eq!(refused.err(), Some(WebError::Field(name.to_owned())));
        }
        assert!(sendable(request("GET", "http://a.example/", &[("accept", "text/html")], ""), &limits).is_ok());
    }

    /// What is judged is one `Target`; what leaves is a request line and a `Host` field, which a server reads with a parser
    /// of its own.
    #[test]
    fn s04_the_request_line_and_the_host_field_say_what_was_judged() {
        let hosts =
            ["a.example", "A.Example.", "xn--bcher-kva.example", "9.9.9.9", "[2606:4700::1111]", "[::ffff:9.9.9.9]"];
        let paths =
            ["", "/", "//b.example/x", "/a@b.example", "/a:1/b", "/%2f%2Fb", "/é?u=http://b.example/", "?x#@b.example"];
        for (scheme, usual) in [("http", 80), ("https", 443)] {
            for (host, port) in hosts.into_iter().flat_map(|host| ["", ":80", ":443", ":8443"].map(|port| (host, port)))
            {
                for path in paths {
                    let url = format!("{scheme}://{host}{port}{path}");
                    let wanted = request("GET", &url, &[], "");
                    let sent = sendable(wanted.clone(), &WebLimits::default()).expect("it can be sent");
                    let field = sent.headers()[header::HOST].to_str().expect("text");
                    let authority: http::uri::Authority = field.parse().expect("a host, and perhaps a port");
                    let target = &wanted.target;
                    assert_eq!(authority.host(), target.host().to_string(), "{url}");
                    assert_eq!(authority.port_u16().unwrap_or(usual), target.port(), "{url}");
                    assert!(sent.uri().authority().is_none() && sent.uri().scheme().is_none(), "{url}");
                    assert_eq!((sent.uri().path(), sent.uri().query()), (target.path(), target.query()), "{url}");
                }
            }
        }
    }

    #[test]
    fn only_a_get_without_a_body_is_a_get() {
        let url = "http://a.example/";
        assert_eq!(methods(&request("GET", url, &[], "")), Methods::Get);
        assert_eq!(methods(&request("GET", url, &[], "x")), Methods::Any);
        assert_eq!(methods(&request("get", url, &[], "")), Methods::Any);
        assert_eq!(methods(&request("GET", url, &[("x-http-method-override", "DELETE")], "")), Methods::Any);
    }

    #[test]
    fn the_length_and_the_host_are_ours() {
        let sent = request("POST", "https://A.example:8443/x?y", &[("content-length", "500")], "ab");
        let sent = sendable(sent, &WebLimits::default()).expect("it can be sent");
        assert_eq!(sent.uri(), "/x?y");
        assert_eq!(sent.headers()[header::HOST], "a.example:8443");
        assert!(!sent.headers().contains_key(header::CONTENT_LENGTH));
    }
}
