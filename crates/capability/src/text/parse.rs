//! Reading capability text.

use super::escape::{self, Piece};
use super::name::NamePattern;
use super::network::NetworkPattern;
use super::path::PathPattern;
use super::program::ProgramPattern;
use super::{Capability, CapabilityError, Shape};
use crate::effect::Methods;
use std::str::FromStr;

/// A word that begins a capability, and a whole capability of that kind for an error to show.
const WORDS: [(&str, &str); 12] = [
    ("fs.read", "fs.read:/workspace/src"),
    ("fs.write", "fs.write:/workspace/out"),
    ("network", "network:https://api.example.com"),
    ("network.get", "network.get:https://docs.example.com"),
    ("env", "env:LANG"),
    ("secret", "secret:GITHUB_TOKEN@api.github.com"),
    ("agent.spawn", "agent.spawn:researcher"),
    ("exec", "exec:cargo test **"),
    ("mcp", "mcp:github/create_issue"),
    ("memory.read", "memory.read"),
    ("memory.write", "memory.write"),
    ("schedule.write", "schedule.write"),
];

/// Words that people know from elsewhere, and ours.
const ALIASES: [(&str, &str); 14] = [
    ("read", "fs.read"),
    ("write", "fs.write"),
    ("file.read", "fs.read"),
    ("file.write", "fs.write"),
    ("edit", "fs.write"),
    ("net", "network"),
    ("fetch", "network.get"),
    ("run", "exec"),
    ("bash", "exec"),
    ("agent", "agent.spawn"),
    // No capability is everything; who wants that mostly wants files to be written.
    ("*", "fs.write"),
    ("**", "fs.write"),
    ("all", "fs.write"),
    ("fs", "fs.read"),
];

impl FromStr for Capability {
    type Err = CapabilityError;

    fn from_str(text: &str) -> Result<Self, CapabilityError> {
        let (word, value) = text.split_once(':').map_or((text, None), |(word, value)| (word, Some(value)));
        let Some((kind, example)) = WORDS.into_iter().find(|(kind, _)| *kind == word) else {
            return Err(unknown(text, word, value));
        };
        let shape = match (kind, value) {
            ("memory.read", None) => Shape::MemoryRead,
            ("memory.write", None) => Shape::MemoryWrite,
            ("schedule.write", None) => Shape::ScheduleWrite,
            ("memory.read" | "memory.write" | "schedule.write", Some(_)) => {
                return Err(CapabilityError::Surplus { kind });
            }
            (_, None | Some("")) => return Err(CapabilityError::Missing { kind, example }),
            (kind, Some(value)) => read(kind, value)?,
        };
        Ok(Self(shape))
    }
}

fn read(kind: &str, value: &str) -> Result<Shape, CapabilityError> {
    Ok(match kind {
        "fs.read" => Shape::Read(PathPattern::guest(value)?),
        "fs.write" => Shape::Write(PathPattern::guest(value)?),
        "network" => Shape::Network { methods: Methods::Any, pattern: NetworkPattern::parse(value)? },
        "network.get" => Shape::Network { methods: Methods::Get, pattern: NetworkPattern::parse(value)? },
        "env" => Shape::Env(variable(value)?),
        "secret" => secret(value)?,
        "agent.spawn" => Shape::Spawn(NamePattern::read(&escape::pieces(value)?, value)?),
        "exec" => Shape::Exec(ProgramPattern::parse(value)?),
        _ => remote(value)?,
    })
}

fn variable(text: &str) -> Result<NamePattern, CapabilityError> {
    let pieces = escape::pieces(text)?;
    if let Some(sign) = pieces.iter().position(|piece| *piece == Piece::Plain('=')) {
        let name = escape::literal(&pieces[..sign]);
        let reason = format!("a capability names the variable and not its value; write \"env:{name}\"");
        return Err(CapabilityError::Pattern { text: text.to_owned(), reason });
    }
    NamePattern::read(&pieces, text)
}

fn secret(text: &str) -> Result<Shape, CapabilityError> {
    // A host holds no '@', so the last one ends the name whatever the name holds.
    let Some((name, host)) = text.rsplit_once('@') else {
        let reason = "a secret is bound to a host; write \"secret:NAME@HOST\"".to_owned();
        return Err(CapabilityError::Pattern { text: text.to_owned(), reason });
    };
    Ok(Shape::Secret { name: NamePattern::read(&escape::pieces(name)?, text)?, host: host.parse()? })
}

