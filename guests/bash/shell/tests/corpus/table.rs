//! The known differences, and the table of them in `docs/bash.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Feature, folder};

/// The file of the known differences: one `feature/case: reason` per line.
pub(crate) const KNOWN: &str = "differences";

const BEGIN: &str = "<!-- differences: written by the corpus -->\n";
const END: &str = "<!-- end of differences -->\n";

/// The reason of each known difference, by `feature/case`.
pub(crate) fn known() -> BTreeMap<String, String> {
    let text = fs::read_to_string(folder().join(format!("{KNOWN}.txt"))).expect("the list is there");
    let entry = |line: &str| line.split_once(": ").map(|(case, reason)| (case.to_owned(), reason.to_owned()));
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|line| entry(line).unwrap_or_else(|| panic!("no reason: {line}")))
        .collect()
}

/// The page about the shell.
pub(crate) fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/bash.md")
}

/// The page with the table as it should be.
pub(crate) fn updated(page: &str, features: &[Feature]) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", table(features)))
}

fn table(features: &[Feature]) -> String {
    let known = known();
    let mut text = String::from("| feature | scripts | as GNU bash |\n| --- | ---: | ---: |\n");
    let (mut all, mut same) = (0, 0);
    for feature in features {
        let scripts = feature.cases.len();
        let different = feature.cases.iter().filter(|case| known.contains_key(&id(feature, &case.name))).count();
        writeln!(text, "| {} | {scripts} | {} |", feature.name, scripts - different).expect("a string takes all");
        all += scripts;
        same += scripts - different;
    }
    writeln!(text, "| **all** | **{all}** | **{same}** |").expect("a string takes all");
    text.push_str("\n| script | what is different |\n| --- | --- |\n");
    for (case, reason) in known {
        writeln!(text, "| `{case}` | {} |", reason.replace('|', "\\|")).expect("a string takes all");
    }
    text
}

/// How a case is called outside of its file.
pub(crate) fn id(feature: &Feature, case: &str) -> String {
    format!("{}/{case}", feature.name)
}
