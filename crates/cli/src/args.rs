//! What can be asked for on the command line.

mod law;

pub(crate) use law::{GrantCommand, PolicyCommand, ScopeWord, TrustArguments};

use crate::audit::AuditCommand;
use crate::compile::CompileArguments;
use crate::secret::SecretCommand;
use boxagnts_runtime::{Capability, FolderMap, Mode, SessionId};
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// A local-first runtime for AI agents: each tool is a WebAssembly component that holds only what it was granted.
///
/// Without a command it starts the server and prints the link to its dashboard.
#[derive(Debug, Parser)]
#[command(name = "boxagnts", version, styles = STYLES, after_help = AFTER)]
pub(crate) struct Arguments {
    /// The folder that the agent works in; its tools see it as /workspace
    #[arg(long, global = true, help_heading = EVERYWHERE, value_name = "DIR", default_value = ".")]
    pub(crate) workspace_dir: PathBuf,
    /// Another folder, shown to tools as /folders/NAME; read-only unless it ends in :rw
    #[arg(long = "map", global = true, help_heading = EVERYWHERE, value_name = "PATH[:NAME][:rw]")]
    pub(crate) maps: Vec<FolderMap>,
    /// Say less on standard error
    #[arg(long, short, global = true, help_heading = EVERYWHERE, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more on standard error
    #[arg(long, short, global = true, help_heading = EVERYWHERE)]
    pub(crate) verbose: bool,
    #[command(flatten)]
    pub(crate) serve: ServeArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// How the server starts, when there is no command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of the server")]
pub(crate) struct ServeArguments {
    /// The address that the server listens at; one that other machines reach needs --token-file
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<IpAddr>,
    /// The port that it listens at, 30001 unless said; 0 takes any that is free
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
    /// A file of mode 0600 with the token that programs show
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Which model answers in a new session, as PROVIDER/MODEL; without it the one that answered last
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub(crate) model: Option<String>,
}

impl ServeArguments {
    /// The first option that was given.
    pub(crate) fn first_given(&self) -> Option<&'static str> {
        let given = [
            (self.host.is_some(), "--host"),
            (self.port.is_some(), "--port"),
            (self.token_file.is_some(), "--token-file"),
            (self.model.is_some(), "--model"),
        ];
        given.into_iter().find_map(|(is_given, option)| is_given.then_some(option))
    }
}

/// Over the options that every command takes.
const EVERYWHERE: &str = "Options of every command";

const AFTER: &str = "\
Start the dashboard:
  boxagnts --workspace-dir DIR --port 30001

Try it without a key or a network:
  boxagnts run -p \"show me around\" --model demo/tour --allow fs.write:/workspace/REPORT.md

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 stopped by a limit, 4 something had to be asked and nobody was there, 130 interrupted, 143 terminated.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Give an agent one task and print its answer
    Run(RunArguments),
    /// Print a link that logs a browser in to the server of this workspace
    Open,
    /// See the tools, and call one by hand
    #[command(subcommand)]
    Tool(ToolCommand),
    /// See the sessions of this workspace and what happened in them
    #[command(subcommand)]
    Session(SessionCommand),
    /// Keep passwords and keys, each for one host, where no tool and no model sees them
    #[command(subcommand)]
    Secret(SecretCommand),
    /// See, give and take back what tools may do for longer than one session
    #[command(subcommand)]
    Grant(GrantCommand),
    /// Ask why something is allowed or refused, and try the examples of a policy
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Decide whether what this workspace brings along in .boxagnts counts
    Trust(TrustArguments),
    /// See what was allowed and refused, and whether that record is as it was written
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Compile a component under limits; the program calls this by itself
    #[command(hide = true)]
    CompileComponent(CompileArguments),
}

