//! The files of the dashboard: only those, and only as they are, and nothing in them that a strict policy would have to allow.

use boxagnts_tests::{House, Server, server::Reply};

/// H07: a path leads nowhere but to a file of the list.
#[test]
fn h07_no_path_leads_out_of_the_dashboard() {
    let house = House::new();
    house.write("canary.txt", "canary-of-the-workspace");
    let server = Server::start(&house);
    for path in [
        "/../../etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/%252e%252e/etc/passwd",
        "/..;/etc/passwd",
        "/\\..\\..\\etc\\passwd",
        "/assets/../index.html",
        "/assets/..%2fCargo.toml",
        "//etc/passwd",
        "/assets//etc/passwd",
        "/canary.txt",
        "/assets/%00.js",
        "/.git/config",
        "/assets/",
        "/assets",
    ] {
        let reply = server.send("GET", path, &[], None);
        assert!([400, 404].contains(&reply.status), "{path}: {reply:?}");
        assert!(!reply.body.contains("root:") && !reply.body.contains("canary"), "{path}: {reply:?}");
    }
    let _ = server.send("POST", "/", &[("origin", &server.origin())], None).expect(405);
}

/// H13: there is no `next` that a login would follow, and no header that a path could write into.
#[test]
fn h13_nothing_is_redirected_anywhere() {
    let house = House::new();
    let server = Server::start(&house);
    for path in [
        "/?next=//evil.example",
        "/login?next=https://evil.example",
        "/%0d%0aset-cookie:x=y",
        "/chat/%0d%0alocation:%20//evil",
    ] {
        let reply = server.send("GET", path, &[], None);
        assert!(!(300..400).contains(&reply.status), "{path}: {reply:?}");
        assert!(reply.header("location").is_none() && reply.header("set-cookie").is_none(), "{path}: {reply:?}");
    }
}

/// H06: what stands in a text can do nothing, because the page needs no script that is not a file of the server, and is
/// allowed none. What becomes of hostile texts in a browser is tested with one, among the peers.
#[test]
fn h06_the_page_has_no_script_in_its_text_and_its_policy_allows_none() {
    let house = House::new();
    let server = Server::start(&house);
    let reply = server.send("GET", "/", &[], None).expect(200);
    assert_eq!(reply.header("content-type").map(|kind| kind.starts_with("text/html")), Some(true), "{reply:?}");
    let page = reply.body.to_lowercase();
    let scripts: Vec<&str> = page.split("<script").skip(1).collect();
    assert!(!scripts.is_empty(), "the program was built without the dashboard: {page}");
    for script in scripts {
        let (tag, rest) = script.split_once('>').expect("a tag has an end");
        assert!(tag.contains(" src=\"/assets/") && rest.starts_with("</script>"), "{script}");
    }
    for inline in ["<style", "<base", "http-equiv", "javascript:", "srcdoc", " style=", "//"] {
        // The name of SVG's namespace is no address.
        assert!(!page.replace("http://www.w3.org", "").contains(inline), "{inline} in {page}");
    }
    let attributes = page.split(['<', ' ', '\n']).filter(|part| part.starts_with("on") && part.contains('='));
    assert_eq!(attributes.collect::<Vec<_>>(), Vec::<&str>::new());
    strict(&reply);
    let file = reply.body.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    strict(&server.send("GET", file, &[], None).expect(200));
    strict(&server.send("GET", "/api/v1/status", &[], None).expect(401));
}

/// The policy of an answer: everything is forbidden but what the server itself serves, and no text becomes a script.
fn strict(reply: &Reply) {
    let policy = reply.header("content-security-policy").expect("a policy");
    let rule = |name: &str| policy.split(';').find_map(|rule| rule.trim().strip_prefix(name)).map(str::trim);
    for (name, allowed) in [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("style-src", "'self'"),
        ("connect-src", "'self'"),
        ("base-uri", "'none'"),
        ("form-action", "'none'"),
        ("frame-ancestors", "'none'"),
        ("require-trusted-types-for", "'script'"),
    ] {
        assert_eq!(rule(name), Some(allowed), "{name} in {policy}");
    }
    for loose in ["unsafe", "*", "http", "strict-dynamic"] {
        assert!(!policy.contains(loose), "{loose} in {policy}");
    }
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
}
