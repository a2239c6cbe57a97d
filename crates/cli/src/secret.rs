//! `boxagnts secret`: values that go to one host and are never shown.
//!
//! A value is typed without being shown, or comes from standard input. It is never an argument: those stand in the
//! history of the shell and in the list of processes.

use crate::args::Format;
use crate::ask::somebody_is_there;
use crate::exit::{Exit, WrongUsage};
use crate::journal::minute;
use crate::run::print_line;
use crate::tell::{ask_for, tell};
use boxagnts_runtime::{Secret, SecretCard, Secrets};
use clap::Subcommand;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use serde_json::json;
use std::io::{Read as _, Stdin};

/// No value is longer, with the end of its line.
const LONGEST: usize = 4098;

#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Set a secret; its value is asked for, or read from standard input
    Set {
        /// What it is called: capital letters, digits and _
        name: String,
        /// The one host that it may be sent to; port 443 unless said otherwise
        #[arg(long, value_name = "HOST[:PORT]")]
        host: String,
        /// Send it in requests with this method only; may be given several times
        #[arg(long = "method", value_name = "METHOD")]
        methods: Vec<String>,
    },
    /// List the secrets, without their values
    List {
        /// How the list is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Forget a secret
    Remove {
        /// What it is called
        name: String,
    },
}

impl SecretCommand {
    pub(crate) fn wants_json(&self) -> bool {
        matches!(self, Self::List { output_format: Format::Json })
    }
}

/// Sets, lists or removes secrets.
pub(crate) fn secret(command: &SecretCommand) -> anyhow::Result<Exit> {
    match command {
        SecretCommand::Set { name, host, methods } => set(name, host, methods),
        SecretCommand::List { output_format } => list(&Secrets::open()?.list()?, *output_format),
        SecretCommand::Remove { name } => {
            Secrets::open()?.remove(name)?;
            tell(&format!("{name} is removed."));
            Ok(Exit::Done)
        }
    }
}

fn set(name: &str, host: &str, methods: &[String]) -> anyhow::Result<Exit> {
    // Nobody types a value in vain.
    Secrets::check(name, host, methods)?;
    let secrets = Secrets::open()?;
    let Some(value) = value(name)? else { return Ok(Exit::Interrupted) };
    let SecretCard { name, host, .. } = secrets.set(name, host, methods, &value)?;
    let at = host.strip_suffix(":443").unwrap_or(&host);
    let plain = host.rsplit_once(':').map_or(host.as_str(), |(plain, _)| plain);
    tell(&format!(
        "{name} is set for {at}. What a tool writes as {{{{secret:{name}}}}} becomes its value in a request there,"
    ));
    tell(&format!("and only under the grant: --allow secret:{name}@{plain}"));
    Ok(Exit::Done)
}

fn list(cards: &[SecretCard], format: Format) -> anyhow::Result<Exit> {
    if format == Format::Json {
        let cards = cards
            .iter()
            .map(|card| json!({ "name": card.name, "host": card.host, "methods": card.methods, "set": card.set }));
        print_line(&cards.collect::<serde_json::Value>().to_string())?;
        return Ok(Exit::Done);
    }
    if cards.is_empty() {
        tell("No secret is set. To set one: boxagnts secret set NAME --host HOST");
    }
    let width = |of: fn(&SecretCard) -> &str| cards.iter().map(|card| of(card).len()).max().unwrap_or(0);
    let (names, hosts) = (width(|card| &card.name), width(|card| &card.host));
    for card in cards {
        let methods = if card.methods.is_empty() { "any method".to_owned() } else { card.methods.join(", ") };
        print_line(&format!("{:names$}  {:hosts$}  {}  {methods}", card.name, card.host, minute(card.set)))?;
    }
    Ok(Exit::Done)
}

/// The value; none when the person gave up.
fn value(name: &str) -> anyhow::Result<Option<Secret>> {
    if somebody_is_there() {
        ask_for(&format!("Value of {name} (it is not shown): "));
        let typed = typed(&std::io::stdin())?;
        tell("");
        return Ok(typed);
    }
    let mut bytes = Vec::with_capacity(LONGEST + 1);
    std::io::stdin().lock().take(LONGEST as u64 + 1).read_to_end(&mut bytes)?;
    let whole = Secret::new(String::from_utf8(bytes).map_err(|_| WrongUsage("the value is not UTF-8".to_owned()))?);
    let text = whole.expose();
    let text = text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Some(Secret::new(text)))
}

/// The terminal shows again what is typed when this is dropped.
struct Unseen<'t>(&'t Stdin, Termios);

impl<'t> Unseen<'t> {
    /// Typing is neither shown nor does it end the program, which would leave the terminal blind.
    fn begin(terminal: &'t Stdin) -> rustix::io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        unseen.special_codes[SpecialCodeIndex::VMIN] = 1;
        unseen.special_codes[SpecialCodeIndex::VTIME] = 0;
        // What was typed before the question is no answer to it.
        tcsetattr(terminal, OptionalActions::Flush, &unseen)?;
        Ok(Self(terminal, before))
    }
}

impl Drop for Unseen<'_> {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        let _ = tcsetattr(self.0, OptionalActions::Flush, &self.1);
    }
}

/// What is typed up to the end of the line; none after Ctrl-C, or Ctrl-D on an empty line.
fn typed(terminal: &Stdin) -> anyhow::Result<Option<Secret>> {
    let _unseen = Unseen::begin(terminal)?;
    let mut bytes: Vec<u8> = Vec::with_capacity(LONGEST + 1);
    loop {
        let mut byte = [0];
        let ended = rustix::io::read(terminal, &mut byte)? == 0;
        match byte[0] {
            3 => return Ok(None),
            _ if ended => return Ok(None),
            4 if bytes.is_empty() => return Ok(None),
            4 | b'\n' | b'\r' => break,
            8 | 127 => take_back(&mut bytes),
            21 => bytes.clear(),
            byte if bytes.len() <= LONGEST => bytes.push(byte),
            _ => {}
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| WrongUsage("what was typed is not UTF-8".to_owned()))?;
    Ok(Some(Secret::new(text)))
}

/// Removes the last character, all bytes of it.
fn take_back(bytes: &mut Vec<u8>) {
    while bytes.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
}

#[cfg(test)]
mod tests {
    use super::take_back;

    #[test]
    fn a_character_is_taken_back_whole() {
        let mut bytes = "aé混".as_bytes().to_vec();
        for left in ["aé", "a", "", ""] {
            take_back(&mut bytes);
            assert_eq!(bytes, left.as_bytes());
        }
    }
}
