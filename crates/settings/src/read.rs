//! One file: its text, its tables, its values, each with the line that it stands on.

#![expect(clippy::disallowed_methods, reason = "this room reads the user's configuration")]

use crate::error::{Place, SettingsError};
use crate::nearest::nearest;
use crate::{Origin, Setting};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Settings are written by hand; a longer file is something else.
const LONGEST: u64 = 1 << 20;

/// What is shown of a value that cannot be, in characters.
const LONGEST_SHOWN: usize = 40;

/// The text of a file, if there is one. Links are followed: people keep their configuration where they like.
pub(crate) fn text_of(path: &Path) -> Result<Option<String>, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_owned(), source };
    match path.metadata() {
        // A pipe at this name would make the program wait for ever.
        Ok(metadata) if !metadata.is_file() => Err(unreadable(io::Error::other("it is no regular file"))),
        Ok(metadata) if LONGEST < metadata.len() => {
            Err(unreadable(io::Error::other(format!("it is longer than {LONGEST} bytes"))))
        }
        Ok(_) => whole(path).map(Some).map_err(unreadable),
        // A link to nowhere was meant to lead to a file.
        Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

fn whole(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// One file, parsed.
pub(crate) struct Layer<'t> {
    table: DeTable<'t>,
    source: Source<'t>,
}

/// What turns a place in the text into a line.
#[derive(Clone, Copy)]
struct Source<'t> {
    text: &'t str,
    path: &'t Path,
}

impl Source<'_> {
    fn place(self, span: Range<usize>) -> Place {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        Place { path: self.path.to_owned(), line: before.matches('\n').count() + 1 }
    }
}

impl<'t> Layer<'t> {
    pub(crate) fn parse(text: &'t str, path: &'t Path) -> Result<Self, SettingsError> {
        let source = Source { text, path };
        let table = DeTable::parse(text).map_err(|error| SettingsError::Syntax {
            place: source.place(error.span().unwrap_or_default()),
            message: error.message().to_owned(),
        })?;
        Ok(Self { table: table.into_inner(), source })
    }

    /// The tables of these names; every other key is an error.
    pub(crate) fn tables<const N: usize>(&self, known: [&'static str; N]) -> Result<[Table<'_>; N], SettingsError> {
        refuse_others(&self.table, "", &known, self.source)?;
        let mut tables =
            known.map(|name| Table { name: name.to_owned(), line: None, entries: None, source: self.source });
        for table in &mut tables {
            let Some(value) = self.table.get(table.name.as_str()) else { continue };
            let DeValue::Table(entries) = value.get_ref() else {
                let wanted = format!("a table, [{}]", table.name);
                return Err(wrong(value, table.name.clone(), wanted, self.source));
            };
            (table.entries, table.line) = (Some(entries), Some(value));
        }
        Ok(tables)
    }
}

/// A table, which may be missing.
pub(crate) struct Table<'t> {
    name: String,
    /// Where it stands.
    line: Option<&'t Spanned<DeValue<'t>>>,
    entries: Option<&'t DeTable<'t>>,
    source: Source<'t>,
}

impl<'t> Table<'t> {
    /// The values of these keys; every other key is an error.
    pub(crate) fn values<const N: usize>(
        &self,
        known: [&'static str; N],
    ) -> Result<[Option<Value<'t>>; N], SettingsError> {
        let Some(entries) = self.entries else { return Ok(known.map(|_| None)) };
        let above = format!("{}.", self.name);
        refuse_others(entries, &above, &known, self.source)?;
        Ok(known.map(|key| {
            let written = entries.get(key)?;
            Some(Value { key: format!("{above}{key}"), written, source: self.source })
        }))
    }
}

impl<'t> Table<'t> {
    /// The tables in this one, whatever they are called.
    pub(crate) fn tables(&self) -> Result<Vec<(String, Table<'t>)>, SettingsError> {
        self.tables_like("{ input = 1.25, output = 10 }")
    }

