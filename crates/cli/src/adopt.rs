//! `boxagnts session adopt`, and what is said about a journal that waits for it.

use crate::ask;
use crate::exit::Exit;
use crate::journal::minute;
use crate::run::print_line;
use crate::tell::tell;
use boxagnts_runtime::{AdoptError, Found, FoundKind, Runtime, visible_line};
use std::path::Path;

/// Shows what was found and adopts it, if the person agrees.
pub(crate) async fn adopt(runtime: &Runtime, agreed: bool) -> anyhow::Result<Exit> {
    let found = runtime.adoptable().await?;
    print_line(&told(&found))?;
    print_line(&format!("It lies in {}.", shown(&found.folder)))?;
    print_line(consequence(&found))?;
    if !agreed && !ask::somebody_is_there() {
        tell("Nobody is here to agree; to agree beforehand: boxagnts session adopt --yes");
        return Ok(Exit::Unanswered);
    }
    if !agreed && !ask::agrees("Adopt it?") {
        tell("Nothing was changed.");
        return Ok(Exit::Failed);
    }
    runtime.adopt(&found).await?;
    tell("Adopted. See its sessions with: boxagnts session list");
    Ok(Exit::Done)
}

/// Before something new is kept: says what could be brought along, and asks if somebody is there. A guess holds up
/// nobody: without a person, or without a yes, the work goes on.
pub(crate) async fn offer(runtime: &Runtime) -> anyhow::Result<()> {
    let Ok(Some(found)) = runtime.found().await else { return Ok(()) };
    if found.is_in_place {
        // The first change says why nothing can be kept.
        return Ok(());
    }
    tell(&told(&found));
    if !ask::somebody_is_there() {
        tell(
            "A new journal begins here now. To bring that one along instead, before a new one has begun: boxagnts session adopt",
        );
    } else if ask::agrees(&format!("{} Bring it along?", consequence(&found))) {
        match runtime.adopt(&found).await {
            // Whoever works on it may go on with it, and we here.
            Err(AdoptError::Held(holder)) => tell(&format!("It is in use by {holder} and stays where it is.")),
            adopted => adopted?,
        }
    }
    Ok(())
}

/// Says in which way the journal that is shown is not this folder's own, or where its own may lie.
pub(crate) async fn tell_of(runtime: &Runtime) {
    let Ok(Some(found)) = runtime.found().await else { return };
    tell(&told(&found));
    let what = if found.is_in_place { "It can only be read until it is adopted" } else { "It can be brought along" };
    tell(&format!("{what}: boxagnts session adopt"));
}

fn told(found: &Found) -> String {
    let from = found.workspace.as_deref().map(shown);
    let what = match (found.kind, from) {
        (FoundKind::Elsewhere, _) => "The journal of this folder lies where the settings had it before".to_owned(),
        (FoundKind::Moved, Some(from)) => {
            format!("This folder seems to have been moved; its journal is the one of {from}")
        }
        (FoundKind::Copied, Some(from)) => {
            format!("There is a journal of {from} that is a copy, was restored, or is of an earlier folder there")
        }
        (_, None) => "There is a journal here that was brought along by somebody".to_owned(),
    };
    let sessions = if found.sessions == 1 { "session" } else { "sessions" };
    let newest = found.newest.map(|newest| format!(", the newest of {}", minute(newest))).unwrap_or_default();
    format!("{what} ({} {sessions}{newest}).", found.sessions)
}

fn consequence(found: &Found) -> &'static str {
    match found.kind {
        FoundKind::Elsewhere | FoundKind::Moved => "Adopted, its sessions go on as they are.",
        FoundKind::Copied => {
            "Adopted, its sessions are sealed: they can be read, and gone on with in new sessions, since the original may \
             go on with them."
        }
    }
}

fn shown(path: &Path) -> String {
    visible_line(&path.display().to_string())
}
