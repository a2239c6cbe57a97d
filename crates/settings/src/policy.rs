//! Lines of policies and grants: which capabilities, where each stands, and the examples that say what its author meant.
//!
//! A ceiling stands in a policy file of its own or in a table `[policy]`, grants stand in `[grants]`. A line is a text,
//! or a table with examples:
//!
//! ```toml
//! deny = [
//!     "network:*",
//!     { capability = "fs.write:**/*.lock", match = ["fs.write:/workspace/Cargo.lock"], not_match = ["fs.write:/workspace/a.rs"] },
//! ]
//! ```
//!
//! What a line is good for is judged elsewhere; here it is only read, and its examples are tried.

use crate::Settings;
use crate::error::{Place, SettingsError};
use crate::read::{Layer, Table, Value, text_of};
use boxagnts_capability::{Capability, Effect, RuleKind, Verdict};
use boxagnts_types::ToolName;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The keys of a list of rules.
const LISTS: [&str; 3] = ["allow", "ask", "deny"];

/// The lines of one policy, or the grants for one kind of tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// `allow`; absent when it is not written at all, which is another thing than an empty list.
    pub allow: Option<Allow>,
    /// `ask`.
    pub ask: Vec<Line>,
    /// `deny`.
    pub deny: Vec<Line>,
}

/// The table `[policy]` of one file of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub rules: Rules,
}

/// The list `allow`.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    /// Its lines.
    pub lines: Vec<Line>,
    /// Where the list stands.
    pub place: Place,
}

/// One capability of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Which effects.
    pub capability: Capability,
    /// Where it stands.
    pub place: Place,
    /// `match` and `not_match`: effects that it must, and must not, concern.
    pub examples: Vec<Example>,
}

/// An effect that a line must, or must not, concern.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The effect.
    pub effect: Effect,
    /// Whether the line must concern it.
    pub concerns: bool,
    /// Where it stands.
    pub place: Place,
}

/// `[grants]`: what the person's configuration grants.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants {
    /// To the tools that come with the program.
    pub built_in: Rules,
    /// `[grants.for.TOOL]`: to one tool.
    pub tools: BTreeMap<ToolName, Rules>,
}

/// An example that is not as its line says.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{place}: {verdict} {capability} {} {effect}, unlike its example", says(*concerns))]
pub struct Failure {
    /// Where the example stands.
    pub place: Place,
    /// What the line says.
    pub verdict: Verdict,
    /// About which effects.
    pub capability: Capability,
    /// The example.
    pub effect: Effect,
    /// Whether the line should concern it.
    pub concerns: bool,
}

/// What stands in a file whose examples are tried, whatever kind of file it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examined {
    /// How many lines it has.
    pub lines: usize,
    /// How many examples.
    pub examples: usize,
    /// Those that fail.
    pub failures: Vec<Failure>,
}

impl Examined {
    /// The same of a file; `None` when there is none.
    pub fn read(path: &Path) -> Result<Option<Self>, SettingsError> {
        text_of(path)?.map(|text| Self::of(&text, path)).transpose()
    }

    /// Reads a policy file or a file of settings, and tries all of its examples.
    pub fn of(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let mut examined = Self::default();
        if Layer::parse(text, path)?.has_tables() {
            let settings = Settings::default().under_unproved(text, path)?;
            for policy in &settings.policies {
                examined.add(&policy.rules, RuleKind::Ceiling);
            }
            for (_, rules) in settings.grants.all() {
                examined.add(rules, RuleKind::Grant);
            }
        } else {
            examined.add(&Rules::of_policy(text, path)?, RuleKind::Ceiling);
        }
        Ok(examined)
    }

    fn add(&mut self, rules: &Rules, kind: RuleKind) {
        self.lines += rules.lines().count();
        self.examples += rules.examples();
        self.failures.extend(rules.failures(kind));
    }
}

impl Rules {
    /// Reads a policy file: the three lists stand at its top. One that says nothing at all is an error, since whoever
    /// wrote it meant to bound something. The path is for people. Examples are not tried.
    pub fn of_policy(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let layer = Layer::parse(text, path)?;
        let rules = Self::of_table(&layer.top())?;
        if rules.is_silent() {
            return Err(SettingsError::Silent { path: path.to_owned(), known: LISTS.join(", ") });
        }
        Ok(rules)
    }

    /// Reads what a workspace brings along: a table `[policy]` and nothing else. Examples are not tried.
    pub fn of_workspace(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let layer = Layer::parse(text, path)?;
        let [policy] = layer.tables(["policy"])?;
        Self::of_table(&policy)
    }

    pub(crate) fn of_table(table: &Table<'_>) -> Result<Self, SettingsError> {
        let [allow, ask, deny] = table.values(LISTS)?;
        Self::of_values(allow, ask, deny)
    }

    fn of_values(
        allow: Option<Value<'_>>,
        ask: Option<Value<'_>>,
        deny: Option<Value<'_>>,
    ) -> Result<Self, SettingsError> {
        let place = allow.as_ref().map(Value::place);
        let allow = allow.map(lines).transpose()?;
        let allow = allow.zip(place).map(|(lines, place)| Allow { lines, place });
        let list = |value: Option<Value<'_>>| value.map_or(Ok(Vec::new()), lines);
        Ok(Self { allow, ask: list(ask)?, deny: list(deny)? })
    }

