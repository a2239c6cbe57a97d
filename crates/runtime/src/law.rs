//! The law of a session: every ceiling and every layer of grants, put together in one place.
//!
//! A session begins with the rulebook that is made here, and `policy explain` asks the same one. A policy that cannot
//! be understood is no policy that says nothing: then there is no rulebook, and so no session.

use crate::config::SessionOptions;
use crate::error::StartError;
use crate::house::Runtime;
use crate::toolbox;
use boxagnts_capability::{Capability, Ceiling, Layer, Rule, RuleKind, Rulebook, Subject, Verdict};
use boxagnts_settings::{Policy, Rules, Settings};
use boxagnts_tools::Access;
use boxagnts_types::ToolName;
use boxagnts_workspace::read_managed;
use std::path::Path;

/// The policy that whoever runs the machine puts above its users.
const MANAGED: &str = "/etc/boxagnts/policy.toml";
/// Whose it must be.
const ADMINISTRATOR: u32 = 0;
/// A policy is written by hand.
const LONGEST_POLICY: u64 = 1 << 20;

/// What holds for every session of this program, as the files say it.
pub(crate) struct Law {
    managed: Option<Rules>,
    policies: Vec<Policy>,
    grants: boxagnts_settings::Grants,
    access: Access,
}

impl Law {
    /// Reads the managed policy, and takes over what the person's settings say.
    pub(crate) fn read(settings: &Settings) -> Result<Self, StartError> {
        let path = Path::new(MANAGED);
        let text = read_managed(path, ADMINISTRATOR, LONGEST_POLICY).map_err(StartError::Managed)?;
        let proved = |text: String| Rules::of_policy(&text, path)?.proved(RuleKind::Ceiling);
        let access = match settings.agent.access.value {
            boxagnts_settings::Access::Full => Access::Full,
            boxagnts_settings::Access::ReadOnly => Access::ReadOnly,
            boxagnts_settings::Access::SearchOnly => Access::SearchOnly,
        };
        Ok(Self {
            managed: text.map(proved).transpose().map_err(StartError::Policy)?,
            policies: settings.policies.clone(),
            grants: settings.grants.clone(),
            access,
        })
    }

    /// Which tools the settings let a session be offered.
    pub(crate) fn access_at_most(&self) -> Access {
        self.access
    }

    /// Which tools a session is offered: no more than the settings say, and no more than its options.
    pub(crate) fn access(&self, options: &SessionOptions) -> Access {
        options.access.unwrap_or_default().max(self.access)
    }
}

/// The rulebook of a session with these options, but for the grants of that one session.
pub(crate) fn rulebook(house: &Runtime, options: &SessionOptions) -> Result<Rulebook, StartError> {
    let mut book = Rulebook::defaults(options.mode).with_rule_of_two(house.flow.rule);
    for map in house.maps.iter().filter(|map| map.writable) {
        book = book.with_writable_folder(&toolbox::folder_path(&map.name)?);
    }
    for ceiling in house.toolbox.ceilings().chain(house.brought.borrow().ceilings()) {
        book = book.with_ceiling(ceiling.clone());
    }
    if let Some(rules) = &house.law.managed {
        book = under(book, rules, &format!("the managed policy {MANAGED}"));
    }
    for Policy { path, rules } in &house.law.policies {
        book = under(book, rules, &format!("the user's policy {}", name_of(path)));
    }
    if let Some(rules) = house.trusted_rules()? {
        book = under(book, &rules, "the workspace's policy .boxagnts/config.toml");
    }
    book = granted(book, &house.law);
    let stored = house.grants.rules(None)?;
    book = book.with_layer(Layer::Granted, &stored);
    let given = |verdict, capability: &Capability| Rule {
        verdict,
        capability: capability.clone(),
        layer: Layer::CommandLine,
        subject: Subject::BuiltIn,
    };
    book = options.allow.iter().fold(book, |book, capability| book.with(given(Verdict::Allow, capability)));
    Ok(options.deny.iter().fold(book, |book, capability| book.with(given(Verdict::Deny, capability))))
}

/// The book under the ceiling of one file. Each line that takes something away is named with its place.
fn under(mut book: Rulebook, rules: &Rules, origin: &str) -> Rulebook {
    if let Some(allow) = &rules.allow {
        let leaves = allow.lines.iter().map(|line| line.capability.clone()).collect();
        let origin = format!("{origin}:{}", allow.place.line);
        book = book.with_ceiling(Ceiling { allow: Some(leaves), ..Ceiling::new(origin) });
    }
    for (verdict, line) in rules.lines() {
        let one = vec![line.capability.clone()];
        let ceiling = Ceiling::new(format!("{origin}:{}", line.place.line));
        book = match verdict {
            Verdict::Allow => continue,
            Verdict::Ask => book.with_ceiling(Ceiling { ask: one, ..ceiling }),
            Verdict::Deny => book.with_ceiling(Ceiling { deny: one, ..ceiling }),
        };
    }
    book
}

/// The book with the grants of the person's settings.
fn granted(book: Rulebook, law: &Law) -> Rulebook {
    let subject = |tool: Option<&ToolName>| tool.map_or(Subject::BuiltIn, |tool| Subject::Tool(tool.clone()));
    let all = law.grants.all().flat_map(|(tool, rules)| rules.lines().map(move |line| (tool, line)));
    all.fold(book, |book, (tool, (verdict, line))| {
        let capability = line.capability.clone();
        let rule = Rule { verdict, capability, layer: Layer::UserConfig, subject: subject(tool) };
        book.with_placed(rule, &format!("{}:{}", name_of(&line.place.path), line.place.line))
    })
}

/// A file of the person's as the model may read of it, without the folder, which would tell who the person is.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
