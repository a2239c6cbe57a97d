//! Paths that no rule can open: what would let a write today become a program of the host tomorrow, and our own.
//!
//! A name is judged by what any file system might take it for: case, Unicode form, invisible characters, dots and
//! spaces at the end, NTFS streams and short names do not hide it. Nothing here looks at a disk, so a path is protected
//! whether or not it exists.

use crate::effect::Effect;
use unicode_normalization::UnicodeNormalization as _;

/// Our own folder: for a tool it does not exist.
const HIDDEN: &str = ".boxagnts";

/// Names that git, editors and shells act on when they are opened or entered. Reading them is fine.
const UNWRITABLE: [&str; 13] = [
    ".git",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".zed",
    ".cursor",
    ".claude",
    ".codex",
    ".devcontainer",
    ".envrc",
    ".exrc",
    ".nvim.lua",
    ".nvimrc",
];

/// Names that open a device on Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces").
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Why a path cannot be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// It is ours and does not exist for tools.
    Hidden,
    /// Other programs act on this name, so nothing writes it.
    Unwritable(&'static str),
    /// The name opens a device, a stream or another file on some systems.
    Ambiguous,
}

impl Protection {
    /// The rule's text.
    pub fn rule(self) -> String {
        match self {
            Self::Hidden => format!("the protected paths: {HIDDEN} does not exist for tools"),
            Self::Unwritable(name) => format!("the protected paths: {name} is never written, here or below"),
            Self::Ambiguous => {
                "the protected paths: the name means a device or another file on some systems".to_owned()
            }
        }
    }
}

/// Whether something protects the effect's path from it.
pub(crate) fn protection(effect: &Effect) -> Option<Protection> {
    match effect {
        Effect::Read(path) => of_path(path.as_str(), false),
        Effect::Write(path) => of_path(path.as_str(), true),
        _ => None,
    }
}

/// Whether something protects the path from being read, or from being written.
pub(crate) fn of_path(path: &str, writing: bool) -> Option<Protection> {
    // Nearly all paths end here, so that a walk over a big tree pays for one pass over the bytes.
    if !may_concern(path.as_bytes(), writing) {
        return None;
    }
    path.split('/').filter(|name| !name.is_empty()).find_map(|name| of_name(name, writing))
}

/// Whether any name of the path needs a closer look: every protected name folds to one that begins with a dot, is a
/// short name with a tilde, or holds something outside ASCII; every ambiguous one has a sign at its end or a device's
/// first letters.
fn may_concern(path: &[u8], writing: bool) -> bool {
    let mut before = b'/';
    for &c in path {
        let suspicious = match c {
            b'.' => before == b'/',
            b'~' | b':' | 0x80.. => true,
            b'/' => writing && matches!(before, b'.' | b' '),
            _ => writing && before == b'/' && matches!(c | 0x20, b'c' | b'p' | b'a' | b'n' | b'l'),
        };
        if suspicious {
            return true;
        }
        before = c;
    }
    writing && matches!(before, b'.' | b' ')
}

fn of_name(name: &str, writing: bool) -> Option<Protection> {
    let folded = if name.is_ascii() {
        // Every protected name begins with a dot, or with a tilde in it is a short name.
        (name.starts_with('.') || name.contains('~')).then(|| name.to_ascii_lowercase())
    } else {
        begins_like_ascii(name).then(|| fold(name))
    };
    if let Some(protection) = folded.as_deref().and_then(|folded| of_folded(folded, writing)) {
        return Some(protection);
    }
    let ambiguous = writing && (is_ambiguous(name) || folded.is_some_and(|folded| is_ambiguous(&folded)));
    ambiguous.then_some(Protection::Ambiguous)
}

fn of_folded(folded: &str, writing: bool) -> Option<Protection> {
    let whole = whole_name(folded);
    if is_named(whole, HIDDEN) {
        return Some(Protection::Hidden);
    }
    let name = UNWRITABLE.into_iter().find(|protected| writing && is_named(whole, protected));
    name.map(Protection::Unwritable)
}