fn remote(text: &str) -> Result<Shape, CapabilityError> {
    let pieces = escape::pieces(text)?;
    if pieces == [Piece::Plain('*')] {
        return Ok(Shape::Mcp { server: NamePattern::Any, tool: NamePattern::Any });
    }
    let Some(slash) = pieces.iter().position(|piece| *piece == Piece::Plain('/')) else {
        let reason = format!("a tool is missing; write \"mcp:{text}/*\" for every tool of the server");
        return Err(CapabilityError::Pattern { text: text.to_owned(), reason });
    };
    let server = NamePattern::read(&pieces[..slash], text)?;
    let tool = NamePattern::read(&pieces[slash + 1..], text)?;
    Ok(Shape::Mcp { server, tool })
}

fn unknown(text: &str, word: &str, value: Option<&str>) -> CapabilityError {
    let nearest = if text.starts_with("http://") || text.starts_with("https://") {
        format!("network:{text}")
    } else if text.starts_with(['/', '.', '~']) {
        format!("fs.read:{}", text.trim_start_matches(['.', '~']))
    } else {
        let lower = word.trim().to_ascii_lowercase();
        let alias = ALIASES.into_iter().find(|(alias, _)| *alias == lower).map(|(_, kind)| kind);
        let (kind, example) = alias
            .and_then(|kind| WORDS.into_iter().find(|(word, _)| *word == kind))
            .unwrap_or_else(|| nearest_word(&lower));
        match value {
            Some(value) if !value.is_empty() && example.contains(':') => format!("{kind}:{value}"),
            _ => example.to_owned(),
        }
    };
    CapabilityError::Unknown { text: text.to_owned(), nearest }
}

fn nearest_word(word: &str) -> (&'static str, &'static str) {
    let mut nearest = WORDS[0];
    for candidate in WORDS {
        if distance(candidate.0, word) < distance(nearest.0, word) {
            nearest = candidate;
        }
    }
    nearest
}

