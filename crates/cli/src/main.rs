//! Turns arguments into one handle call and its events into lines.
//!
//! Nothing is decided here. [`args`] says what can be asked for, one module for each command asks the handle of
//! `runtime` for it, and [`exit`] says how a program that called us learns what came of it.

mod adopt;
mod args;
mod ask;
mod audit;
mod compile;
mod exit;
mod grant;
mod input;
mod journal;
mod paint;
mod policy;
mod report;
mod run;
mod secret;
mod serve;
mod session;
mod tell;
mod tool;
mod trust;
mod wall;

use crate::args::{Arguments, Command};
use crate::exit::{Exit, WrongUsage};
use clap::Parser as _;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| exit::misread(&error));
    done(&arguments)
        .unwrap_or_else(|error| {
            exit::explain(&error, arguments.command.as_ref().is_some_and(Command::wants_json));
            Exit::of_error(&error)
        })
        .into()
}

fn done(arguments: &Arguments) -> anyhow::Result<Exit> {
    let Some(command) = &arguments.command else { return serve::serve(arguments, &arguments.serve) };
    if let Some(option) = arguments.serve.first_given() {
        return Err(WrongUsage(format!("{option} stands before a command, where it says how the server starts")).into());
    }
    match command {
        Command::Run(run) => run::run(arguments, run),
        Command::Open => serve::open(arguments),
        Command::Tool(tool) => tool::tool(arguments, tool),
        Command::Audit(command) => audit::audit(arguments, command),
        Command::Secret(secret) => secret::secret(secret),
        Command::Session(session) => session::session(arguments, session),
        Command::Grant(grant) => grant::grant(arguments, grant),
        Command::Policy(policy) => policy::policy(arguments, policy),
        Command::Trust(trust) => trust::trust(arguments, trust),
        Command::CompileComponent(limits) => compile::compile(limits),
    }
}