    /// The same where a table looks like this.
    pub(crate) fn tables_like(&self, example: &str) -> Result<Vec<(String, Table<'t>)>, SettingsError> {
        let mut tables = Vec::new();
        for (key, value) in self.entries.into_iter().flatten() {
            let (key, name) = (key.get_ref().to_string(), format!("{}.{:?}", self.name, key.get_ref()));
            let DeValue::Table(entries) = value.get_ref() else {
                return Err(wrong(value, name, format!("a table, such as {example}"), self.source));
            };
            tables.push((key, Table { name, line: Some(value), entries: Some(entries), source: self.source }));
        }
        Ok(tables)
    }

    /// The values of these keys, none of which may be missing.
    pub(crate) fn all_of<const N: usize>(&self, known: [&'static str; N]) -> Result<[Value<'t>; N], SettingsError> {
        let values = self.values(known)?;
        let missing = values.iter().zip(known).find(|(value, _)| value.is_none()).map(|(_, key)| key);
        match (missing, self.line) {
            (Some(key), Some(line)) => {
                Err(wrong(line, self.name.clone(), format!("a table that has {key:?}"), self.source))
            }
            _ => Ok(values.map(|value| value.expect("none is missing, as was just seen"))),
        }
    }
}

/// A value, and the key that it belongs to.
pub(crate) struct Value<'t> {
    key: String,
    written: &'t Spanned<DeValue<'t>>,
    source: Source<'t>,
}

impl Value<'_> {
    /// What one of some words stands for.
    pub(crate) fn one_of<T: Copy>(self, words: &[(&str, T)]) -> Result<Setting<T>, SettingsError> {
        let meant = self.written.get_ref().as_str().and_then(|said| words.iter().find(|(word, _)| *word == said));
        let Some((_, value)) = meant else {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
            return Err(wrong(self.written, self.key, words.join(" or "), self.source));
        };
        let Place { path, line } = self.source.place(self.written.span());
        Ok(Setting { value: *value, origin: Origin::File { path, line } })
    }
}

impl Value<'_> {
    /// A list of texts.
    pub(crate) fn texts(self) -> Result<Setting<Vec<String>>, SettingsError> {
        let text = |item: &Spanned<DeValue<'_>>| item.get_ref().as_str().map(str::to_owned);
        let texts = match self.written.get_ref() {
            DeValue::Array(items) => items.iter().map(text).collect::<Option<Vec<String>>>(),
            _ => None,
        };
        let Some(value) = texts else {
            return Err(wrong(self.written, self.key, "a list of texts".to_owned(), self.source));
        };
        let Place { path, line } = self.source.place(self.written.span());
        Ok(Setting { value, origin: Origin::File { path, line } })
    }
}

impl Value<'_> {
    /// A number in a range.
    pub(crate) fn number(self, range: RangeInclusive<f64>) -> Result<Setting<f64>, SettingsError> {
        let text = match self.written.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
            DeValue::Float(number) => Some(number.as_str()),
            _ => None,
        };
        let number = text.and_then(|text| text.replace('_', "").parse().ok()).filter(|number| range.contains(number));
        let Some(value) = number else {
            let wanted = format!("a number from {} to {}", range.start(), range.end());
            return Err(wrong(self.written, self.key, wanted, self.source));
        };
        let Place { path, line } = self.source.place(self.written.span());
        Ok(Setting { value, origin: Origin::File { path, line } })
    }
}

fn refuse_others(table: &DeTable<'_>, above: &str, known: &[&str], source: Source<'_>) -> Result<(), SettingsError> {
    // The first one in the file is told first, whatever order the table has.
    let others = table.keys().filter(|key| !known.contains(&&**key.get_ref()));
    let Some(first) = others.min_by_key(|key| key.span().start) else { return Ok(()) };
    let whole = |key: &str| format!("{above}{key}");
    Err(SettingsError::UnknownKey {
        place: source.place(first.span()),
        key: whole(first.get_ref()),
        nearest: nearest(first.get_ref(), known.iter().copied()).map(whole),
        known: known.iter().map(|key| whole(key)).collect(),
    })
}

fn wrong(value: &Spanned<DeValue<'_>>, key: String, wanted: String, source: Source<'_>) -> SettingsError {
    let written = source.text.get(value.span()).unwrap_or_default().lines().next().unwrap_or_default();
    let mut found: String = written.chars().take(LONGEST_SHOWN).collect();
    if found.len() < written.len() {
        found.push('…');
    }
    SettingsError::Value { place: source.place(value.span()), key, found, wanted }
}
