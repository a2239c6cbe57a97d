//! Secrets on their way out, and not on any other way.

use crate::bench::{Answer, Scripted, Server, get, permit, whole};
use boxagnts_capability::Permit;
use boxagnts_egress::{Binding, Blocked, Vault, Web, WebError, WebLimits, WebRequest};
use boxagnts_testkit::drill;
use boxagnts_types::Secret;
use http::{HeaderValue, Method};
use std::sync::Arc;

const VALUE: &str = "tok_4/\"+Zq&x=9 \\8";

/// The value as it stands in a URL.
const ENCODED: &str = "tok_4%2F%22%2BZq%26x%3D9%20%5C8";

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHi";

fn web(place: &str, methods: &[&str], value: &str) -> Web {
    let methods: Vec<String> = methods.iter().map(|&method| method.to_owned()).collect();
    let kept = ("TOKEN".parse().unwrap(), Secret::new(value), Binding::parse(place, &methods).unwrap());
    Web::new().with_vault(Arc::new(Vault::new([kept], &[])))
}

fn here(server: &Server) -> Web {
    web(&server.address.to_string(), &[], VALUE)
}

/// The permit for requests to a server, with the secrets of these names towards it.
fn permit_with(server: &Server, secrets: &[&str]) -> Permit {
    let grants: Vec<String> = std::iter::once(format!("network:http://{}", server.address))
        .chain(secrets.iter().map(|name| format!("secret:{name}@{}", server.address.ip())))
        .collect();
    permit(&grants.iter().map(String::as_str).collect::<Vec<_>>())
}

fn bearer(server: &Server) -> WebRequest {
    let mut request = get(&server.url("/"));
    request.fields.insert("authorization", HeaderValue::from_static("Bearer {{secret:TOKEN}}"));
    request
}

async fn send(web: &Web, permit: &Permit, request: WebRequest) -> Result<Vec<u8>, WebError> {
    whole(web.send(permit, &WebLimits::default(), request).await?).await
}

