//! The list of guards: the tables of `tests/guards/*.toml`. The drill and the law read it with the same eyes.
//!
//! ```toml
//! [a-name]
//! file = "crates/…"          # where it stands
//! guard = '''…'''            # one expression or one statement, which stands in the file exactly once
//! without = '''…'''          # what stands there when the guard is gone; nothing, if it says nothing
//! rows = ["A01"]             # the threats that it serves
//! tests = ["…"]              # of these at least one must turn red without it
//! layer_behind = ["…"]       # guards that stop the same thing before: they are taken out as well
//! ```
//!
//! `construction.toml` is another: it gives the reason for each threat that no single place in the code stops.

use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The folder of the list, from the top of the checkout.
pub(crate) const FOLDER: &str = "tests/guards";

/// The file of threats that are stopped by no single place.
const CONSTRUCTION: &str = "construction";

/// A place in the code without which something must turn red.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    pub(crate) id: String,
    /// From the top of the checkout.
    pub(crate) file: String,
    /// What stands there.
    pub(crate) text: String,
    pub(crate) without: String,
    pub(crate) rows: Vec<String>,
    pub(crate) tests: Vec<String>,
    pub(crate) layer_behind: Vec<String>,
}

/// The whole list.
#[derive(Debug, Default)]
pub(crate) struct List {
    pub(crate) guards: Vec<Guard>,
    /// Why a threat has no guard of its own, by its row.
    pub(crate) construction: BTreeMap<String, String>,
}

/// Reads the list of the checkout that begins at this folder.
pub(crate) fn read(root: &Path) -> Result<List> {
    let folder = root.join(FOLDER);
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.sort();
    let mut list = List::default();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "toml")) {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let is_construction = file.file_stem().is_some_and(|stem| stem == CONSTRUCTION);
        list.take(&text, is_construction).with_context(|| format!("in {}", file.display()))?;
    }
    list.check()?;
    Ok(list)
}

impl List {
    fn take(&mut self, text: &str, is_construction: bool) -> Result<()> {
        let table = DeTable::parse(text)?;
        for (name, value) in table.get_ref() {
            let (name, value) = (name.get_ref().to_string(), value.get_ref());
            if is_construction {
                self.construction.insert(name, word(value)?);
            } else {
                let DeValue::Table(table) = value else { bail!("`{name}` is no table") };
                self.guards.push(guard(&name, table).with_context(|| format!("the guard `{name}`"))?);
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<()> {
        let ids: BTreeSet<&str> = self.guards.iter().map(|guard| guard.id.as_str()).collect();
        if ids.len() != self.guards.len() {
            bail!("two guards have one name");
        }
        for guard in &self.guards {
            let unknown = guard.layer_behind.iter().find(|other| !ids.contains(other.as_str()) || **other == guard.id);
            if let Some(unknown) = unknown {
                bail!("{} stands behind `{unknown}`, which is no other guard", guard.id);
            }
        }
        Ok(())
    }
}

fn guard(id: &str, table: &DeTable<'_>) -> Result<Guard> {
    let mut guard = Guard {
        id: id.to_owned(),
        file: String::new(),
        text: String::new(),
        without: String::new(),
        rows: Vec::new(),
        tests: Vec::new(),
        layer_behind: Vec::new(),
    };
    // It becomes the name of a file.
    if id.is_empty() || !id.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-') {
        bail!("a name has small letters, digits and hyphens");
    }
    for (key, value) in table {
        let value = value.get_ref();
        match key.get_ref().as_ref() {
            "file" => guard.file = word(value)?,
            "guard" => guard.text = word(value)?,
            "without" => guard.without = word(value)?,
            "rows" => guard.rows = words(value)?,
            "tests" => guard.tests = words(value)?,
            "layer_behind" => guard.layer_behind = words(value)?,
            unknown => bail!("nothing is called `{unknown}`"),
        }
    }
    let must = [guard.file.is_empty(), guard.text.is_empty(), guard.rows.is_empty(), guard.tests.is_empty()];
    if must.contains(&true) {
        bail!("it needs file, guard, rows and tests");
    }
    Ok(guard)
}

fn word(value: &DeValue<'_>) -> Result<String> {
    value.as_str().map(str::to_owned).context("a text was due")
}

fn words(value: &DeValue<'_>) -> Result<Vec<String>> {
    let DeValue::Array(array) = value else { bail!("a list of texts was due") };
    array.iter().map(|value| word(value.get_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "[one]\nfile = 'a.rs'\nguard = 'b'\nrows = ['R']\ntests = ['t']\n";

    fn read(text: &str) -> Result<List> {
        let mut list = List::default();
        list.take(text, false)?;
        list.check().map(|()| list)
    }

    #[test]
    fn a_guard_is_read_and_what_is_none_is_an_error() {
        let list = read(&format!("{ONE}[two]\nfile = 'a.rs'\nguard = 'c'\nwithout = 'd'\nrows = ['R']\ntests = ['t']\nlayer_behind = ['one']\n")).unwrap();
        assert_eq!((list.guards[0].text.as_str(), list.guards[0].without.as_str()), ("b", ""));
        assert_eq!(list.guards[1].layer_behind, ["one"]);
        for wrong in [
            ONE.replace("guard = 'b'", "guard = ''"),
            ONE.replace("tests = ['t']", "tests = []"),
            ONE.replace("[one]", "['../one']"),
            format!("{ONE}gaurd = 'b'\n"),
            format!("{ONE}layer_behind = ['none']\n"),
            format!("{ONE}layer_behind = ['one']\n"),
            "one = 'b'".to_owned(),
        ] {
            assert!(read(&wrong).is_err(), "{wrong}");
        }
    }
}
