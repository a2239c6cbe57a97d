use super::*;

fn target(text: &str) -> String {
    text.parse::<Target>().map_or_else(|error| error.to_string(), |target| target.to_string())
}

/// Upper case and a dot at the end change nothing.
#[test]
fn one_address_has_one_form() {
    for (text, canonical) in [
        ("https://API.Example.COM.:443", "https://api.example.com/"),
        ("http://example.com:8080/a?b=c#d", "http://example.com:8080/a?b=c"),
        ("HTTPS://example.com/%7euser/%2f%e6", "https://example.com/~user/%2F%E6"),
        ("https://ja.example.org/wiki/日本 x", "https://ja.example.org/wiki/%E6%97%A5%E6%9C%AC%20x"),
        ("http://[::FFFF:7f00:1]/", "http://127.0.0.1/"),
        ("http://[2606:4700:0::1111]:80", "http://[2606:4700::1111]/"),
        ("https://example.com?x", "https://example.com/?x"),
    ] {
        assert_eq!(target(text), canonical, "{text}");
        assert_eq!(target(canonical), canonical);
    }
}

/// User names, percent signs, other scripts, numbers that resolvers take for addresses.
#[test]
fn what_two_parsers_could_read_differently_is_no_address() {
    for text in [
        "example.com",
        "//example.com",
        "file:///etc/passwd",
        "https://",
        "https://user@example.com",
        "https://a@b@c/",
        "https://exa mple.com",
        "https://exa%6dple.com",
        "https://еxample.com",
        "https://example。com",
        "https://a_b.com",
        "https://-a.com",
        "https://a..b",
        "https://.a",
        "http://2130706433",
        "http://0x7f.1",
        "http://0177.0.0.1",
        "http://127.1",
        "http://1.2.3.4.5",
        "http://[::1",
        "http://[fe80::1%1]/",
        "http://::1/",
        "https://a.com:",
        "https://a.com:0",
        "https://a.com:+80",
        "https://a.com:65536",
        "https://a.com:80:80",
        "https://a.com/a/../b",
        "https://a.com/%2e%2e/b",
        "https://a.com/a/%252e%252e/b",
        "https://a.com/..;/b",
        "https://a.com/a%2f..%2fb",
        "https://a.com\\@b.com/",
        "https://a.com/a\\b",
        "https://a.com/a\nb",
        "https://a.com/%zz",
        "https://a.com/%0",
        "https://a\0.com",
        "https://*.a.com/",
    ] {
        assert!(text.parse::<Target>().is_err(), "{text}");
    }
}

/// By themselves, so that nothing else is wrong with them.
#[test]
fn a_users_name_stands_before_no_host() {
    for text in ["https://user@example.com", "https://a@b@c/"] {
        assert!(text.parse::<Target>().is_err() && NetworkPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_backslash_ends_no_host() {
    for text in ["https://a.com\\@b.com/", "https://a.com\\b"] {
        assert!(text.parse::<Target>().is_err() && NetworkPattern::parse(text).is_err(), "{text}");
    }
}

#[test]
fn an_error_names_the_nearest_right_form() {
    assert_eq!(
        target("docs.example.com/x"),
        "\"docs.example.com/x\" is no address: it begins with no scheme; write https://docs.example.com/x"
    );
}

#[test]
fn a_wildcard_names_the_names_below() {
    let pattern: HostPattern = "*.Example.com".parse().unwrap();
    let matches = |text: &str| pattern.matches(&text.parse().unwrap());
    assert!(matches("a.example.com") && matches("a.b.example.com."));
    assert!(!matches("example.com") && !matches("badexample.com") && !matches("a.example.com.evil.org"));
    for text in ["*example.com", "a.*.com", "*.", "**", "*.1.2.3.4", "*.*"] {
        assert!(text.parse::<HostPattern>().is_err(), "{text}");
    }
}
