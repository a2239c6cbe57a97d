//! `boxagnts session`: what happened here.

use crate::args::{Arguments, Format, SessionCommand};
use crate::exit::Exit;
use crate::journal;
use crate::paint::width;
use crate::report::brief;
use crate::run::{config, on_this_thread, print_line};
use crate::tell::tell;
use boxagnts_runtime::{Runtime, SessionSummary};
use serde_json::json;

/// Lists sessions or shows one.
pub(crate) fn session(arguments: &Arguments, command: &SessionCommand) -> anyhow::Result<Exit> {
    on_this_thread(async {
        let runtime = Runtime::open(config(arguments))?;
        match command {
            SessionCommand::List { limit, output_format } => {
                let sessions = runtime.sessions(*limit).await?;
                match output_format {
                    Format::Text => print_list(&sessions)?,
                    Format::Json => print_line(&json!(sessions.iter().map(as_json).collect::<Vec<_>>()).to_string())?,
                }
            }
            SessionCommand::Show { id, output_format } => {
                let events = runtime.events(*id, 0).await?;
                match output_format {
                    Format::Text => journal::print(&events)?,
                    Format::Json => print_line(&serde_json::to_string(&events)?)?,
                }
            }
        }
        Ok(Exit::Done)
    })
}

fn print_list(sessions: &[SessionSummary]) -> std::io::Result<()> {
    if sessions.is_empty() {
        tell("No sessions in this workspace yet. Start one with: boxagnts run -p TEXT --model PROVIDER/MODEL");
    }
    for session in sessions {
        let turns = if session.turns == 1 { "turn" } else { "turns" };
        let time = journal::minute(session.updated);
        // Calls by hand are sessions without a turn.
        let title = if session.turns == 0 { "(a call by hand)" } else { &session.title };
        let title = brief(title, width(&std::io::stdout()).saturating_sub(58));
        print_line(&format!("{}  {time}  {:>3} {turns:<5}  {title}", session.session, session.turns))?;
    }
    Ok(())
}

fn as_json(session: &SessionSummary) -> serde_json::Value {
    json!({
        "session": session.session,
        "started": session.started,
        "updated": session.updated,
        "turns": session.turns,
        "events": session.events,
        "title": session.title,
        "holder": session.holder,
    })
}