#[tokio::test]
async fn a_placeholder_becomes_the_value_in_each_place_and_the_value_stays_inside_it() {
    let server = Server::here(Answer::whole(OK)).await;
    let (web, permit) = (here(&server), permit_with(&server, &["TOKEN"]));
    send(&web, &permit, bearer(&server)).await.unwrap();
    send(&web, &permit, get(&server.url("/bot{{secret:TOKEN}}/x?key={{secret:TOKEN}}&a=b"))).await.unwrap();
    for (media_type, body) in [
        ("application/json; charset=utf-8", r#"{"key":"{{secret:TOKEN}}"}"#),
        ("application/x-www-form-urlencoded", "key=%7B%7Bsecret%3ATOKEN%7D%7D&a=b"),
        ("text/plain", "key {{secret:TOKEN}}"),
    ] {
        let mut post = get(&server.url("/"));
        (post.method, post.body) = (Method::POST, body.into());
        post.fields.insert("content-type", HeaderValue::from_static(media_type));
        send(&web, &permit, post).await.unwrap();
    }
    let heard = server.heard();
    assert!(heard[0].contains(&format!("authorization: Bearer {VALUE}\r\n")), "{heard:?}");
    assert!(heard[1].starts_with(&format!("GET /bot{ENCODED}/x?key={ENCODED}&a=b HTTP/1.1\r\n")), "{heard:?}");
    assert!(heard[2].ends_with(r#"{"key":"tok_4/\"+Zq&x=9 \\8"}"#), "{heard:?}");
    assert!(heard[3].ends_with(&format!("key={ENCODED}&a=b")), "{heard:?}");
    assert!(heard[4].ends_with(&format!("key {VALUE}")), "{heard:?}");
}

#[tokio::test]
async fn d05_without_the_grant_a_secret_that_is_there_looks_like_one_that_is_not() {
    let server = Server::here(Answer::whole(OK)).await;
    let permit = permit_with(&server, &["OTHER"]);
    let mut told = Vec::new();
    for web in [here(&server), Web::new()] {
        told.push(send(&web, &permit, bearer(&server)).await.unwrap_err());
    }
    assert!(matches!(&told[0], WebError::Refused(refusal) if refusal.to_string().contains("secret:TOKEN@127.0.0.1")));
    assert_eq!(told[0], told[1]);
    assert_eq!(server.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_secret_is_sent_to_its_own_host_port_and_method_and_nothing_is_sent_elsewhere() {
    let (server, other) = (Server::here(Answer::whole(OK)).await, Server::here(Answer::whole(OK)).await);
    let only_post = web(&server.address.to_string(), &["POST"], VALUE);
    let refusals = [
        // Another port, and another host, whatever was granted.
        send(&here(&server), &permit_with(&other, &["TOKEN"]), bearer(&other)).await,
        send(&web("api.example.com", &[], VALUE), &permit_with(&server, &["TOKEN"]), bearer(&server)).await,
        send(&only_post, &permit_with(&server, &["TOKEN"]), bearer(&server)).await,
        // In the clear to a name, although it leads to this machine.
        send(
            &web(&format!("localhost:{}", server.address.port()), &[], VALUE),
            &permit(&[&format!("network:http://localhost:{}", server.address.port()), "secret:TOKEN@localhost"]),
            WebRequest {
                target: format!("http://localhost:{}/", server.address.port()).parse().unwrap(),
                ..bearer(&server)
            },
        )
        .await,
        // None of that name: the same words.
        send(&Web::new(), &permit_with(&server, &["TOKEN"]), bearer(&server)).await,
    ];
    for refused in refusals {
        assert!(matches!(&refused, Err(WebError::NoSecret { name, .. }) if name == "TOKEN"), "{refused:?}");
    }
    assert_eq!((server.heard().len(), other.heard().len()), (0, 0), "not even as text");
    let mut post = bearer(&server);
    post.method = Method::POST;
    assert_eq!(send(&only_post, &permit_with(&server, &["TOKEN"]), post).await.unwrap(), b"Hi");
}

#[tokio::test]
async fn a_value_that_would_begin_another_header_is_not_sent() {
    let server = Server::here(Answer::whole(OK)).await;
    let permit = permit_with(&server, &["TOKEN"]);
    for value in ["12345678\r\nx-evil: 1", "12345678\n", "1234\u{0}5678", "short"] {
        let refused = send(&web(&server.address.to_string(), &[], value), &permit, bearer(&server)).await;
        assert!(matches!(&refused, Err(WebError::BadSecret { .. })), "{value:?}: {refused:?}");
        assert!(!format!("{refused:?}").contains("1234"), "the value is not told");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn d02_a_server_that_repeats_a_secret_does_not_tell_it_to_the_tool() {
    let body: String = VALUE.chars().rev().collect();
    let head = format!("HTTP/1.1 200 OK\r\nx-you-said: Bearer {VALUE}\r\nlocation: /?k={ENCODED}\r\ncontent-length: ");
    let length = 3 + VALUE.len() + body.len();
    // The value is split over two pieces of the body.
    let pieces = [
        format!("{head}{length}\r\n\r\nA {}", &VALUE[..7]).into_bytes(),
        format!("{} {body}", &VALUE[7..]).into_bytes(),
    ];
    let server = Server::here(Answer { pieces: pieces.to_vec(), ..Answer::default() }).await;
    let permit = permit_with(&server, &["TOKEN"]);
    let answer = here(&server).send(&permit, &WebLimits::default(), bearer(&server)).await.unwrap();
    let stars = "*".repeat(VALUE.len());
    assert_eq!(answer.fields["x-you-said"], format!("Bearer {stars}"));
    assert_eq!(answer.fields["location"], format!("/?k={}", "*".repeat(ENCODED.len())));
    let told = String::from_utf8(whole(answer).await.unwrap()).unwrap();
    assert_eq!(told, format!("A {stars} {stars}"));
    assert_eq!(told.len(), length, "as long as the server said");
    // The control: without the scrubber it would.
    let answer = Web::new().send(&permit, &WebLimits::default(), get(&server.url("/"))).await.unwrap();
    assert!(answer.fields["x-you-said"].to_str().unwrap().contains(VALUE));
    assert!(String::from_utf8(whole(answer).await.unwrap()).unwrap().contains(VALUE));
}

#[tokio::test]
async fn b11_a_known_value_leaves_in_no_form_and_to_no_host() {
    let (server, value) = (Server::here(Answer::whole(OK)).await, "ghp_0123456789abcdef");
    let (web, permit) = (web(&server.address.to_string(), &[], value), permit_with(&server, &["TOKEN"]));
    let hex = value.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
    let reversed: String = value.chars().rev().collect();
    // The value, its base64 behind `user:`, and one of its letters as a percent sign.
    let forms = [value, "dXNlcjpnaHBfMDEyMzQ1Njc4OWFiY2RlZg==", &hex, &reversed, "ghp_012345678%39abcdef"];
    for form in forms {
        let mut field = get(&server.url("/"));
        field.fields.insert("x-a", form.parse().unwrap());
        let mut body = get(&server.url("/"));
        (body.method, body.body) = (Method::POST, format!("a={form}").into());
        for request in [get(&server.url(&format!("/{form}"))), get(&server.url(&format!("/?d={form}"))), field, body] {
            let refused = send(&web, &permit, request).await;
            assert!(matches!(refused, Err(WebError::SecretInTheOpen(_))), "{form}: {refused:?}");
        }
    }
    // As the name of a host, which a resolver would hear.
    let resolver = Scripted::new(&[]);
    let kept = ("TOKEN".parse().unwrap(), Secret::new("key-0123456789"), Binding::parse("a.com", &[]).unwrap());
    let web = Web::new().with_vault(Arc::new(Vault::new([kept], &[]))).with_resolver(Arc::new(resolver.clone()));
    for host in ["key-0123456789.evil.test", "KEY-01234.56789.evil.test"] {
        let refused = send(&web, &crate::bench::permit(&["network:*"]), get(&format!("https://{host}/"))).await;
        assert!(matches!(refused, Err(WebError::SecretInTheOpen(_))), "{host}: {refused:?}");
    }
    assert_eq!((server.heard().len(), resolver.count()), (0, 0));
    // The control: without a vault each of them leaves.
    for form in forms {
        send(&Web::new(), &permit, get(&server.url(&format!("/{form}")))).await.unwrap();
    }
    assert_eq!(server.heard().len(), forms.len());
}

#[tokio::test]
async fn b11_an_address_longer_than_eight_kibibytes_is_not_sent() {
    let server = Server::here(Answer::whole(OK)).await;
    let (permit, value) = (permit_with(&server, &["TOKEN"]), "v".repeat(200));
    let web = web(&server.address.to_string(), &[], &value);
    // With the value in its place it is longer than it was when it was read.
    let url = |length: usize| server.url(&format!("/{{{{secret:TOKEN}}}}/{}", "a".repeat(length)));
    let at_bound = 8192 - value.len() - 2;
    let refused = send(&web, &permit, get(&url(at_bound + 1))).await;
    assert_eq!(refused, Err(WebError::UrlOut { most: 8192 }));
    assert_eq!(server.heard(), Vec::<String>::new());
    assert_eq!(send(&web, &permit, get(&url(at_bound))).await.unwrap(), b"Hi");
}

#[tokio::test]
async fn a_blocked_network_is_reached_by_no_grant_and_by_no_name() {
    if !drill::inside("secrets::a_blocked_network_is_reached_by_no_grant_and_by_no_name") {
        return;
    }
    let (blocked, open) = ("93.184.216.34", "93.184.216.200");
    let server = Server::start(&format!("{blocked}:0"), Answer::whole(OK)).await;
    let port = server.address.port();
    let twin = Server::start(&format!("{open}:{port}"), Answer::whole(OK)).await;
    let near = Server::here(Answer::whole(OK)).await;
    let networks = [(blocked.parse().unwrap(), 25), ("127.0.0.0".parse().unwrap(), 8)];
    let web = |names: &[&[&str]]| {
        Web::new().with_blocked(Blocked::new(networks)).with_resolver(Arc::new(Scripted::new(names)))
    };
    let by_name = format!("http://good.test:{port}/");
    for (url, names) in [
        (server.url("/"), &[][..]),
        (format!("http://[::ffff:{blocked}]:{port}/"), &[]),
        (by_name.clone(), &[&[blocked][..]]),
        (near.url("/"), &[]),
        (format!("http://localhost:{}/", near.address.port()), &[]),
    ] {
        let permit = permit(&["network:*", &format!("network:{url}")]);
        let refused = send(&web(names), &permit, get(&url)).await;
        // Of `localhost` the other family is left, where nobody listens.
        let is_refused = matches!(refused, Err(WebError::Blocked { .. } | WebError::Connect { .. }));
        assert!(is_refused, "{url}: {refused:?}");
    }
    assert_eq!((server.heard().len(), near.heard().len()), (0, 0));
    // Of several addresses the open one is used; and without the setting, the other.
    let permit = permit(&["network:*"]);
    assert_eq!(send(&web(&[&[blocked, open]]), &permit, get(&by_name)).await.unwrap(), b"Hi");
    assert_eq!((server.heard().len(), twin.heard().len()), (0, 1));
    assert_eq!(send(&Web::new(), &permit, get(&server.url("/"))).await.unwrap(), b"Hi");
}
