//! Manifests of tools: the whole input is a `tool.yaml`.

use super::text;
use crate::{Broken, Target, holds};
use boxagnts_capability::{Capability, Effect};
use boxagnts_catalog::{Invoke, Manifest, RequestedPreview};
use boxagnts_types::quantity::{ShownSize, ShownTime};
use serde_json::Value;
use std::fmt::Write as _;

pub(super) const TARGET: Target = Target {
    name: "manifest",
    reads: "manifests of tools, and which effects they cover",
    check,
    words: &[
        "tool:\n",
        "  name: a\n",
        "  version: 1\n",
        "  description: d\n",
        "  permission-level: read-only\n",
        "  permission-level: execute\n",
        "  search: true\n",
        "  permissions:\n",
        "    - fs.read:/workspace\n",
        "    - fs.write:/workspace/**\n",
        "    - network:https://api.example.com\n",
        "  effects:\n",
        "    - fs.read:${path}\n",
        "  preview: { path: path, content: text }\n",
        "  invoke: json\n",
        "  input-schema: { type: object }\n",
        "  limits: { timeout: 30s, memory: 64MiB }\n",
        "    - ",
        "- ",
        ": ",
        "\n",
        "  ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "|",
        ">",
        "&a ",
        "*a",
        "<<: *a",
        "!!str ",
        "!!binary ",
        "~",
        "null",
        "true",
        "yes",
        "0x1",
        "1e400",
        ".nan",
        ".inf",
        "- *a",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "#",
        "? ",
        "\t",
        "\u{feff}",
        "\u{85}",
        "\u{2028}",
        "\\u0041",
        "\"\\x41\"",
        "\0",
        "é",
    ],
    quick: 12_000,
};

/// Effects that a manifest is asked about, whatever it says.
const PROBES: [&str; 8] = [
    "fs.read:/workspace/a",
    "fs.write:/workspace/a",
    "fs.read:/etc/passwd",
    "fs.write:/tmp/x",
    "network.get:https://api.example.com/v1",
    "network:http://127.0.0.1",
    "exec:rm",
    "memory.write",
];

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let Ok(manifest) = Manifest::parse(&text) else { return Ok(false) };
    holds!(text.contains("tool"), "{text:?} is a manifest");
    // Once more, written in one plain way without anchors, folds and tags: the same manifest.
    let plain = plain(&manifest);
    let again = Manifest::parse(&plain).map_err(|error| format!("{plain} is no manifest: {error}"))?;
    holds!(format!("{again:?}") == format!("{manifest:?}"), "{manifest:?} reads back as {again:?} from {plain}");
    for probe in PROBES {
        let effect: Effect = probe.parse().map_err(|error| format!("{error}"))?;
        let said = manifest.permissions.iter().map(ToString::to_string);
        let says = said.filter_map(|text| text.parse::<Capability>().ok()).any(|said| said.matches(&effect));
        holds!(manifest.covers(&effect) == says, "{effect} is covered by {:?}", manifest.permissions);
    }
    for effect in &manifest.effects {
        holds!(effect.to_string().parse().as_ref() == Ok(effect), "the effect {effect} does not read back");
    }
    Ok(true)
}

fn plain(manifest: &Manifest) -> String {
    let level = format!("{:?}", manifest.level);
    let level = match level.as_str() {
        "ReadOnly" => "read-only".to_owned(),
        other => other.to_lowercase(),
    };
    let list = |texts: Vec<String>| texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
    let permissions = list(manifest.permissions.iter().map(ToString::to_string).collect());
    let effects = list(manifest.effects.iter().map(ToString::to_string).collect());
    let mut whole = format!(
        "{{tool: {{name: {}, version: {}, description: {}, permission-level: {level}, search: {}, permissions: [{permissions}], \
         effects: [{effects}], invoke: {}, limits: {{",
        quoted(manifest.name.as_str()),
        quoted(&manifest.version),
        quoted(&manifest.description),
        manifest.search,
        if manifest.invoke == Invoke::Json { "json" } else { "args" },
    );
    let time = manifest.limits.timeout.map(|time| format!("timeout: {}", quoted(&ShownTime(time).to_string())));
    let size = manifest.limits.memory.map(|size| format!("memory: {}", quoted(&ShownSize(size).to_string())));
    whole.push_str(&time.into_iter().chain(size).collect::<Vec<_>>().join(", "));
    whole.push('}');
    if let Some(preview) = &manifest.preview {
        write_preview(preview, &mut whole);
    }
    if let Some(schema) = &manifest.input_schema {
        whole.push_str(", input-schema: ");
        flow(schema, &mut whole);
    }
    whole + "}}\n"
}

fn write_preview(preview: &RequestedPreview, whole: &mut String) {
    let RequestedPreview { path, content, old, new, everywhere } = preview;
    whole.push_str(", preview: {path: ");
    whole.push_str(&quoted(path));
    for (name, value) in [("content", content), ("old", old), ("new", new), ("everywhere", everywhere)] {
        // Writing to a string cannot fail.
        let _ = value.as_ref().map(|value| write!(whole, ", {name}: {}", quoted(value)));
    }
    whole.push('}');
}

/// A text in double quotes, in ASCII alone (YAML 1.2.2, section 5.7).
fn quoted(text: &str) -> String {
    let inside = text.chars().fold(String::new(), |mut inside, c| {
        // Writing to a string cannot fail.
        let _ = match c {
            '"' | '\\' => write!(inside, "\\{c}"),
            c if c == ' ' || c.is_ascii_graphic() => write!(inside, "{c}"),
            c => write!(inside, "\\U{:08X}", u32::from(c)),
        };
        inside
    });
    format!("\"{inside}\"")
}

fn flow(value: &Value, whole: &mut String) {
    match value {
        Value::String(text) => whole.push_str(&quoted(text)),
        Value::Array(items) => {
            whole.push('[');
            for item in items {
                flow(item, whole);
                whole.push_str(", ");
            }
            whole.push(']');
        }
        Value::Object(members) => {
            whole.push('{');
            for (name, member) in members {
                whole.push_str(&quoted(name));
                whole.push_str(": ");
                flow(member, whole);
                whole.push_str(", ");
            }
            whole.push('}');
        }
        other => whole.push_str(&other.to_string()),
    }
}
