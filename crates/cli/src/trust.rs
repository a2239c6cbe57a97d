//! `boxagnts trust`, and what is said about a workspace that is not trusted.

use crate::args::{Arguments, TrustArguments};
use crate::ask;
use crate::exit::Exit;
use crate::run::{config, print_line};
use crate::tell::tell;
use boxagnts_runtime::{Brought, Runtime, TrustState, visible_line};

/// How many changes are named when a workspace is not what it was; `trust --show` names all.
const NAMED: usize = 5;

/// Shows what the workspace brings along, and trusts it if the person agrees.
pub(crate) fn trust(arguments: &Arguments, trust: &TrustArguments) -> anyhow::Result<Exit> {
    let runtime = Runtime::open(config(arguments))?;
    if trust.revoke {
        runtime.distrust()?;
        tell("This workspace is not trusted: what it brings along changes nothing.");
        return Ok(Exit::Done);
    }
    let state = runtime.trust_state()?;
    print_line(state_line(&state))?;
    if let TrustState::Changed { what } = &state {
        what.iter().try_for_each(|change| print_line(&format!("  {}", visible_line(change))))?;
    }
    let brought = runtime.brought()?;
    show(&brought)?;
    if trust.show || matches!(state, TrustState::Trusted { .. }) {
        return Ok(Exit::Done);
    }
    if !trust.yes && !ask::somebody_is_there() {
        tell("Nobody is here to agree; to agree beforehand: boxagnts trust --yes");
        return Ok(Exit::Unanswered);
    }
    if !trust.yes && !ask::agrees("Trust it?") {
        tell("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    runtime.trust(&brought)?;
    tell("Trusted, exactly as shown. Take it back with: boxagnts trust --revoke");
    Ok(Exit::Done)
}

/// Before a call can happen: says that something lies here and does not count. It holds up nobody.
pub(crate) fn tell_of(runtime: &Runtime, arguments: &Arguments) -> anyhow::Result<()> {
    match runtime.trust_state()? {
        TrustState::Nothing | TrustState::Trusted { .. } => {}
        TrustState::Untrusted if arguments.quiet => {}
        TrustState::Untrusted => {
            tell("This workspace brings a .boxagnts along, which changes nothing until you run: boxagnts trust");
        }
        TrustState::Changed { what } => {
            tell("WARNING: what this workspace brings along is not what you trusted:");
            what.iter().take(NAMED).for_each(|change| tell(&format!("  {}", visible_line(change))));
            if NAMED < what.len() {
                tell(&format!("  … {} more; see them with: boxagnts trust --show", what.len() - NAMED));
            }
            tell(
                "It changes nothing until you run: boxagnts trust. The bounds that you trusted still hold, until: boxagnts trust --revoke",
            );
        }
    }
    Ok(())
}

fn state_line(state: &TrustState) -> &'static str {
    match state {
        TrustState::Nothing => "This workspace brings nothing along.",
        TrustState::Untrusted => "This workspace is not trusted: what it brings along changes nothing.",
        TrustState::Changed { .. } => {
            "What this workspace brings along is not what you trusted. The bounds that you trusted still hold:"
        }
        TrustState::Trusted { .. } => "This workspace is trusted.",
    }
}

fn show(brought: &Brought) -> std::io::Result<()> {
    if brought.files.is_empty() {
        return Ok(());
    }
    print_line("\nIt brings along:")?;
    for line in &brought.policy {
        print_line(&format!("  policy  {}", visible_line(line)))?;
    }
    for tool in &brought.tools {
        print_line(&format!("  tool    {}", visible_line(tool)))?;
    }
    let files = if brought.files.len() == 1 { "file" } else { "files" };
    print_line(&format!("  {} {files}, sha256:{}", brought.files.len(), brought.digest))
}
