//! One file: its text, its tables, its values, each with the line that it stands on.

#![expect(clippy::disallowed_methods, reason = "this room reads the user's configuration")]

use crate::error::{Place, SettingsError};
use crate::nearest::nearest;
use crate::{Amount, Origin, Setting};
use boxagnts_types::quantity;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Settings are written by hand; a longer file is something else.
const LONGEST: u64 = 1 << 20;

/// What is shown of a value that cannot be, in characters.
const LONGEST_SHOWN: usize = 40;

/// Some editors put it before a text, and some parsers read it as part of the first key.
const BYTE_ORDER_MARK: char = '\u{feff}';

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
        if text.starts_with(BYTE_ORDER_MARK) {
            let message = "the file begins with a byte order mark; save it as UTF-8 without one".to_owned();
            return Err(SettingsError::Syntax { place: source.place(0..0), message });
        }
        let table = DeTable::parse(text).map_err(|error| SettingsError::Syntax {
            place: source.place(error.span().unwrap_or_default()),
            message: error.message().to_owned(),
        })?;
        Ok(Self { table: table.into_inner(), source })
    }

    /// The whole file as one table.
    pub(crate) fn top(&self) -> Table<'_> {
        Table { name: String::new(), line: None, entries: Some(&self.table), source: self.source }
    }

    /// Whether a table stands at the top, as in every file of settings and in no policy file.
    pub(crate) fn has_tables(&self) -> bool {
        self.table.values().any(|value| matches!(value.get_ref(), DeValue::Table(_)))
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
        let above = self.above();
        refuse_others(entries, &above, &known, self.source)?;
        Ok(known.map(|key| {
            let written = entries.get(key)?;
            Some(Value { key: format!("{above}{key}"), written, source: self.source })
        }))
    }
}

impl<'t> Table<'t> {
    /// What stands before a key of it.
    fn above(&self) -> String {
        if self.name.is_empty() { String::new() } else { format!("{}.", self.name) }
    }

    /// Its name is none, for this reason.
    pub(crate) fn fault(&self, reason: &dyn Display) -> SettingsError {
        let place = self.source.place(self.line.map(Spanned::span).unwrap_or_default());
        SettingsError::Meaning { place, key: self.name.clone(), reason: reason.to_string() }
    }

    /// A key is missing.
    pub(crate) fn lacks(&self, key: &str) -> SettingsError {
        let wanted = format!("a table that has {key:?}");
        match self.line {
            Some(line) => wrong(line, self.name.clone(), wanted, self.source),
            None => self.fault(&format!("it is {wanted}")),
        }
    }

    /// The tables in this one, whatever they are called.
    pub(crate) fn tables(&self, wanted: &str) -> Result<Vec<(String, Table<'t>)>, SettingsError> {
        let mut tables = Vec::new();
        for (key, value) in self.entries.into_iter().flatten() {
            let (key, name) = (key.get_ref().to_string(), format!("{}.{:?}", self.name, key.get_ref()));
            let DeValue::Table(entries) = value.get_ref() else {
                return Err(wrong(value, name, wanted.to_owned(), self.source));
            };
            tables.push((key, Table { name, line: Some(value), entries: Some(entries), source: self.source }));
        }
        Ok(tables)
    }

    /// The tables of these names in this one; every other key is an error.
    pub(crate) fn inner<const N: usize>(&self, known: [&'static str; N]) -> Result<[Table<'t>; N], SettingsError> {
        let values = self.values(known)?;
        let mut tables = known.map(|key| Table {
            name: format!("{}.{key}", self.name),
            line: None,
            entries: None,
            source: self.source,
        });
        for (table, value) in tables.iter_mut().zip(values) {
            let Some(value) = value else { continue };
            let DeValue::Table(entries) = value.written.get_ref() else {
                let wanted = format!("a table, [{}]", table.name);
                return Err(wrong(value.written, value.key, wanted, self.source));
            };
            (table.entries, table.line) = (Some(entries), Some(value.written));
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
    /// So much of something: more than nothing, at most `most`, in its unit.
    pub(crate) fn amount(self, most: Amount) -> Result<Setting<Amount>, SettingsError> {
        let written = self.written.get_ref();
        let text = written.as_str();
        let (meant, least, example) = match most {
            Amount::Time(_) => {
                (text.and_then(quantity::time).map(Amount::Time), Amount::Time(Duration::ZERO), "\"30s\"")
            }
            Amount::Size(_) => (text.and_then(quantity::size).map(Amount::Size), Amount::Size(0), "\"64MiB\""),
            Amount::Count(_) => (self.whole_number().map(Amount::Count), Amount::Count(0), "100"),
        };
        let Some(value) = meant.filter(|meant| least < *meant && *meant <= most) else {
            let wanted = format!("an amount such as {example}, more than nothing and at most {most}");
            return Err(wrong(self.written, self.key, wanted, self.source));
        };
        let Place { path, line } = self.source.place(self.written.span());
        Ok(Setting { value, origin: Origin::File { path, line } })
    }

    fn whole_number(&self) -> Option<u64> {
        let DeValue::Integer(number) = self.written.get_ref() else { return None };
        (number.radix() == 10).then(|| number.as_str().replace('_', "").parse().ok()).flatten()
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

impl<'t> Value<'t> {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.source.place(self.written.span())
    }

    pub(crate) fn is_table(&self) -> bool {
        matches!(self.written.get_ref(), DeValue::Table(_))
    }

    /// The values of a list.
    pub(crate) fn items(self, wanted: &str) -> Result<Vec<Value<'t>>, SettingsError> {
        let DeValue::Array(items) = self.written.get_ref() else { return Err(self.is_not(wanted)) };
        let item = |written| Value { key: self.key.clone(), written, source: self.source };
        Ok(items.iter().map(item).collect())
    }

    pub(crate) fn table(&self, wanted: &str) -> Result<Table<'t>, SettingsError> {
        let DeValue::Table(entries) = self.written.get_ref() else { return Err(self.is_not(wanted)) };
        Ok(Table { name: self.key.clone(), line: Some(self.written), entries: Some(entries), source: self.source })
    }

    pub(crate) fn text(&self, wanted: &str) -> Result<&'t str, SettingsError> {
        self.written.get_ref().as_str().ok_or_else(|| self.is_not(wanted))
    }

    /// It has the right form and means nothing, for this reason.
    pub(crate) fn fault(&self, reason: &dyn Display) -> SettingsError {
        SettingsError::Meaning { place: self.place(), key: self.key.clone(), reason: reason.to_string() }
    }

    fn is_not(&self, wanted: &str) -> SettingsError {
        wrong(self.written, self.key.clone(), wanted.to_owned(), self.source)
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
