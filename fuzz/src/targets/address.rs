//! Addresses of requests: what the checker understands, against every parser that could stand between it and the wire.
//!
//! The checker's `Target` is what is connected to. `http::Uri` is what the connector writes the request line with,
//! `url::Url` what browsers, servers and most programs make of the text that a person reads.

use super::{decided, rule, text};
use crate::{Broken, Target, holds};
use boxagnts_capability::{Capability, Decision, Effect, Host, Methods, Rulebook, Target as Address, Verdict};
use boxagnts_egress::{Resolver, Web, WebError, WebLimits, WebRequest};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Uri};
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use url::Url;

pub(super) const TARGET: Target = Target {
    name: "address",
    reads: "addresses of requests, as the law, the connector and browsers understand them",
    check,
    words: &[
        "https://",
        "http://",
        "HTTPS://",
        "//",
        "/",
        "\\",
        "@",
        ":",
        "?",
        "#",
        "example.com",
        "EXAMPLE.com.",
        "a.b-c.d",
        "xn--nxasmq6b",
        "xn--",
        "localhost",
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[fe80::1%1]",
        "[2606:4700::1111]",
        ":80",
        ":443",
        ":8080",
        ":0",
        ":65536",
        ":+80",
        ":080",
        "%2e",
        "%2E%2e",
        "%2f",
        "%5c",
        "%25",
        "%zz",
        "%41",
        "%00",
        "%0d%0a",
        "..",
        "/../",
        "/./",
        "//x",
        "..;",
        ";",
        "a=b",
        "&",
        "'",
        "\"",
        "<",
        ">",
        "`",
        "{",
        "}",
        "|",
        "^",
        " ",
        "\t",
        "\n",
        "\r",
        "\0",
        "é",
        "。",
        "．",
        "ß",
        "İ",
        "\u{ad}",
        "\u{202e}",
        "user@",
        "user:word@",
        "*",
        "_",
        "-a",
        "a-",
    ],
    quick: 200_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let Ok(target) = text.parse::<Address>() else { return Ok(false) };
    let shown = target.to_string();
    holds!(shown.parse::<Address>().as_ref() == Ok(&target), "{text:?} prints as {shown:?}, which is another address");
    holds!(shown.is_ascii() && !shown.contains(char::is_whitespace), "{shown:?} is not plain");
    agrees_with_browsers(&target, &text)?;
    agrees_with_browsers(&target, &shown)?;
    let path = target.path().to_owned();
    let path_and_query = target.query().map_or(path.clone(), |query| format!("{path}?{query}"));
    agrees_with_the_request_line(&target, &shown, &path_and_query)?;
    // A look-up costs more than all of the above, and one in a few is enough.
    if text.len().is_multiple_of(4) {
        connects(&target)?;
    }
    Ok(true)
}

fn agrees_with_browsers(target: &Address, text: &str) -> Result<(), Broken> {
    let url = match Url::parse(text) {
        Ok(url) => url,
        // Names in punycode are decoded there, and one that decodes to nothing is refused; no resolver decodes it.
        Err(_) if text.to_ascii_lowercase().contains("xn--") => return Ok(()),
        Err(error) => return Err(format!("{text:?} is {target} here, and nothing elsewhere: {error}")),
    };
    holds!(url.scheme() == target.scheme().as_str(), "the scheme of {text:?} is {} elsewhere", url.scheme());
    holds!(url.username().is_empty() && url.password().is_none(), "{text:?} has a user elsewhere");
    let host = url.host().map(|host| host.to_owned());
    let same_host = match (&host, target.host()) {
        (Some(url::Host::Domain(name)), Host::Name(ours)) => name.strip_suffix('.').unwrap_or(name) == ours,
        (Some(url::Host::Ipv4(address)), Host::V4(ours)) => address == ours,
        (Some(url::Host::Ipv6(address)), ours) => match (IpAddr::V6(*address).to_canonical(), ours) {
            (IpAddr::V4(address), Host::V4(ours)) => address == *ours,
            (IpAddr::V6(address), Host::V6(ours)) => address == *ours,
            _ => false,
        },
        _ => false,
    };
    holds!(same_host, "the host of {text:?} is {} here and {host:?} elsewhere", target.host());
    let port = url.port_or_known_default();
    holds!(port == Some(target.port()), "the port of {text:?} is {} here and {port:?} elsewhere", target.port());
    // Browsers take white space off the end of what is typed; the text that is shown has none.
    if text == target.to_string() {
        holds!(
            url.path() == target.path(),
            "the path of {text:?} is {:?} here and {:?} elsewhere",
            target.path(),
            url.path()
        );
        let query = target.query().map(|query| query.replace('\'', "%27"));
        holds!(
            url.query() == query.as_deref(),
            "the query of {text:?} is {query:?} here and {:?} elsewhere",
            url.query()
        );
    }
    Ok(())
}

