//! `boxagnts tool`: the tools, and one call by hand.

use crate::adopt;
use crate::args::{Arguments, Format, RunFormat, ToolCommand};
use crate::exit::{Exit, WrongUsage};
use crate::input::text_or_stdin;
use crate::report::shown_content;
use crate::run::{config, loudness, on_this_thread, options, print_line, show, stop_on_signals};
use crate::tell::tell;
use crate::trust;
use crate::wall;
use boxagnts_runtime::{Answered, Outcome, Runtime, ToolCard, visible};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Lists tools, shows one or calls one.
pub(crate) fn tool(arguments: &Arguments, command: &ToolCommand) -> anyhow::Result<Exit> {
    match command {
        ToolCommand::List { output_format } => list(&cards(arguments)?, *output_format),
        ToolCommand::Show { name, output_format } => show_one(&known(arguments, name)?, *output_format),
        ToolCommand::Call { name, input, law, output_format } => {
            known(arguments, name)?;
            let input = text_or_stdin(input, "input")?;
            on_this_thread(async {
                let runtime = Runtime::open(config(arguments))?;
                wall::tell_of(&runtime, arguments.verbose);
                adopt::offer(&runtime).await?;
                trust::tell_of(&runtime, arguments)?;
                let session = Arc::new(runtime.start(options(law)).await?);
                let stopped = stop_on_signals(&session)?;
                let heard = session.subscribe();
                let shown = match output_format {
                    Format::Text if arguments.verbose => RunFormat::Text,
                    _ => RunFormat::Json,
                };
                let shown = async {
                    // Events are shown, and questions asked, until the call has its answer.
                    if show(&session, heard, shown, loudness(arguments)).await.is_err() {
                        session.stop();
                    }
                    std::future::pending::<()>().await;
                };
                let answered = tokio::select! {
                    answered = session.call(name, &input) => answered,
                    () = shown => anyhow::bail!("the call has no answer"),
                };
                session.close().await;
                let answered = answered?;
                print_answer(&answered, *output_format)?;
                Ok(match stopped.load(Ordering::Relaxed) {
                    0 => Exit::of_call(answered.answer.outcome, answered.unanswered),
                    15 => Exit::Terminated,
                    _ => Exit::Interrupted,
                })
            })
        }
    }
}

/// The tools of the program and of the workspace. Says what is left out.
fn cards(arguments: &Arguments) -> anyhow::Result<Vec<ToolCard>> {
    let (cards, left_out) = on_this_thread(async { Ok(Runtime::tools_in(config(arguments)).await?) })?;
    for why in left_out {
        tell(&why);
    }
    Ok(cards)
}

fn known(arguments: &Arguments, name: &str) -> anyhow::Result<ToolCard> {
    let tools = cards(arguments)?;
    let names: Vec<String> = tools.iter().map(|tool| tool.name.to_string()).collect();
    tools.into_iter().find(|tool| tool.name.as_str() == name).ok_or_else(|| {
        WrongUsage(format!("there is no tool {:?}; there are: {}", visible(name), names.join(", "))).into()
    })
}

fn list(tools: &[ToolCard], format: Format) -> anyhow::Result<Exit> {
    match format {
        Format::Json => print_line(&json!(tools.iter().map(as_json).collect::<Vec<_>>()).to_string())?,
        Format::Text => {
            let width = tools.iter().map(|tool| tool.name.as_str().len()).max().unwrap_or(0);
            for tool in tools {
                print_line(&format!("{:width$}  {:9}  {}", tool.name.as_str(), tool.level.to_string(), tool.summary))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn show_one(tool: &ToolCard, format: Format) -> anyhow::Result<Exit> {
    if format == Format::Json {
        print_line(&as_json(tool).to_string())?;
        return Ok(Exit::Done);
    }
    print_line(&format!("{} {} · {}", tool.name, tool.version, tool.origin))?;
    print_line(&format!("\n{}\n", visible(&tool.description)))?;
    print_line(&format!("level    {}", tool.level))?;
    print_line(&format!("digest   sha256:{}", tool.digest))?;
    for capability in &tool.permissions {
        print_line(&format!("asks for {capability}"))?;
    }
    for effect in &tool.effects {
        print_line(&format!("effect   {effect}"))?;
    }
    for limit in &tool.limits {
        print_line(&format!("limit    {limit}"))?;
    }
    print_line(&format!("\ninput\n{}", visible(&serde_json::to_string_pretty(&tool.input_schema)?)))?;
    Ok(Exit::Done)
}

fn as_json(tool: &ToolCard) -> Value {
    json!({
        "name": tool.name,
        "version": tool.version,
        "summary": tool.summary,
        "description": tool.description,
        "permission_level": tool.level,
        "origin": tool.origin,
        "digest": tool.digest,
        "permissions": tool.permissions,
        "effects": tool.effects,
        "limits": tool.limits,
        "input_schema": tool.input_schema,
    })
}

fn print_answer(answered: &Answered, format: Format) -> anyhow::Result<()> {
    let answer = &answered.answer;
    if format == Format::Json {
        let result = json!({"call": answer.call, "outcome": answer.outcome, "content": answer.content});
        return Ok(print_line(&result.to_string())?);
    }
    for content in &answer.content {
        let text = visible(&shown_content(content));
        if answer.outcome == Outcome::Done {
            print_line(text.trim_end_matches('\n'))?;
        } else {
            tell(&format!("boxagnts: {}: {}", answer.outcome, text.trim_end_matches('\n')));
        }
    }
    Ok(())
}
