//! Reads and layers configuration, with the origin of each value.
//!
//! Each layer is a TOML file; a value of a later one replaces that of an earlier one, and remembers where it stands.
//! A missing file is no error. Whatever cannot be meant is one, with the file and the line: text that is no TOML, a key
//! that nobody knows, a value that a key cannot have. Nothing is ever passed over.
//!
//! The room says what stands in the files. It never knows what a value is for, and it looks for no file by itself: a
//! workspace has no way to bring one along.
//!
//! Start with [`Settings`]. [`error`] has what can be wrong.

pub mod approvals;
pub mod error;
pub mod flow;
pub mod limits;
pub mod policy;

mod nearest;
mod network;
mod read;

pub use approvals::Approvals;
pub use error::SettingsError;
pub use flow::{Flow, MaxLabel, Models, RuleOfTwo};
pub use limits::{Amount, Limit, Limits};
pub use network::{Block, Network};
pub use policy::{Grants, Policy, Rules};

use boxagnts_capability::RuleKind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file's name in the folder of the user's configuration.
pub const FILE: &str = "config.toml";

/// No vendor asks for more; a larger number was meant for another unit.
const DEAREST: f64 = 100_000.0;

/// Every table that a file may have.
const TABLES: [&str; 12] = [
    "record",
    "network",
    "prices",
    "limits",
    "tools",
    "agents",
    "agent",
    "policy",
    "grants",
    "approvals",
    "flow",
    "models",
];

/// Everything that can be configured.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// `[record]`
    pub record: Record,
    /// `[prices]`: what tokens of a model cost, by the name that `--model` takes.
    pub prices: BTreeMap<String, Price>,
    /// `[network]`
    pub network: Network,
    /// `[approvals]`
    pub approvals: Approvals,
    /// `[flow]`
    pub flow: Flow,
    /// `[models]`: by the provider's name.
    pub models: BTreeMap<String, Models>,
    /// `[limits]`: what a call of any tool may use.
    pub limits: Limits,
    /// `[tools.NAME.limits]`: exactly what a call of one tool may use.
    pub tool_limits: BTreeMap<String, Limits>,
    /// `[agents.NAME.limits]`: the most that a call of one agent may use.
    pub agent_limits: BTreeMap<String, Limits>,
    /// `[agent]`
    pub agent: Agent,
    /// `[policy]` of each file that has one: each is a ceiling by itself.
    pub policies: Vec<Policy>,
    /// `[grants]`
    pub grants: Grants,
}

/// `[agent]`: what agents are offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Agent {
    /// `access`: which tools they see.
    pub access: Setting<Access>,
}

/// Which tools an agent sees.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// `"full"`: all.
    #[default]
    Full,
    /// `"read-only"`: those that change nothing.
    ReadOnly,
    /// `"search-only"`: those that look for something, and those that touch nothing.
    SearchOnly,
}

/// `[prices]."PROVIDER/MODEL"`: US dollars for a million tokens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Price {
    /// `input`: for those that the model reads.
    pub input: Setting<f64>,
    /// `output`: for those that it writes.
    pub output: Setting<f64>,
}

/// `[record]`: the journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// `location`: where journals are kept.
    pub location: Setting<Location>,
}

/// Where journals are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Location {
    /// `"data"`: in the user's data folder, where no workspace reaches.
    #[default]
    Data,
    /// `"workspace"`: in each workspace, under `.boxagnts/journal`.
    Workspace,
}

/// A value, and who said so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Who said so.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said anything.
    #[default]
    Default,
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// Counts from 1.
        line: usize,
    },
}

impl Settings {
    /// The defaults under the layer of this file, if there is such a file.
    pub fn read(file: &Path) -> Result<Self, SettingsError> {
        Self::default().under_file(file)
    }

    /// These settings under the layer of a file, if there is such a file: what stands there wins.
    pub fn under_file(self, file: &Path) -> Result<Self, SettingsError> {
        match read::text_of(file)? {
            Some(text) => self.under(&text, file),
            None => Ok(self),
        }
    }

    /// These settings under a layer that was read already. The path is for people.
    pub fn under(self, text: &str, file: &Path) -> Result<Self, SettingsError> {
        let settings = self.under_unproved(text, file)?;
        let policies = settings.policies.iter().flat_map(|policy| policy.rules.failures(RuleKind::Ceiling));
        match policies.chain(settings.grants.failures()).next() {
            Some(failure) => Err(SettingsError::Example(Box::new(failure))),
            None => Ok(settings),
        }
    }

    /// The same without trying the examples of policies and grants.
    pub(crate) fn under_unproved(mut self, text: &str, file: &Path) -> Result<Self, SettingsError> {
        let layer = read::Layer::parse(text, file)?;
        let [record, network, prices, all, tools, agents, agent, policy, grants, approvals, flow, models] =
            layer.tables(TABLES)?;
        self.approvals.take(&approvals)?;
        let [access] = agent.values(["access"])?;
        if let Some(access) = access {
            let words = [("full", Access::Full), ("read-only", Access::ReadOnly), ("search-only", Access::SearchOnly)];
            self.agent.access = access.one_of(&words)?;
        }
        let rules = Rules::of_table(&policy)?;
        if !rules.is_silent() {
            self.policies.push(Policy { path: file.to_owned(), rules });
        }
        self.grants.extend(Grants::of_table(&grants)?);
        let [location] = record.values(["location"])?;
        if let Some(location) = location {
            let words = [("data", Location::Data), ("workspace", Location::Workspace)];
            self.record.location = location.one_of(&words)?;
        }
        self.network.take(&network)?;
        for (model, price) in prices.tables("a table, such as { input = 1.25, output = 10 }")? {
            let [input, output] = price.all_of(["input", "output"])?;
            let (input, output) = (input.number(0.0..=DEAREST)?, output.number(0.0..=DEAREST)?);
            self.prices.insert(model, Price { input, output });
        }
        self.flow = self.flow.under(&flow)?;
        self.models = flow::models(self.models, &models)?;
        limits::read(&mut self, &all, &tools, &agents)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
