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
const ALIASES: [(&str, &str); 10] = [
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