/// Brings a name into the form in which file systems that ignore case, form or invisible characters compare it.
fn fold(name: &str) -> String {
    let composed = name.chars().filter(|c| !is_ignorable(*c)).nfkc();
    composed.filter(|c| !is_ignorable(*c)).flat_map(upper_and_lower).nfkc().collect()
}

/// Both ways, since some letters meet in upper case only, as the dotless i and the i do.
fn upper_and_lower(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// Whether the folded name could begin with an ASCII character, as every protected and every device's name does. This
/// spares most names in other scripts the whole folding.
fn begins_like_ascii(name: &str) -> bool {
    let first = name.chars().filter(|c| !is_ignorable(*c)).take(1);
    let mut folded = first.nfkc().filter(|c| !is_ignorable(*c)).flat_map(upper_and_lower);
    folded.next().is_none_or(|first| first.is_ascii())
}

/// `Default_Ignorable_Code_Point` (Unicode, DerivedCoreProperties.txt), which holds what HFS+ leaves out of a comparison.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Cuts what Windows does not see as part of a name: a stream after a colon, then dots and spaces at the end.
fn whole_name(folded: &str) -> &str {
    let name = folded.split(':').next().unwrap_or_default();
    name.trim_end_matches(['.', ' '])
}

/// Whether a folded name is the protected one or a short (8.3) name that Windows may have made for it.
fn is_named(name: &str, protected: &str) -> bool {
    name == protected || is_short_for(name, protected.trim_start_matches('.'))
}

/// `GIT~1`, `MCP~1.JSO`; and `GI7EBA~1`, with a hash in the middle, when the first four of the former are taken.
fn is_short_for(name: &str, long: &str) -> bool {
    let Some((stem, number)) = name.split_once('~') else { return false };
    let (long_stem, long_end) = long.split_once('.').unwrap_or((long, ""));
    let (number, end) = number.split_once('.').unwrap_or((number, ""));
    let counted = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    let short = &long_stem[..long_stem.len().min(6)];
    // A longer number takes its room from the letters: eight characters are all there is.
    let cut = stem == short || (!stem.is_empty() && short.starts_with(stem) && stem.len() + number.len() == 7);
    let hashed = stem.len() == 6
        && stem.get(..2).is_some_and(|letters| long_stem.starts_with(letters))
        && stem.bytes().skip(2).all(|c| c.is_ascii_hexdigit());
    counted && (cut || hashed) && end == &long_end[..long_end.len().min(3)]
}

/// Whether a name opens a device, a stream or another file somewhere.
fn is_ambiguous(name: &str) -> bool {
    if name.ends_with(['.', ' ']) || name.contains(":$") {
        return true;
    }
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ');
    if DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let (port, number) = stem.split_at(stem.floor_char_boundary(3));
    let numbered = port.eq_ignore_ascii_case("com") || port.eq_ignore_ascii_case("lpt");
    // COM¹ is one too, and arrives here as COM1.
    numbered && matches!(number.as_bytes(), [b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(path: &str) -> Option<Protection> {
        of_path(path, true)
    }

    /// By name alone, so that it does not matter whether the path exists.
    #[test]
    fn a_protected_name_is_found_at_any_depth_and_under_any_disguise() {
        for name in [
            ".git",
            ".GIT",
            ".Git",
            ".gıt",
            ".g\u{200c}it",
            "\u{feff}.git",
            ".git\u{200d}",
            ".gi\u{ad}t",
            "．ｇｉｔ",
            ".ｇｉｔ",
            "․git",
            ".git.",
            ".git. . ",
            ".git ",
            ".git::$INDEX_ALLOCATION",
            ".git:x",
            "GIT~1",
            "git~2",
            "GIT~12",
            "ＧＩＴ～1",
            ".g\u{fe0f}it",
            ".gⁱt",
        ] {
            for path in [format!("/workspace/{name}"), format!("/workspace/a/b/{name}/hooks/x"), format!("/tmp/{name}")]
            {
                assert_eq!(written(&path), Some(Protection::Unwritable(".git")), "{path:?}");
                assert_eq!(of_path(&path, false), None, "reading git's folder is fine: {path:?}");
            }
        }
    }

    #[test]
    fn no_first_character_slips_past_the_folding() {
        for c in char::MIN..=char::MAX {
            let name = format!("{c}git");
            let folds_to_ascii = fold(&name).starts_with(|first: char| first.is_ascii());
            assert!(!folds_to_ascii || begins_like_ascii(&name), "{c:?}");
        }
    }

    #[test]
    fn every_protected_name_has_its_short_name() {
        for (name, short) in [
            (".mcp.json", "MCP~1.JSO"),
            (".vscode", "VSCODE~1"),
            (".devcontainer", "DEVCON~1"),
            (".devcontainer", "DE01AF~1"),
            (".nvim.lua", "NVIM~1.LUA"),
            (".envrc", "ENVRC~3"),
            (".claude", "CLAUDE~1"),
        ] {
            for name in [name, short] {
                assert!(matches!(written(&format!("/workspace/{name}")), Some(Protection::Unwritable(_))), "{name}");
            }
        }
        for name in UNWRITABLE {
            assert!(written(&format!("/workspace/{}", name.to_uppercase())).is_some(), "{name}");
        }
    }

    #[test]
    fn our_own_folder_does_not_exist_for_a_reader_either() {
        for name in [".boxagnts", ".BoxAgnts", "BOXAGN~1", ".boxagnts.", ".boxa\u{200b}gnts", ".ｂoxagnts"] {
            assert_eq!(of_path(&format!("/folders/x/{name}/config.toml"), false), Some(Protection::Hidden), "{name}");
            assert_eq!(written(&format!("/workspace/{name}")), Some(Protection::Hidden), "{name}");
        }
    }

    #[test]
    fn look_alikes_stay_writable() {
        for name in [
            "git",
            ".gitignore",
            ".github",
            ".gitattributes",
            ".gitmodules",
            "x.git",
            ".git-credentials",
            ".gi",
            "gitx~1",
            "mcp.json",
            ".vscodes",
            "vscode",
            "boxagnts",
            ".boxagnts-old",
            ".env",
            ".editorconfig",
            "a~1",
            "gi~1x",
            "~",
            "file~",
            "日本.md",
            "café",
            "cafe\u{301}",
            "a:b",
            "...x",
            ".x",
            "console",
            "com",
            "com0",
            "com10",
            "lpt",
            "nullable",
            "auxiliary.rs",
            "connect.c",
            "prn2",
            "a.con",
            "conin",
            "git~",
            "git~x",
        ] {
            assert_eq!(written(&format!("/workspace/{name}")), None, "{name}");
            assert_eq!(written(&format!("/workspace/{name}/file.txt")), None, "{name}");
        }
    }

    /// On every platform, since a folder is carried from one to another.
    #[test]
    fn names_that_mean_devices_or_streams_are_not_written() {
        for name in [
            "CON",
            "con",
            "prn.txt",
            "AUX",
            "nul",
            "NUL.tar.gz",
            "COM1",
            "com9.log",
            "COM¹",
            "lpt²",
            "LPT1",
            "con ",
            "conin$",
            "x::$DATA",
            "x:stream:$DATA",
            "x. ",
            "x.",
            "x ",
            "con:",
            "ＣＯＮ",
        ] {
            assert_eq!(written(&format!("/workspace/{name}")), Some(Protection::Ambiguous), "{name:?}");
            assert_eq!(written(&format!("/workspace/{name}/a")), Some(Protection::Ambiguous), "{name:?}");
            assert_eq!(of_path(&format!("/workspace/{name}"), false), None, "{name:?}");
        }
    }
}
