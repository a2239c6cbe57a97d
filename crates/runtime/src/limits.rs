//! Which limits hold for a tool, and who said so.
//!
//! Without a word of anybody the sandbox's own defaults hold. A manifest may ask for less as it likes. It gets more only
//! up to what the person wrote in `[limits]`; without that a built-in tool gets what it states, and a foreign one the
//! default. `[tools.NAME.limits]` is the person's exact word for one tool. `[agents.NAME.limits]` is the most that calls
//! of one agent may have, whatever the tool.

use boxagnts_catalog::RequestedLimits;
use boxagnts_sandbox::Limits;
use boxagnts_settings::{Amount, Limit, Origin, Setting, Settings};
use boxagnts_types::{AgentName, ToolName};
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// What holds for the calls of one tool. What nobody bounds has no amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InForce(Vec<(Limit, Option<Amount>, From)>);

/// Who said so.
#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// Nobody.
    Default,
    /// The tool's manifest.
    Manifest,
    /// The person, in a file.
    Person(Origin),
}

/// A tool, as far as its limits go.
pub(crate) struct Asking<'t> {
    pub(crate) tool: &'t ToolName,
    pub(crate) asked: &'t RequestedLimits,
    /// Whether it is part of this program.
    pub(crate) built_in: bool,
}

impl InForce {
    /// The limits of a tool in the hands of an agent.
    pub(crate) fn of(settings: &Settings, tool: &Asking<'_>, agent: &AgentName) -> Self {
        let defaults = Limits::default();
        let of_tool = settings.tool_limits.get(tool.tool.as_str());
        let of_agent = settings.agent_limits.get(agent.as_str());
        let in_force = |limit| {
            let default = amount(&defaults, limit);
            let (mut value, mut from) = (default, From::Default);
            let general = settings.limits.get(limit);
            said(general, &mut value, &mut from);
            let cap = if tool.built_in && general.is_none() { Some(limit.most()) } else { value };
            if let Some(asked) = asked(tool.asked, limit).filter(|asked| cap.is_none_or(|cap| *asked <= cap)) {
                (value, from) = (Some(asked), From::Manifest);
            }
            said(of_tool.and_then(|limits| limits.get(limit)), &mut value, &mut from);
            let narrower = |most: &&Setting<Amount>| value.is_none_or(|value| most.value < value);
            let narrower = of_agent.and_then(|limits| limits.get(limit)).filter(narrower);
            said(narrower, &mut value, &mut from);
            (limit, value, from)
        };
        Self(Limit::ALL.into_iter().map(in_force).collect())
    }

    /// As the sandbox takes them.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (limit, value, _) in &self.0 {
            if let Some(value) = value {
                set(&mut limits, *limit, *value);
            }
        }
        limits
    }

    /// One line for each, for people.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(limit, value, from): &(Limit, Option<Amount>, From)| match value {
            Some(value) => format!("{} {value}{from}", limit.key()),
            None => format!("{} off{from}", limit.key()),
        };
        self.0.iter().map(line).collect()
    }
}

impl Display for From {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default | Self::Person(Origin::Default) => Ok(()),
            Self::Manifest => f.write_str(", from its manifest"),
            Self::Person(Origin::File { path, line }) => write!(f, ", from {}:{line}", path.display()),
        }
    }
}

fn said(word: Option<&Setting<Amount>>, value: &mut Option<Amount>, from: &mut From) {
    if let Some(word) = word {
        (*value, *from) = (Some(word.value), From::Person(word.origin.clone()));
    }
}

/// What a manifest asks for.
fn asked(limits: &RequestedLimits, limit: Limit) -> Option<Amount> {
    match limit {
        Limit::Timeout => limits.timeout.map(Amount::Time),
        Limit::Memory => limits.memory.map(Amount::Size),
        _ => None,
    }
}

