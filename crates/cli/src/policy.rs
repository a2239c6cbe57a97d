//! `boxagnts policy`: why an effect is decided as it is, and whether the lines of a policy mean what they should.

use crate::args::{Arguments, Format, PolicyCommand};
use crate::exit::{Exit, WrongUsage};
use crate::run::{config, on_this_thread, options, print_line};
use crate::tell::tell;
use boxagnts_runtime::{Examined, Opening, Runtime, Stage, Verdict, Why, WhyRequest, visible, visible_line};
use serde_json::{Value, json};
use std::path::Path;

/// Explains a decision, or tries examples.
pub(crate) fn policy(arguments: &Arguments, command: &PolicyCommand) -> anyhow::Result<Exit> {
    match command {
        PolicyCommand::Explain { effect, agent, tool, law, output_format } => on_this_thread(async {
            let runtime = Runtime::open(config(arguments))?;
            let request =
                WhyRequest { effect: effect.clone(), tool: tool.clone(), agent: agent.clone(), options: options(law) };
            let why = runtime.why(&request).await?;
            match output_format {
                Format::Json => print_line(&as_json(&why).to_string())?,
                Format::Text => print(&why)?,
            }
            Ok(Exit::Done)
        }),
        PolicyCommand::Test { file } => test(file),
    }
}

fn print(why: &Why) -> std::io::Result<()> {
    let explanation = &why.explanation;
    let decided = match explanation.verdict {
        Verdict::Allow => "is allowed",
        Verdict::Ask => "needs a person's yes",
        Verdict::Deny => "is refused",
    };
    print_line(&format!("{} {decided}, by {}", explanation.effect, explanation.rule))?;
    if let Some((tool, false)) = &why.tool {
        print_line(&format!("for the tool {tool}, which does not come with the program: only grants --for it count"))?;
    }
    print_line("\nLooked at, in this order:")?;
    for step in &explanation.steps {
        let found = step.rule.as_deref().unwrap_or(match step.stage {
            Stage::Ceilings => "it lies within them",
            Stage::Plan => "takes nothing away",
            _ => "nothing about it",
        });
        print_line(&format!("  {:<26}{found}", step.stage.to_string()))?;
    }
    if let Some(remedy) = remedy(why) {
        print_line(&format!("\n{remedy}"))?;
    }
    Ok(())
}

/// What would open it.
fn remedy(why: &Why) -> Option<String> {
    let explanation = &why.explanation;
    if explanation.verdict == Verdict::Allow {
        return None;
    }
    Some(match (command(why), &explanation.instead) {
        (Some(command), _) => format!("To allow it: {command}"),
        (None, Some(instead)) => visible_line(instead),
        (None, None) if explanation.verdict == Verdict::Ask => "Only an answer to the question allows it.".to_owned(),
        (None, None) => "No grant allows it as long as these rules stand.".to_owned(),
    })
}

fn command(why: &Why) -> Option<String> {
    // The shell takes what stands in these quotes as it is.
    let quoted = format!("'{}'", why.explanation.effect.replace('\'', "'\\''"));
    match why.opening? {
        Opening::Grant => {
            let tool = why.tool.as_ref().filter(|(_, built_in)| !built_in);
            let tool = tool.map_or_else(String::new, |(tool, _)| format!(" --for {tool}"));
            Some(format!("boxagnts grant add {quoted}{tool}"))
        }
        Opening::CommandLine => Some(format!("boxagnts run … --allow {quoted}")),
        Opening::Answer => None,
    }
}

fn as_json(why: &Why) -> Value {
    let explanation = &why.explanation;
    let steps = explanation.steps.iter();
    json!({
        "effect": explanation.effect,
        "verdict": explanation.verdict.to_string(),
        "rule": explanation.rule,
        "for": why.tool.as_ref().map(|(tool, _)| tool),
        "steps": steps.map(|step| json!({"at": step.stage.to_string(), "rule": step.rule})).collect::<Vec<_>>(),
        "needs": explanation.needs,
        "instead": explanation.instead,
        "command": command(why),
    })
}

fn test(file: &Path) -> anyhow::Result<Exit> {
    let shown = visible_line(&file.display().to_string());
    let Some(examined) = Examined::read(file)? else {
        return Err(WrongUsage(format!("there is no file {shown}")).into());
    };
    for failure in &examined.failures {
        print_line(&visible(&failure.to_string()))?;
    }
    let Examined { lines, examples, failures } = examined;
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    if failures.is_empty() {
        print_line(&format!(
            "{shown}: {}, {}, all as they should be",
            count(lines, "line"),
            count(examples, "example")
        ))?;
        return Ok(Exit::Done);
    }
    tell(&format!("{shown}: {} of {} not as they should be", failures.len(), count(examples, "example")));
    Ok(Exit::Failed)
}
