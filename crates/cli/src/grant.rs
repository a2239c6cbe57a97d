//! `boxagnts grant`: what tools may do for longer than one answer.

use crate::args::{Arguments, Format, GrantCommand, ScopeWord};
use crate::exit::{Exit, WrongUsage};
use crate::journal::minute;
use crate::run::{config, on_this_thread, print_line};
use crate::tell::tell;
use boxagnts_runtime::{Grant, GrantScope, NewGrant, Runtime, SessionId, visible_line};
use serde_json::{Value, json};

/// Lists grants, gives one or takes one back.
pub(crate) fn grant(arguments: &Arguments, command: &GrantCommand) -> anyhow::Result<Exit> {
    on_this_thread(async {
        let runtime = Runtime::open(config(arguments))?;
        match command {
            GrantCommand::List { output_format } => list(&runtime.grants()?, *output_format)?,
            GrantCommand::Add { capability, tool, scope, session, expires, output_format } => {
                let (capability, tool) = (capability.clone(), tool.clone());
                let new = NewGrant { capability, tool, scope: reach(*scope, *session)?, expiry: *expires };
                let grant = runtime.grant(new).await?;
                match output_format {
                    Format::Json => print_line(&as_json(&grant).to_string())?,
                    Format::Text => print_line(&line(&grant))?,
                }
            }
            GrantCommand::Revoke { id } => {
                let grant = runtime.revoke(*id)?;
                tell(&format!("{} is no longer granted.", visible_line(&grant.capability.to_string())));
            }
        }
        Ok(Exit::Done)
    })
}

fn reach(scope: ScopeWord, session: Option<SessionId>) -> Result<GrantScope, WrongUsage> {
    match (scope, session) {
        (ScopeWord::Session, Some(session)) => Ok(GrantScope::Session(session)),
        (ScopeWord::Session, None) => {
            Err(WrongUsage("which session? name it with --session ID; boxagnts session list shows them".to_owned()))
        }
        (ScopeWord::Workspace, None) => Ok(GrantScope::Workspace),
        (ScopeWord::Always, None) => Ok(GrantScope::Always),
        (ScopeWord::Workspace | ScopeWord::Always, Some(_)) => {
            Err(WrongUsage("--session goes with --scope session alone".to_owned()))
        }
    }
}

fn list(grants: &[Grant], format: Format) -> std::io::Result<()> {
    if format == Format::Json {
        return print_line(&json!(grants.iter().map(as_json).collect::<Vec<_>>()).to_string());
    }
    if grants.is_empty() {
        tell(
            "Nothing is granted here beyond the defaults and your settings. Grant with: boxagnts grant add CAPABILITY",
        );
    }
    grants.iter().try_for_each(|grant| print_line(&line(grant)))
}

fn line(grant: &Grant) -> String {
    let reach = match grant.scope {
        GrantScope::Session(session) => format!("session {session}"),
        GrantScope::Workspace => "workspace".to_owned(),
        GrantScope::Always => "always".to_owned(),
    };
    let end = grant.expires.map_or_else(String::new, |end| format!(", until {}", minute(end)));
    let tool = grant.tool.as_ref().map_or_else(String::new, |tool| format!(" for {tool}"));
    format!("{}  {}{tool}  ({reach}{end})", grant.id, visible_line(&grant.capability.to_string()))
}

fn as_json(grant: &Grant) -> Value {
    let (scope, session) = match grant.scope {
        GrantScope::Session(session) => ("session", Some(session)),
        GrantScope::Workspace => ("workspace", None),
        GrantScope::Always => ("always", None),
    };
    json!({
        "id": grant.id,
        "capability": grant.capability.to_string(),
        "for": grant.tool,
        "scope": scope,
        "session": session,
        "created": grant.created,
        "expires": grant.expires,
        "by": grant.by,
    })
}
