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
mod session;
mod tell;
mod tool;
mod trust;
mod wall;

use crate::args::{Arguments, Command};
use crate::exit::Exit;
use clap::Parser as _;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| exit::misread(&error));
    let exit = match arguments.command {
        Command::Run(ref run) => run::run(&arguments, run),
        Command::Tool(ref tool) => tool::tool(&arguments, tool),
        Command::Audit(ref command) => audit::audit(&arguments, command),
        Command::Session(ref session) => session::session(&arguments, session),
        Command::Grant(ref grant) => grant::grant(&arguments, grant),
        Command::Policy(ref policy) => policy::policy(&arguments, policy),
        Command::Trust(ref trust) => trust::trust(&arguments, trust),
        Command::CompileComponent(ref limits) => compile::compile(limits),
    };
    exit.unwrap_or_else(|error| {
        exit::explain(&error, arguments.command.wants_json());
        Exit::of_error(&error)
    })
    .into()
}