impl Command {
    /// Whether a program reads the output, rather than a person.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Session(SessionCommand::Answer { .. } | SessionCommand::Adopt { .. })
            | Self::Open
            | Self::Trust(_)
            | Self::CompileComponent(_) => false,
            Self::Grant(grant) => grant.wants_json(),
            Self::Policy(policy) => policy.wants_json(),
            Self::Audit(audit) => audit.wants_json(),
            Self::Secret(secret) => secret.wants_json(),
            Self::Run(run) => run.output_format != RunFormat::Text,
            Self::Tool(
                ToolCommand::List { output_format }
                | ToolCommand::Show { output_format, .. }
                | ToolCommand::Call { output_format, .. },
            )
            | Self::Session(SessionCommand::List { output_format, .. } | SessionCommand::Show { output_format, .. }) => {
                *output_format == Format::Json
            }
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// What the agent should do; - reads it from standard input
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) prompt: String,
    /// Which model answers, as PROVIDER/MODEL
    #[arg(long, value_name = "PROVIDER/MODEL")]
    pub(crate) model: String,
    /// Go on with the session of this workspace in which something happened last
    #[arg(short = 'c', long = "continue", conflicts_with = "resume")]
    pub(crate) go_on: bool,
    /// Go on with this session
    #[arg(short, long, value_name = "ID")]
    pub(crate) resume: Option<SessionId>,
    #[command(flatten)]
    pub(crate) law: LawArguments,
    /// How the result is printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = RunFormat::Text)]
    pub(crate) output_format: RunFormat,
    /// End the turn after this many requests to the model
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: Option<u32>,
    /// End the turn when the session has used up this many tokens, over all its turns
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_tokens: Option<u64>,
    /// End the turn when the session has cost this many US dollars; the model's price stands in the settings
    #[arg(long, value_name = "X", value_parser = dollars)]
    pub(crate) max_budget_usd: Option<u64>,
    /// End the turn when the turns of the session have taken this long, such as 90s, 10m or 2h
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) max_time: Option<Duration>,
}

/// Reads an amount of money, in millionths of a dollar.
fn dollars(text: &str) -> Result<u64, String> {
    let wrong = || {
        format!("{text:?} is no amount of dollars; write it like 0.50 or 3, with at most six digits behind the point")
    };
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(part) || 6 < part.len() {
        return Err(wrong());
    }
    let millionths: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
    let whole: u64 = whole.parse().map_err(|_| wrong())?;
    let sum = whole.checked_mul(1_000_000).and_then(|whole| whole.checked_add(millionths));
    sum.filter(|sum| *sum != 0).ok_or_else(wrong)
}

/// Reads a span of time: a whole number of seconds, minutes or hours.
fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time; write a whole number with its unit, such as 90s, 10m or 2h");
    let (number, seconds) = match text.char_indices().last() {
        Some((end, 's')) => (&text[..end], 1),
        Some((end, 'm')) => (&text[..end], 60),
        Some((end, 'h')) => (&text[..end], 3600),
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().ok().filter(|number| *number != 0).ok_or_else(wrong)?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[derive(Debug, Args)]
pub(crate) struct LawArguments {
    /// What happens to an effect that wants a yes: ask, accept-edits, plan, dont-ask or bypass
    #[arg(long, value_name = "MODE", default_value = "ask")]
    pub(crate) permission_mode: Mode,
    /// Grant a capability for this session
    #[arg(
        long,
        value_name = "CAPABILITY",
        help = "Grant a capability for this session, such as fs.write:/workspace/out"
    )]
    pub(crate) allow: Vec<Capability>,
    /// Refuse a capability for this session; a refusal beats every grant
    #[arg(long, value_name = "CAPABILITY")]
    pub(crate) deny: Vec<Capability>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunFormat {
    /// The answer as text; what the tools do goes to standard error
    Text,
    /// One JSON object at the end
    Json,
    /// One JSON object for each event, as it happens
    StreamJson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ToolCommand {
    /// List the tools
    List {
        /// How the list is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Show what a tool does, what it takes and what it asks for
    Show {
        /// The tool
        name: String,
        /// How it is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Call a tool by hand, under the same law as a model's call
    Call {
        /// The tool
        name: String,
        /// Its input, a JSON object; - reads it from standard input
        input: String,
        #[command(flatten)]
        law: LawArguments,
        /// How the result is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List the sessions of this workspace, newest first
    List {
        /// At most this many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
        /// How the list is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Show what happened in a session, from its journal
    Show {
        /// The session, as `session list` prints it
        id: SessionId,
        /// How it is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Bring along the journal of this folder from before it was moved, copied or restored
    Adopt {
        /// Agree without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Answer the questions of a session, also of one that another process runs
    Answer {
        /// The session, as `session list` prints it
        id: SessionId,
        /// The answer to its open question; without it each one is shown and asked
        #[arg(value_enum)]
        answer: Option<AnswerWord>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerWord {
    /// Yes, this once
    Once,
    /// Yes, and the same again in this session
    Session,
    /// No
    No,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }
}
