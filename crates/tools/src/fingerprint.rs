//! What an answer binds to.

use crate::tool::Tool;
use boxagnts_capability::{Capability, Effects, Layer, Rulebook};
use boxagnts_record::Journal;
use boxagnts_types::AgentName;
use boxagnts_types::canonical::{canonical_json, sha256_hex};
use serde_json::{Value, json};

/// SHA-256 over the tool and its code, the parsed input, the chain of agents, the workspace and the effects. Whatever
/// of these changes, an earlier answer does not fit any more.
pub(crate) fn fingerprint(
    tool: &dyn Tool,
    input: &Value,
    effects: &Effects,
    chain: &[AgentName],
    journal: &Journal,
) -> String {
    let effects: Vec<String> = match effects {
        Effects::Exact(effects) => effects.iter().map(ToString::to_string).collect(),
        Effects::Envelope(capabilities) => capabilities.iter().map(ToString::to_string).collect(),
    };
    let parts = json!({
        "tool": tool.name(),
        "digest": tool.digest(),
        "input": input,
        "chain": chain,
        "workspace": journal.lease().workspace,
        "effects": effects,
    });
    // A parsed JSON value always has a canonical form; the plain text differs from it in key order alone.
    let text = canonical_json(&parts).unwrap_or_else(|_| parts.to_string());
    sha256_hex(text.as_bytes())
}

/// What the answer to a question binds to: the call's fingerprint, the rules that made it a question, and the files that
/// its effects name as they are now. A rule that an answer of the session made is left out: it is gone after a restart,
/// and the question is the same.
pub(crate) fn bound(print: &str, book: &Rulebook, files: &[(&str, &str)]) -> String {
    let texts = |capabilities: &[Capability]| capabilities.iter().map(ToString::to_string).collect::<Vec<_>>();
    let rules = book.rules().iter().filter(|rule| rule.layer != Layer::Answer).map(ToString::to_string);
    let ceilings = book.ceilings().iter().map(|ceiling| {
        json!({
            "origin": ceiling.origin,
            "tool": ceiling.tool,
            "allow": ceiling.allow.as_deref().map(texts),
            "ask": texts(&ceiling.ask),
            "deny": texts(&ceiling.deny),
        })
    });
    let parts = json!({
        "call": print,
        "mode": book.mode().as_str(),
        "rules": rules.collect::<Vec<_>>(),
        "ceilings": ceilings.collect::<Vec<_>>(),
        "files": files,
    });
    let text = canonical_json(&parts).unwrap_or_else(|_| parts.to_string());
    sha256_hex(text.as_bytes())
}
