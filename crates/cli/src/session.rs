//! `boxagnts session`: what happened here.

use crate::adopt;
use crate::args::{AnswerWord, Arguments, Format, SessionCommand};
use crate::ask;
use crate::exit::Exit;
use crate::journal;
use crate::paint::width;
use crate::report::brief;
use crate::run::{config, on_this_thread, print_line};
use crate::tell::tell;
use boxagnts_runtime::{Answer, Runtime, SessionId, SessionSummary, visible_line};
use serde_json::json;

/// Lists sessions or shows one.
pub(crate) fn session(arguments: &Arguments, command: &SessionCommand) -> anyhow::Result<Exit> {
    on_this_thread(async {
        let runtime = Runtime::open(config(arguments))?;
        if matches!(command, SessionCommand::List { .. } | SessionCommand::Show { .. }) {
            adopt::tell_of(&runtime).await;
        }
        match command {
            SessionCommand::Adopt { yes } => return adopt::adopt(&runtime, *yes).await,
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
            SessionCommand::Answer { id, answer } => return answer_questions(&runtime, *id, *answer).await,
        }
        Ok(Exit::Done)
    })
}

/// Answers what a session asks, whoever runs it.
async fn answer_questions(runtime: &Runtime, id: SessionId, answer: Option<AnswerWord>) -> anyhow::Result<Exit> {
    let questions = runtime.questions(id).await?;
    if questions.is_empty() {
        tell("This session asks nothing now.");
        return Ok(Exit::Failed);
    }
    let given = match answer {
        None if !ask::somebody_is_there() => {
            for question in &questions {
                print_line(&format!(
                    "{} asks for {}",
                    visible_line(question.tool.as_str()),
                    question.effects.join("; ")
                ))?;
            }
            tell("Answer with once, session or no: boxagnts session answer ID ANSWER");
            return Ok(Exit::Unanswered);
        }
        None => None,
        Some(_) if 1 < questions.len() => {
            tell(
                "Several questions are open; answer them one by one on a terminal, without an answer on the command line.",
            );
            return Ok(Exit::Usage);
        }
        Some(AnswerWord::Once) => Some(Answer::Once),
        Some(AnswerWord::Session) => Some(Answer::Session),
        Some(AnswerWord::No) => Some(Answer::No),
    };
    for question in questions {
        // The record says at once when somebody else was faster.
        let answer = given.unwrap_or_else(|| ask::ask(&question, &|| true).unwrap_or(Answer::No));
        runtime.answer(id, &question, answer).await?;
    }
    Ok(Exit::Done)
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
        "damage": session.damage,
    })
}
