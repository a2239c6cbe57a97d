//! Paths of guests: a line with a path, then lines with capabilities.

use super::{allows, first_line, is_protection, judged, lies_in, literal_folder, text};
use crate::{Broken, Target, holds};
use boxagnts_capability::{Capability, Effect, EffectTemplate, Mode};
use boxagnts_types::GuestPath;
use std::fmt::Write as _;
use std::path::{Component, Path};

pub(super) const TARGET: Target = Target {
    name: "path",
    reads: "guest paths, and what grants of paths say about them",
    check,
    words: &[
        "/",
        "..",
        "../",
        "./",
        "//",
        "a",
        "b",
        "src",
        "workspace",
        "/workspace",
        "/workspace/",
        "/folders/f",
        "/tmp/x",
        "~",
        "\\",
        "\0",
        " ",
        "\u{200c}",
        "e\u{301}",
        ".git",
        ".GIT",
        ".boxagnts",
        "CON",
        "x::$DATA",
        "...",
        "....//",
        "%2e%2e",
        "\n",
        "\nfs.read:/workspace",
        "\nfs.read:/workspace/a",
        "\nfs.write:/workspace/src",
        "\nfs.write:/tmp",
        "\nfs.read:/",
        "\nfs.read:/workspace/**/b",
        "\nfs.write:a*",
        "\nfs.read:../",
        "-",
        "*",
        "${path}",
    ],
    quick: 40_000,
};

fn check(input: &[u8]) -> Result<bool, Broken> {
    let text = text(input);
    let (raw, grants) = first_line(&text);
    let path = match (GuestPath::parse(raw), walked(raw)) {
        (Ok(path), Some(place)) => {
            holds!(path.as_str() == place, "{raw:?} leads to {place:?} and is read as {path}");
            path
        }
        (Err(_), None) => return Ok(false),
        (Ok(path), None) => return Err(format!("{raw:?} leads nowhere and is read as {path}")),
        (Err(error), Some(place)) => return Err(format!("{raw:?} leads to {place:?} and is refused: {error}")),
    };
    is_normal(&path, raw)?;
    is_taken_alike(&path, raw)?;
    let grants: Vec<Capability> = grants.lines().filter_map(|line| line.parse().ok()).collect();
    is_granted_alike(&path, &grants, &Effect::Read(path.clone()), "fs.read:")?;
    is_granted_alike(&path, &grants, &Effect::Write(path.clone()), "fs.write:")?;
    Ok(true)
}

/// Where a path leads, walked with the standard library's own parts of a path.
fn walked(raw: &str) -> Option<String> {
    if raw.is_empty() || raw.contains(['\0', '\\']) {
        return None;
    }
    let mut place: Vec<&str> = if raw.starts_with('/') { Vec::new() } else { vec!["workspace"] };
    for part in Path::new(raw).components() {
        match part {
            Component::Normal(name) => place.push(name.to_str()?),
            Component::ParentDir => drop(place.pop()?),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    let place = format!("/{}", place.join("/"));
    (place.len() <= 4096).then_some(place)
}

fn is_normal(path: &GuestPath, raw: &str) -> Result<(), Broken> {
    let text = path.as_str();
    let parts_are_names = text == "/" || text[1..].split('/').all(|part| !matches!(part, "" | "." | ".."));
    holds!(text.starts_with('/') && parts_are_names, "{text:?} is not normal");
    holds!(GuestPath::parse(text).as_ref() == Ok(path), "{text:?} is read as another path than {raw:?}");
    let quoted = serde_json::Value::from(raw);
    holds!(serde_json::from_value::<GuestPath>(quoted).ok().as_ref() == Some(path), "JSON reads {raw:?} differently");
    let is_inside = path.below(&GuestPath::workspace()).is_some();
    holds!(is_inside == lies_in(text, "/workspace"), "{text:?} lies below the workspace: {is_inside}");
    if let (Some(folder), Some(name)) = (path.parent(), path.name()) {
        holds!(folder.join(name).as_ref() == Ok(path), "{text:?} is not its name in its folder");
    }
    Ok(())
}

/// The raw text and the normalised one are one effect, and one grant.
fn is_taken_alike(path: &GuestPath, raw: &str) -> Result<(), Broken> {
    let template: EffectTemplate = "fs.write:${p}".parse().map_err(|error| format!("{error}"))?;
    let effect = Effect::Write(path.clone());
    for text in [raw, path.as_str()] {
        let filled = template.fill(&|_| Some(text.to_owned()));
        holds!(filled == Ok(Some(effect.clone())), "a call that names {text:?} has the effect {filled:?}");
    }
    let granted: Result<Capability, _> = format!("fs.write:{}", escaped(raw)).parse();
    let exactly = Capability::exactly(&effect);
    holds!(granted.as_ref() == Ok(&exactly), "a grant of {raw:?} is {granted:?}, and its path is {exactly}");
    Ok(())
}

/// Every character that could mean something, written so that it does not.
fn escaped(raw: &str) -> String {
    raw.chars().fold(String::new(), |mut text, c| {
        // Writing to a string cannot fail.
        let _ = if c == '/' || c == '.' || c.is_alphanumeric() { write!(text, "{c}") } else { write!(text, "\\{c}") };
        text
    })
}

/// Nothing outside of what the grants name is allowed, and what a grant without wildcards names is.
fn is_granted_alike(path: &GuestPath, grants: &[Capability], effect: &Effect, kind: &str) -> Result<(), Broken> {
    let printed: Vec<String> = grants.iter().map(ToString::to_string).collect();
    let folders = printed.iter().filter_map(|text| text.strip_prefix(kind)).map(literal_folder);
    let holding: Vec<bool> =
        folders.filter(|(folder, _)| lies_in(path.as_str(), folder)).map(|(_, is_glob)| is_glob).collect();
    let (decision, by) = judged(grants, Mode::Ask, effect);
    holds!(!allows(&decision) || !holding.is_empty(), "{printed:?} allow {effect}");
    let is_named = holding.contains(&false);
    holds!(allows(&decision) || !is_named || is_protection(&by), "{printed:?} do not allow {effect}: {by}");
    Ok(())
}