fn agrees_with_the_request_line(target: &Address, shown: &str, path_and_query: &str) -> Result<(), Broken> {
    let whole: Uri = shown.parse().map_err(|error| format!("{shown:?} cannot be sent: {error}"))?;
    holds!(whole.scheme_str() == Some(target.scheme().as_str()), "{shown:?} is sent as {:?}", whole.scheme());
    holds!(whole.host() == Some(&target.host().to_string()), "{shown:?} is sent to {:?}", whole.host());
    let port = whole.port_u16().unwrap_or(target.scheme().default_port());
    holds!(port == target.port(), "{shown:?} is sent to port {port}");
    let line: Uri = path_and_query.parse().map_err(|error| format!("{path_and_query:?} cannot be sent: {error}"))?;
    holds!(line.authority().is_none(), "the request line {path_and_query:?} names the host {:?}", line.authority());
    for uri in [whole, line] {
        holds!(uri.path() == target.path(), "the path of {shown:?} is sent as {:?}", uri.path());
        holds!(uri.query() == target.query(), "the query of {shown:?} is sent as {:?}", uri.query());
    }
    Ok(())
}

/// Knows nothing, and remembers what it was asked.
#[derive(Default)]
struct Nowhere(Mutex<Vec<String>>);

impl Resolver for Nowhere {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// Sends a request through the connector itself, as far as the look-up: it asks for the host that was judged, and no
/// permit for one host sends to another.
fn connects(target: &Address) -> Result<(), Broken> {
    let Host::Name(name) = target.host() else { return Ok(()) };
    // The first two are never looked up, and the last is what the permit is tried with.
    if name == "localhost" || name.ends_with(".localhost") || name == "elsewhere.invalid" {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let runtime = runtime.map_err(|error| format!("no runtime: {error}"))?;
    let nowhere = Arc::new(Nowhere::default());
    let web = Web::new().with_resolver(Arc::clone(&nowhere) as Arc<dyn Resolver>);
    let request =
        WebRequest { method: Method::GET, target: target.clone(), fields: HeaderMap::new(), body: Bytes::new() };
    let effect = Effect::Network { methods: Methods::Get, target: target.clone() };
    let book = Rulebook::empty().with(rule(Verdict::Allow, Capability::exactly(&effect)));
    let (Decision::Allow { permit, .. }, _) = decided(book, &request.effect()) else {
        return Err(format!("a grant of {target} does not allow it"));
    };
    let sent = runtime.block_on(web.send(&permit, &WebLimits::default(), request.clone()));
    let asked = std::mem::take(&mut *nowhere.0.lock().unwrap_or_else(PoisonError::into_inner));
    match sent {
        Err(WebError::NoAddress { .. }) => holds!(asked == [name.as_str()], "{target} asks for {asked:?}"),
        Err(WebError::UrlOut { .. }) => holds!(asked.is_empty(), "{target} is refused and asks for {asked:?}"),
        other => return Err(format!("{target} ends in {:?}", other.err())),
    }
    let elsewhere: Address = "https://elsewhere.invalid/".parse().map_err(|error| format!("{error}"))?;
    let sent = runtime.block_on(web.send(&permit, &WebLimits::default(), WebRequest { target: elsewhere, ..request }));
    holds!(matches!(sent, Err(WebError::Refused(_))), "a permit for {target} sends elsewhere");
    Ok(())
}
