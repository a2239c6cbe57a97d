//! Grants, policies and trust on the command line.

use super::{Format, LawArguments};
use boxagnts_runtime::{Capability, Effect, Expiry, GrantId, SessionId, ToolName};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// List the grants that reach this workspace and its sessions
    List {
        /// How the list is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Grant a capability; sessions that run see it at once
    Add {
        /// The capability, such as fs.write:/workspace/out
        capability: Capability,
        /// Grant it to this tool alone; without it, to the tools that come with the program
        #[arg(long = "for", value_name = "TOOL")]
        tool: Option<ToolName>,
        /// How far it reaches
        #[arg(long, value_enum, value_name = "SCOPE", default_value_t = ScopeWord::Workspace)]
        scope: ScopeWord,
        /// The session, with --scope session
        #[arg(long, value_name = "ID")]
        session: Option<SessionId>,
        /// When it ends by itself: a span such as 90s, 10m, 2h or 7d, or a time such as 2027-01-31T18:00:00Z
        #[arg(long, value_name = "END")]
        expires: Option<Expiry>,
        /// How the grant is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Take a grant back; what runs is refused its next effect
    Revoke {
        /// The grant, as `grant list` prints it
        id: GrantId,
    },
}

impl GrantCommand {
    pub(super) fn wants_json(&self) -> bool {
        match self {
            Self::List { output_format } | Self::Add { output_format, .. } => *output_format == Format::Json,
            Self::Revoke { .. } => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeWord {
    /// One session, named by --session
    Session,
    /// This workspace
    Workspace,
    /// Every workspace of yours
    Always,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Say what would be decided about an effect, by which rule, and what would open it
    Explain {
        /// The effect, such as fs.write:/workspace/a.txt or network:https://api.example.com
        effect: Effect,
        /// The agent that would want it
        #[arg(long, value_name = "NAME", default_value = "main")]
        agent: String,
        /// The tool that would have it; without it, any that comes with the program
        #[arg(long = "for", value_name = "TOOL")]
        tool: Option<ToolName>,
        #[command(flatten)]
        law: LawArguments,
        /// How it is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Try the examples that the lines of a file carry: a policy, or settings with [policy] or [grants]
    Test {
        /// The file
        file: PathBuf,
    },
}

impl PolicyCommand {
    pub(super) fn wants_json(&self) -> bool {
        matches!(self, Self::Explain { output_format: Format::Json, .. })
    }
}

#[derive(Debug, Args)]
pub(crate) struct TrustArguments {
    /// Show what this workspace brings along and whether it counts, and change nothing
    #[arg(long, conflicts_with_all = ["revoke", "yes"])]
    pub(crate) show: bool,
    /// Trust it no longer
    #[arg(long, conflicts_with = "yes")]
    pub(crate) revoke: bool,
    /// Agree without being asked
    #[arg(long)]
    pub(crate) yes: bool,
}