    /// Whether nothing is said.
    pub fn is_silent(&self) -> bool {
        self.allow.is_none() && self.ask.is_empty() && self.deny.is_empty()
    }

    /// Every line with what it says, in the order of the lists.
    pub fn lines(&self) -> impl Iterator<Item = (Verdict, &Line)> {
        let allow = self.allow.iter().flat_map(|allow| &allow.lines).map(|line| (Verdict::Allow, line));
        let ask = self.ask.iter().map(|line| (Verdict::Ask, line));
        allow.chain(ask).chain(self.deny.iter().map(|line| (Verdict::Deny, line)))
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.lines().map(|(_, line)| line.examples.len()).sum()
    }

    /// The examples that are not as their lines say.
    pub fn failures(&self, kind: RuleKind) -> Vec<Failure> {
        let failing = |(verdict, line): (Verdict, &Line)| {
            let fails =
                |example: &&Example| kind.concerns(verdict, &line.capability, &example.effect) != example.concerns;
            let failure = |example: &Example| Failure {
                place: example.place.clone(),
                verdict,
                capability: line.capability.clone(),
                effect: example.effect.clone(),
                concerns: example.concerns,
            };
            line.examples.iter().filter(fails).map(failure).collect::<Vec<_>>()
        };
        self.lines().flat_map(failing).collect()
    }

    /// The same rules, or the first example that fails: a line that does not mean what its author thinks is broken.
    pub fn proved(self, kind: RuleKind) -> Result<Self, SettingsError> {
        match self.failures(kind).into_iter().next() {
            Some(failure) => Err(SettingsError::Example(Box::new(failure))),
            None => Ok(self),
        }
    }
}

impl Grants {
    pub(crate) fn of_table(table: &Table<'_>) -> Result<Self, SettingsError> {
        const WANTED: &str = "a table, [grants.for.TOOL]";
        let [allow, ask, deny, others] = table.values(["allow", "ask", "deny", "for"])?;
        let built_in = Rules::of_values(allow, ask, deny)?;
        let mut tools = BTreeMap::new();
        let others = others.map(|others| others.table(WANTED)?.tables(WANTED)).transpose()?;
        for (name, table) in others.unwrap_or_default() {
            let tool = name.parse::<ToolName>().map_err(|error| table.fault(&error))?;
            tools.insert(tool, Rules::of_table(&table)?);
        }
        Ok(Self { built_in, tools })
    }

    /// The rules for our tools, then those for others.
    pub fn all(&self) -> impl Iterator<Item = (Option<&ToolName>, &Rules)> {
        std::iter::once((None, &self.built_in)).chain(self.tools.iter().map(|(tool, rules)| (Some(tool), rules)))
    }

    /// The examples that are not as their lines say.
    pub fn failures(&self) -> Vec<Failure> {
        self.all().flat_map(|(_, rules)| rules.failures(RuleKind::Grant)).collect()
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.built_in.extend(other.built_in);
        for (tool, rules) in other.tools {
            self.tools.entry(tool).or_default().extend(rules);
        }
    }
}

impl Rules {
    /// Grants of several files count together. Ceilings never come here: each bounds by itself.
    fn extend(&mut self, other: Self) {
        match (&mut self.allow, other.allow) {
            (Some(allow), Some(other)) => allow.lines.extend(other.lines),
            (allow @ None, other) => *allow = other,
            (Some(_), None) => {}
        }
        self.ask.extend(other.ask);
        self.deny.extend(other.deny);
    }
}

fn lines(list: Value<'_>) -> Result<Vec<Line>, SettingsError> {
    const WANTED: &str =
        "a capability, or a table such as { capability = \"fs.write:out\", match = [], not_match = [] }";
    let mut lines = Vec::new();
    for value in list.items("a list of capabilities")? {
        let place = value.place();
        let (capability, examples) = if value.is_table() {
            let table = value.table(WANTED)?;
            let [capability, right, wrong] = table.values(["capability", "match", "not_match"])?;
            let capability = capability.ok_or_else(|| table.lacks("capability"))?;
            let mut examples = effects(right, true)?;
            examples.extend(effects(wrong, false)?);
            (parsed(&capability, WANTED)?, examples)
        } else {
            (parsed(&value, WANTED)?, Vec::new())
        };
        lines.push(Line { capability, place, examples });
    }
    Ok(lines)
}

fn effects(list: Option<Value<'_>>, concerns: bool) -> Result<Vec<Example>, SettingsError> {
    const WANTED: &str = "an effect, such as \"fs.write:/workspace/a.txt\"";
    let Some(list) = list else { return Ok(Vec::new()) };
    let example = |value: Value<'_>| Ok(Example { effect: parsed(&value, WANTED)?, concerns, place: value.place() });
    list.items("a list of effects")?.into_iter().map(example).collect()
}

fn parsed<T: FromStr<Err: Display>>(value: &Value<'_>, wanted: &str) -> Result<T, SettingsError> {
    value.text(wanted)?.parse().map_err(|error| value.fault(&error))
}

fn says(should: bool) -> &'static str {
    if should { "does not concern" } else { "concerns" }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