/// A limit of the sandbox, by its name in the settings, if it bounds anything.
fn amount(limits: &Limits, limit: Limit) -> Option<Amount> {
    let count = |number: usize| Amount::Count(number as u64);
    let size = |bytes: usize| Amount::Size(bytes as u64);
    Some(match limit {
        Limit::Timeout => Amount::Time(limits.wall_clock),
        Limit::Memory => Amount::Size(limits.memory),
        Limit::Fuel => return limits.fuel.map(Amount::Count),
        Limit::Instances => count(limits.instances),
        Limit::Memories => count(limits.memories),
        Limit::Tables => count(limits.tables),
        Limit::TableElements => count(limits.table_elements),
        Limit::Resources => count(limits.resources),
        Limit::RandomBytes => Amount::Size(limits.random_bytes),
        Limit::ModelOutput => size(limits.model_output),
        Limit::StoredOutput => Amount::Size(limits.stored_output),
        Limit::LogLines => Amount::Count(u64::from(limits.log_lines)),
        Limit::LogLine => size(limits.log_line_bytes),
        Limit::FilesWritten => Amount::Count(limits.files_written),
        Limit::BytesWritten => Amount::Size(limits.bytes_written),
        Limit::HttpConnect => Amount::Time(limits.http_connect),
        Limit::HttpFirstByte => Amount::Time(limits.http_first_byte),
        Limit::HttpIdle => Amount::Time(limits.http_idle),
        Limit::HttpTotal => Amount::Time(limits.http_total),
        Limit::HttpBodyIn => size(limits.http_body_in),
        Limit::HttpBodyOut => size(limits.http_body_out),
        Limit::HttpAtOnce => count(limits.http_at_once),
        Limit::HttpRequests => Amount::Count(limits.http_requests),
        Limit::HttpOut => Amount::Size(limits.http_out),
        Limit::Component => Amount::Size(limits.component_bytes),
        Limit::CompileTime => Amount::Time(limits.compile_time),
        Limit::CompileMemory => Amount::Size(limits.compile_memory),
    })
}

fn set(limits: &mut Limits, limit: Limit, value: Amount) {
    match limit {
        Limit::Timeout => limits.wall_clock = time(value),
        Limit::Memory => limits.memory = number(value),
        Limit::Fuel => limits.fuel = Some(number(value)),
        Limit::Instances => limits.instances = count(value),
        Limit::Memories => limits.memories = count(value),
        Limit::Tables => limits.tables = count(value),
        Limit::TableElements => limits.table_elements = count(value),
        Limit::Resources => limits.resources = count(value),
        Limit::RandomBytes => limits.random_bytes = number(value),
        Limit::ModelOutput => limits.model_output = count(value),
        Limit::StoredOutput => limits.stored_output = number(value),
        Limit::LogLines => limits.log_lines = u32::try_from(number(value)).unwrap_or(u32::MAX),
        Limit::LogLine => limits.log_line_bytes = count(value),
        Limit::FilesWritten => limits.files_written = number(value),
        Limit::BytesWritten => limits.bytes_written = number(value),
        Limit::HttpConnect => limits.http_connect = time(value),
        Limit::HttpFirstByte => limits.http_first_byte = time(value),
        Limit::HttpIdle => limits.http_idle = time(value),
        Limit::HttpTotal => limits.http_total = time(value),
        Limit::HttpBodyIn => limits.http_body_in = count(value),
        Limit::HttpBodyOut => limits.http_body_out = count(value),
        Limit::HttpAtOnce => limits.http_at_once = count(value),
        Limit::HttpRequests => limits.http_requests = number(value),
        Limit::HttpOut => limits.http_out = number(value),
        Limit::Component => limits.component_bytes = number(value),
        Limit::CompileTime => limits.compile_time = time(value),
        Limit::CompileMemory => limits.compile_memory = number(value),
    }
}

/// The settings give each limit an amount of its own unit.
fn time(value: Amount) -> Duration {
    match value {
        Amount::Time(time) => time,
        Amount::Size(number) | Amount::Count(number) => Duration::from_secs(number),
    }
}

fn number(value: Amount) -> u64 {
    match value {
        Amount::Size(number) | Amount::Count(number) => number,
        Amount::Time(time) => time.as_secs(),
    }
}

