//! Where a request may go.

use crate::bench::{Answer, Scripted, Server, get, permit, permit_for, whole};
use boxagnts_egress::{Web, WebError, WebLimits};
use boxagnts_testkit::drill;
use std::sync::Arc;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHi";

async fn tried(web: &Web, grants: &[&str], url: &str) -> Result<Vec<u8>, WebError> {
    whole(web.send(&permit(grants), &WebLimits::default(), get(url)).await?).await
}

#[tokio::test]
async fn b01_a_private_address_is_reached_by_a_grant_that_names_it_and_by_no_other() {
    let server = Server::here(Answer::whole(OK)).await;
    let (web, url, port) = (Web::new(), server.url("/"), server.address.port());
    for grants in [&[][..], &["network:*"], &["network:http://*"], &["network:http://127.0.0.1:1"]] {
        let refused = tried(&web, grants, &url).await;
        assert!(matches!(refused, Err(WebError::Refused(_))), "{grants:?} {refused:?}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
    assert_eq!(tried(&web, &[&format!("network:{url}")], &url).await.unwrap(), b"Hi");
    // The name of this machine is never looked up, and is a host of its own.
    let by_name = format!("http://localhost:{port}/");
    assert!(matches!(tried(&web, &[&format!("network:{url}")], &by_name).await, Err(WebError::Refused(_))));
    assert_eq!(tried(&web, &[&format!("network:{by_name}")], &by_name).await.unwrap(), b"Hi");
}

#[tokio::test]
async fn b01_b02_a_name_never_leads_to_a_private_address_whatever_was_granted() {
    let server = Server::here(Answer::whole(OK)).await;
    let url = format!("http://good.test:{}/", server.address.port());
    for address in [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",
        "10.0.0.1",
    ] {
        let web = Web::new().with_resolver(Arc::new(Scripted::new(&[&[address]])));
        let refused = tried(&web, &["network:*", &format!("network:{url}")], &url).await;
        assert!(matches!(refused, Err(WebError::Private { .. })), "{address}: {refused:?}");
    }
    assert_eq!(server.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn a_request_that_is_not_granted_asks_no_resolver() {
    let resolver = Scripted::new(&[]);
    let web = Web::new().with_resolver(Arc::new(resolver.clone()));
    let refused = tried(&web, &["network:https://good.test"], "http://127.0.0.1:9/").await;
    assert!(matches!(refused, Err(WebError::Refused(_))), "{refused:?}");
    let book = permit(&[]);
    let mut post = get("https://good.test/");
    post.target = "http://localhost/".parse().unwrap();
    assert!(web.send(&book, &WebLimits::default(), post).await.is_err());
    assert_eq!(resolver.count(), 0);
}

#[tokio::test]
async fn b03_a_name_is_looked_up_once_and_the_connection_goes_where_it_was_judged() {
    if !drill::inside("addresses::b03_a_name_is_looked_up_once_and_the_connection_goes_where_it_was_judged") {
        return;
    }
    let public = Server::start("93.184.216.34:0", Answer::whole(OK)).await;
    let port = public.address.port();
    let private = Server::start(&format!("127.0.0.1:{port}"), Answer::whole(OK)).await;
    let resolver = Scripted::new(&[&["93.184.216.34"], &["127.0.0.1"], &["127.0.0.1", "93.184.216.34"]]);
    let web = Web::new().with_resolver(Arc::new(resolver.clone()));
    let url = format!("http://good.test:{port}/");
    // The first answer is public: it is used, and nobody asks again between the check and the connection.
    assert_eq!(tried(&web, &["network:*"], &url).await.unwrap(), b"Hi");
    assert_eq!((resolver.count(), public.heard().len()), (1, 1));
    // The name turns: the next request is judged by the next answer.
    let turned = tried(&web, &["network:*"], &url).await;
    assert!(matches!(turned, Err(WebError::Private { .. })), "{turned:?}");
    // Of a mixed answer only the public part is connected to.
    assert_eq!(tried(&web, &["network:*"], &url).await.unwrap(), b"Hi");
    assert_eq!((resolver.count(), public.heard().len(), private.heard().len()), (3, 2, 0));
}

#[tokio::test]
async fn a_public_address_that_is_this_machines_own_is_not_reached() {
    if !drill::inside("addresses::a_public_address_that_is_this_machines_own_is_not_reached") {
        return;
    }
    let own = Server::start(&format!("{}:0", drill::OWN), Answer::whole(OK)).await;
    let port = own.address.port();
    let by_address = tried(&Web::new(), &["network:*"], &own.url("/")).await;
    assert!(matches!(by_address, Err(WebError::Own(_))), "{by_address:?}");
    let web = Web::new().with_resolver(Arc::new(Scripted::new(&[&[drill::OWN]])));
    let by_name = tried(&web, &["network:*"], &format!("http://good.test:{port}/")).await;
    assert!(matches!(by_name, Err(WebError::Private { .. })), "{by_name:?}");
    assert_eq!(own.heard(), Vec::<String>::new());
    // Its neighbour, which no interface has, is reached.
    let other = Server::start("93.184.216.34:0", Answer::whole(OK)).await;
    assert_eq!(tried(&Web::new(), &["network:*"], &other.url("/")).await.unwrap(), b"Hi");
}

#[tokio::test]
async fn b04_a_redirect_of_a_tools_request_is_returned_and_not_followed() {
    let secret = Server::here(Answer::whole(OK)).await;
    for (status, place) in [("302 Found", secret.url("/")), ("307 Temporary Redirect", "file:///etc/passwd".to_owned())]
    {
        let answer = format!("HTTP/1.1 {status}\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n");
        let server = Server::here(Answer::whole(answer)).await;
        let answer = Web::new().send(&permit_for(&server), &WebLimits::default(), get(&server.url("/"))).await.unwrap();
        assert!(answer.status.is_redirection());
        assert_eq!(answer.fields["location"], place.as_str());
        assert_eq!(server.heard().len(), 1);
    }
    assert_eq!(secret.heard(), Vec::<String>::new());
}

#[tokio::test]
async fn b05_b06_one_host_in_many_spellings_is_one_host_and_a_strange_one_is_none() {
    let server = Server::here(Answer::whole(OK)).await;
    let port = server.address.port();
    let grant = format!("network:http://localhost:{port}");
    for host in ["LOCALHOST", "localhost."] {
        assert_eq!(tried(&Web::new(), &[&grant], &format!("http://{host}:{port}/")).await.unwrap(), b"Hi");
    }
    assert!(server.heard().iter().all(|head| head.contains(&format!("host: localhost:{port}\r\n"))));
    for host in ["a\0.test", "%6cocalhost", "localhost\u{3002}", "l\u{43e}calhost", "127.1", "2130706433"] {
        assert!(format!("http://{host}:{port}/").parse::<boxagnts_capability::Target>().is_err(), "{host:?}");
    }
}