/// How many characters must be put in, taken out or changed to make one word of the other (Levenshtein).
fn distance(one: &str, two: &str) -> usize {
    // No word of ours is longer, and the comparison costs the product of both lengths.
    let two: Vec<char> = two.chars().take(32).collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, c) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, d) in two.iter().enumerate() {
            let changed = diagonal + usize::from(c != *d);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Effect;
    use boxagnts_types::GuestPath;

    fn printed(text: &str) -> String {
        let shown = text.parse::<Capability>().map_or_else(|error| format!("error: {error}"), |it| it.to_string());
        if let Ok(capability) = shown.parse::<Capability>() {
            assert_eq!(capability.to_string(), shown, "what is printed reads back as the same");
        }
        shown
    }

    fn request(url: &str, methods: Methods) -> Effect {
        Effect::Network { methods, target: url.parse().unwrap() }
    }

    #[test]
    fn every_row_of_the_table_is_read_and_printed() {
        for text in [
            "fs.read:/workspace/**",
            "fs.write:/workspace/out",
            "network:https://api.example.com",
            "network:https://api.example.com:8443",
            "network:https://api.example.com/path/**",
            "network.get:https://docs.example.com",
            "network:*",
            "network:https://*",
            "network:https://*.example.com",
            "network:http://127.0.0.1:8080",
            "network:http://[::1]:8080/v1",
            "env:LANG",
            "secret:GITHUB_TOKEN@api.github.com",
            "agent.spawn:researcher",
            "agent.spawn:*",
            "memory.read",
            "memory.write",
            "schedule.write",
            "exec:cargo test **",
            "exec:*",
            "mcp:github/create_issue",
            "mcp:github/*",
            "mcp:*",
        ] {
            assert_eq!(printed(text), text);
        }
    }

    #[test]
    fn one_thing_is_printed_in_one_way() {
        for (text, canonical) in [
            ("fs.write:report.md", "fs.write:/workspace/report.md"),
            ("fs.write:out/", "fs.write:/workspace/out"),
            ("fs.write:.", "fs.write:/workspace"),
            ("fs.write:**", "fs.write:/workspace/**"),
            ("fs.read:./src//**/*.rs", "fs.read:/workspace/src/**/*.rs"),
            ("fs.read:/", "fs.read:/"),
            ("fs.read:/**", "fs.read:/**"),
            ("fs.read:/workspace/a\\b", "fs.read:/workspace/ab"),
            ("fs.read:a,b}c]", "fs.read:/workspace/a,b\\}c\\]"),
            ("fs.read:\\${a,b}", "fs.read:/workspace/\\${a,b}"),
            ("network:HTTPS://API.Example.com.:443/", "network:https://api.example.com"),
            ("exec:  cargo   test  ", "exec:cargo test"),
            ("exec:**", "exec:*"),
            ("mcp:*/*", "mcp:*"),
            ("env:a\nb", "env:a\\u{a}b"),
        ] {
            assert_eq!(printed(text), canonical, "{text:?}");
        }
    }

    #[test]
    fn an_error_names_the_fault_and_the_nearest_right_form() {
        for (text, error) in [
            ("fs.raed:/a", "\"fs.raed:/a\" is no capability; did you mean \"fs.read:/a\"?"),
            ("Write:out", "\"Write:out\" is no capability; did you mean \"fs.write:out\"?"),
            ("https://a.com", "\"https://a.com\" is no capability; did you mean \"network:https://a.com\"?"),
            ("/etc", "\"/etc\" is no capability; did you mean \"fs.read:/etc\"?"),
            ("*", "\"*\" is no capability; did you mean \"fs.write:/workspace/out\"?"),
            ("fs:/workspace", "\"fs:/workspace\" is no capability; did you mean \"fs.read:/workspace\"?"),
            ("fs.read", "fs.read says nothing after a colon; write it like \"fs.read:/workspace/src\""),
            ("exec:", "exec says nothing after a colon; write it like \"exec:cargo test **\""),
            ("memory.read:x", "memory.read takes nothing after it; write \"memory.read\""),
            ("network:a.com", "\"a.com\" is no address: it begins with no scheme; write https://a.com"),
            ("secret:KEY", "\"KEY\" is no pattern: a secret is bound to a host; write \"secret:NAME@HOST\""),
            (
                "mcp:github",
                "\"github\" is no pattern: a tool is missing; write \"mcp:github/*\" for every tool of the server",
            ),
        ] {
            assert_eq!(printed(text), format!("error: {error}"));
        }
    }

    /// A text that is half understood grants nothing.
    #[test]
    fn what_cannot_be_meant_is_refused() {
        for text in [
            "",
            "fs.read:",
            "fs.read: /workspace",
            "fs.read:~/x",
            "fs.read:../../etc",
            "fs.read:a/../*.rs",
            "fs.read:a\0b",
            "fs.read:a\\\\b",
            "fs.read:*\\\\b",
            "fs.write:${path}",
            "fs.read:a\\/b",
            "fs.read:\\u{2f}**",
            "fs.read:a[",
            "fs.read:a[é]",
            "fs.read:[a/b]",
            "fs.read:{a",
            "fs.read:*}",
            "fs.read:{{{{{{{{{a}}}}}}}}}",
            "fs.read:a\\",
            "network:https://user@a.com",
            "network:https://a.*.com",
            "network:https://a.com/../x",
            "network:https://a.com#x",
            "network:ftp://a.com",
            "network:https://a.com\\,b",
            "network:",
            "env:A=b",
            "env:A*",
            "secret:@a.com",
            "secret:A@",
            "agent.spawn:a*",
            "exec: ",
            "exec:rm -rf*",
            "exec:git ** x",
            "exec:git \"a b\"",
            "mcp:/x",
            "mcp:x/",
            "mcp:x/a*",
            "memory",
            "memory.*",
            " memory.read",
            "FS.READ:/a",
        ] {
            assert!(text.parse::<Capability>().is_err(), "{text:?} is {}", printed(text));
        }
    }

    #[test]
    fn get_is_a_part_of_any_method() {
        let any: Capability = "network:https://a.com".parse().unwrap();
        let get: Capability = "network.get:https://a.com".parse().unwrap();
        let (reading, sending) = (request("https://a.com/x", Methods::Get), request("https://a.com/x", Methods::Any));
        assert!(any.matches(&reading) && any.matches(&sending) && get.matches(&reading));
        assert!(!get.matches(&sending));
        assert!(get.catches(&sending), "a deny of GET holds for a request that may be one");
    }

    #[test]
    fn a_network_pattern_names_scheme_host_port_and_path() {
        let matches = |text: &str, url: &str| text.parse::<Capability>().unwrap().matches(&request(url, Methods::Any));
        assert!(matches("network:https://a.com/v1", "https://A.com:443/v1/x?y=z"));
        assert!(matches("network:https://a.com/v1", "https://a.com/%761"));
        assert!(matches("network:https://a.com/*/x", "https://a.com/v1/x"));
        assert!(matches("network:https://a.com/s?q=1", "https://a.com/s?q=1"));
        for url in
            ["http://a.com/v1", "https://a.com:444/v1", "https://b.com/v1", "https://a.com/v10", "https://a.com/"]
        {
            assert!(!matches("network:https://a.com/v1", url), "{url}");
        }
        assert!(!matches("network:https://a.com/*/x", "https://a.com/v1/y/x"));
        assert!(!matches("network:https://a.com/s?q=1", "https://a.com/s?q=2"));
    }

    #[test]
    fn a_deny_of_a_path_holds_for_what_a_lenient_server_reads_as_it() {
        let private: Capability = "network:https://a.com/private".parse().unwrap();
        for path in ["/private", "/private/x", "//private", "/%2Fprivate/x", "/%70rivate", "/%5cprivate", "/private//x"]
        {
            assert!(private.catches(&request(&format!("https://a.com{path}"), Methods::Get)), "{path}");
        }
        assert!(!private.matches(&request("https://a.com//private", Methods::Get)), "a grant stays literal");
        assert!(!private.catches(&request("https://a.com/privates", Methods::Get)));
    }

    #[test]
    fn a_wildcard_grants_no_address_of_the_local_network() {
        let local = request("http://127.0.0.1:8080/", Methods::Get);
        let grants = |text: &str| text.parse::<Capability>().unwrap().grants(&local);
        assert!(grants("network:http://127.0.0.1:8080"));
        assert!(!grants("network:*") && !grants("network:http://*:8080"));
        let everything: Capability = "network:*".parse().unwrap();
        assert!(everything.catches(&local), "but it denies one");
        assert!(!everything.grants(&request("http://app.localhost/", Methods::Get)));
        assert!(everything.grants(&request("http://1.1.1.1/", Methods::Get)));
    }

    #[test]
    fn programs_are_named_argument_by_argument() {
        let matches = |text: &str, command: &[&str]| {
            let arguments = command.iter().map(ToString::to_string).collect();
            text.parse::<Capability>().unwrap().matches(&Effect::Exec(arguments))
        };
        assert!(matches("exec:cargo test **", &["cargo", "test"]));
        assert!(matches("exec:cargo test **", &["cargo", "test", "-p", "x y"]));
        assert!(matches("exec:git log *", &["git", "log", "a b"]));
        assert!(matches("exec:*", &["rm", "-rf", "/"]));
        assert!(matches("exec:echo a\\ b \"\" \\*", &["echo", "a b", "", "*"]));
        for command in [&["cargo"][..], &["cargo", "testx"], &["cargo", "install", "test"], &["/bin/cargo", "test"]] {
            assert!(!matches("exec:cargo test **", command), "{command:?}");
        }
        assert!(!matches("exec:git log *", &["git", "log"]) && !matches("exec:git log *", &["git", "log", "a", "b"]));
        assert!(!matches("exec:echo a b", &["echo", "a b"]), "a space inside an argument separates nothing");
    }

    #[test]
    fn an_effect_prints_as_the_capability_that_names_it() {
        for path in
            ["/workspace/a*b[c].txt", "/workspace/{a,b}", "/workspace/x\u{202e}y", "/", "/workspace/a b ", "/tmp/$x"]
        {
            let effect = Effect::Write(GuestPath::parse(path).unwrap());
            let capability: Capability = effect.to_string().parse().unwrap();
            assert_eq!(capability, Capability::exactly(&effect), "{path}");
            assert!(capability.matches(&effect));
        }
        let neighbour = Effect::Write(GuestPath::parse("/workspace/axb[c].txt").unwrap());
        let literal = Capability::exactly(&Effect::Write(GuestPath::parse("/workspace/a*b[c].txt").unwrap()));
        assert!(!literal.matches(&neighbour), "a star in a name is no pattern");
    }
}
