//! The files of the dashboard: only those, and only as they are.

use boxagnts_tests::{House, Server};

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