fn count(value: Amount) -> usize {
    usize::try_from(number(value)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const NOTHING: RequestedLimits = RequestedLimits { timeout: None, memory: None };

    fn in_force(text: &str, asked: &RequestedLimits, built_in: bool) -> InForce {
        let settings = Settings::default().under(text, Path::new("c.toml")).unwrap();
        let tool = "bash".parse().unwrap();
        InForce::of(&settings, &Asking { tool: &tool, asked, built_in }, &AgentName::main())
    }

    fn limits(text: &str, asked: &RequestedLimits, built_in: bool) -> Limits {
        in_force(text, asked, built_in).limits()
    }

    fn seconds(timeout: u64) -> RequestedLimits {
        RequestedLimits { timeout: Some(Duration::from_secs(timeout)), memory: None }
    }

    #[test]
    fn without_a_word_the_defaults_hold() {
        assert_eq!(limits("", &NOTHING, false), Limits::default());
    }

    #[test]
    fn each_setting_moves_one_limit_and_each_limit_has_a_setting() {
        let fields = |limits: &Limits| format!("{limits:?}").split(", ").map(str::to_owned).collect::<Vec<_>>();
        let default = fields(&Limits::default());
        let mut moved = Vec::new();
        for limit in Limit::ALL {
            let text = match limit.most() {
                Amount::Time(_) => format!("limits.{} = \"7ms\"", limit.key()),
                Amount::Size(_) => format!("limits.{} = \"7B\"", limit.key()),
                Amount::Count(_) => format!("limits.{} = 3", limit.key()),
            };
            let now = fields(&limits(&text, &NOTHING, true));
            let changed: Vec<usize> = (0..default.len()).filter(|field| default[*field] != now[*field]).collect();
            assert_eq!(changed.len(), 1, "{text}: {now:?}");
            moved.extend(changed);
        }
        moved.sort_unstable();
        assert_eq!(moved, (0..default.len()).collect::<Vec<_>>());
    }

    #[test]
    fn a_manifest_asks_for_less_freely() {
        for built_in in [true, false] {
            assert_eq!(limits("", &seconds(3), built_in).wall_clock, Duration::from_secs(3));
            assert_eq!(limits("limits.timeout = \"9s\"", &seconds(3), built_in).wall_clock, Duration::from_secs(3));
        }
    }

    #[test]
    fn a_foreign_manifest_gets_more_only_up_to_what_the_person_wrote() {
        let default = Limits::default().wall_clock;
        assert_eq!(limits("", &seconds(300), false).wall_clock, default);
        assert_eq!(limits("", &seconds(300), true).wall_clock, Duration::from_mins(5), "twin: it is ours");
        let general = "limits.timeout = \"1m\"";
        assert_eq!(limits(general, &seconds(300), false).wall_clock, Duration::from_mins(1));
        assert_eq!(limits(general, &seconds(300), true).wall_clock, Duration::from_mins(1), "the person's word counts");
        assert_eq!(limits(general, &seconds(45), false).wall_clock, Duration::from_secs(45));
    }

    #[test]
    fn the_word_for_one_tool_is_exact_and_an_agent_only_narrows() {
        let exact = "limits.timeout = \"1m\"\ntools.bash.limits.timeout = \"5m\"";
        assert_eq!(limits(exact, &seconds(3), false).wall_clock, Duration::from_mins(5));
        let other = "tools.grep.limits.timeout = \"5m\"";
        assert_eq!(limits(other, &NOTHING, false), Limits::default(), "another tool's");
        let agent = |most: &str| format!("{exact}\nagents.main.limits.timeout = {most:?}");
        assert_eq!(limits(&agent("2s"), &NOTHING, true).wall_clock, Duration::from_secs(2));
        assert_eq!(limits(&agent("9m"), &NOTHING, true).wall_clock, Duration::from_mins(5));
    }

    #[test]
    fn fuel_is_off_until_somebody_names_it_and_an_agents_word_alone_is_narrower_than_none() {
        let fuel = |text: &str| limits(text, &NOTHING, true).fuel;
        assert_eq!(fuel(""), None);
        assert_eq!(fuel("limits.fuel = 1_000"), Some(1000));
        assert_eq!(fuel("limits.fuel = 1000\ntools.bash.limits.fuel = 2000"), Some(2000));
        assert_eq!(fuel("tools.grep.limits.fuel = 2000"), None, "another tool's");
        assert_eq!(fuel("agents.main.limits.fuel = 3000"), Some(3000));
        assert_eq!(fuel("limits.fuel = 1000\nagents.main.limits.fuel = 3000"), Some(1000));
        let lines = in_force("limits.fuel = 1000", &NOTHING, true).lines();
        assert!(lines.contains(&"fuel 1000, from c.toml:1".to_owned()), "{lines:?}");
    }

    #[test]
    fn each_line_says_where_it_comes_from() {
        let lines = in_force("\nlimits.memory = \"32MiB\"", &seconds(3), true).lines();
        let first = ["timeout 3s, from its manifest", "memory 32MiB, from c.toml:2", "fuel off", "instances 10"];
        assert_eq!(lines[..4], first);
        assert_eq!(lines.len(), Limit::ALL.len());
    }
}
