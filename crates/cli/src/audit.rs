//! `boxagnts audit`: what was allowed and refused, and whether that record is as it was written.

use crate::args::{Arguments, Format};
use crate::exit::Exit;
use crate::paint::width;
use crate::report::brief;
use crate::run::{config, on_this_thread, print_line};
use crate::tell::tell;
use boxagnts_runtime::{
    AuditVerdict, Decided, Fact, Logged, PublicKey, Receipt, ReceiptFilter, Runtime, SessionId, visible_line,
};
use clap::Subcommand;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Show the receipts of this workspace: what each call was allowed and refused, and by which rule
    Show {
        /// Those of one session alone
        #[arg(long, value_name = "ID")]
        session: Option<SessionId>,
        /// The newest ones, at most this many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        /// Those of refused effects alone
        #[arg(long)]
        refused: bool,
        /// With every path and address that was touched
        #[arg(long)]
        paths: bool,
        /// How they are printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
    /// Check that no receipt was changed, moved, taken away or added; the first bad one is named
    Verify {
        /// Trust the signatures of this key too, as `audit verify` printed it elsewhere
        #[arg(long = "key", value_name = "KEY")]
        keys: Vec<PublicKey>,
        /// How the result is printed
        #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Text)]
        output_format: Format,
    },
}

impl AuditCommand {
    /// Whether a program reads the output, rather than a person.
    pub(crate) fn wants_json(&self) -> bool {
        let (Self::Show { output_format, .. } | Self::Verify { output_format, .. }) = self;
        *output_format == Format::Json
    }
}

/// Shows receipts or checks them.
pub(crate) fn audit(arguments: &Arguments, command: &AuditCommand) -> anyhow::Result<Exit> {
    on_this_thread(async {
        let runtime = Runtime::open(config(arguments))?;
        match command {
            AuditCommand::Show { session, limit, refused, paths, output_format } => {
                let filter = ReceiptFilter { session: *session, refused: *refused, before: None, limit: *limit };
                let logged = runtime.receipts(filter).await?;
                match output_format {
                    Format::Text => print(&runtime, &logged, *paths).await?,
                    Format::Json => print_line(&logged.iter().map(as_json).collect::<Value>().to_string())?,
                }
                Ok(Exit::Done)
            }
            AuditCommand::Verify { keys, output_format } => {
                let verdict = runtime.audit(keys.clone())?;
                let key = runtime.public_key()?;
                match output_format {
                    Format::Text => print_verdict(&verdict, key)?,
                    Format::Json => print_line(&verdict_as_json(&verdict, key).to_string())?,
                }
                Ok(if verdict.is_intact() { Exit::Done } else { Exit::Failed })
            }
        }
    })
}

async fn print(runtime: &Runtime, logged: &[Logged], paths: bool) -> anyhow::Result<()> {
    if logged.is_empty() {
        tell("No receipts to show. Each call of a tool leaves some.");
    }
    let room = width(&std::io::stdout());
    for Logged { seq, receipt } in logged {
        let Some(receipt) = receipt else {
            print_line(&format!("{seq:>5}  (this record cannot be read; see: boxagnts audit verify)"))?;
            continue;
        };
        print_line(&brief(&format!("{seq:>5}  {}", line(receipt)), room))?;
        if paths {
            for path in touched(runtime, receipt).await? {
                print_line(&format!("           {}", visible_line(&path)))?;
            }
        }
    }
    Ok(())
}

/// What a receipt says beyond its line: everything that its effects touched.
async fn touched(runtime: &Runtime, receipt: &Receipt) -> anyhow::Result<Vec<String>> {
    let Some(touched) = receipt.fact.touched() else { return Ok(Vec::new()) };
    let mut lines = touched.paths.clone();
    if let Some(digest) = &touched.digest {
        let list = runtime.touched(digest).await?;
        lines.extend(list.as_deref().unwrap_or("(the list is missing)").lines().map(str::to_owned));
    }
    Ok(lines)
}

/// Time, session, tool, and what was said.
fn line(receipt: &Receipt) -> String {
    let time: String = receipt.time.to_string().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect();
    // The end of an id tells sessions apart; its beginning is the time.
    let session = receipt.session.map(|id| id.to_string()).unwrap_or_default();
    let session = session.get(session.len().saturating_sub(6)..).unwrap_or_default();
    format!("{time}  {session:<6}  {}", said(&receipt.fact))
}

fn said(fact: &Fact) -> String {
    match fact {
        Fact::Began { brought_from: None } => "the log begins".to_owned(),
        Fact::Began { brought_from: Some(format) } => {
            format!(
                "the log begins; the journal is older (format {format}), and of what was before there are no receipts"
            )
        }
        Fact::Adopted { from } => format!("a copy of journal {from} was adopted"),
        Fact::Intended { tool, .. } => format!("{tool:<10}  intended"),
        Fact::Lost { tool } => format!("{tool:<10}  lost with its program; what it did is unknown"),
        Fact::Answered { answer, by, effects, .. } => {
            let by = by.as_ref().map(|by| format!(" · {by}")).unwrap_or_default();
            format!("{:<10}  answered {answer}: {}{by}", "", effects.join("; "))
        }
        Fact::Effect { tool, effect, decision, rule, count, bytes, label, .. } => {
            let word = match decision {
                Decided::Allowed => "allowed",
                Decided::Refused => "REFUSED",
            };
            let times = if *count == 1 { String::new() } else { format!(" and {} more", count - 1) };
            let size = if *bytes == 0 { String::new() } else { format!(" · {bytes} bytes") };
            let label = label.as_ref().map(|label| format!(" · {label}")).unwrap_or_default();
            format!("{tool:<10}  {word}  {effect}{times}{size}{label} · {rule}")
        }
    }
}

fn as_json(logged: &Logged) -> Value {
    match &logged.receipt {
        Some(receipt) => json!(receipt),
        None => json!({"seq": logged.seq, "type": "unreadable"}),
    }
}

fn print_verdict(verdict: &AuditVerdict, key: Option<PublicKey>) -> std::io::Result<()> {
    let AuditVerdict { journal, records, checkpoints, bad, problems, remarks, .. } = verdict;
    let counted = format!("{} under {}", count(*records, "record"), count(*checkpoints, "checkpoint"));
    if verdict.is_intact() {
        let what = if *records == 0 { "nothing was recorded yet".to_owned() } else { counted };
        print_line(&format!("The log is intact: {what}."))?;
    } else {
        print_line("The log is NOT what was written.")?;
    }
    if let Some(bad) = bad {
        print_line(&format!("  first bad record: {bad}"))?;
    }
    for problem in problems {
        print_line(&format!("  {problem}"))?;
    }
    for remark in remarks {
        print_line(&format!("  note: {remark}"))?;
    }
    let journal = journal.map(|journal| format!("journal {journal}"));
    let key = key.map(|key| format!("key {key}"));
    let both: Vec<String> = journal.into_iter().chain(key).collect();
    if both.is_empty() { Ok(()) } else { print_line(&both.join("\n")) }
}

fn count(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn verdict_as_json(verdict: &AuditVerdict, key: Option<PublicKey>) -> Value {
    let AuditVerdict { journal, records, covered, checkpoints, bad, problems, remarks } = verdict;
    let bad = bad.as_ref().map(|bad| json!({"record": bad.seq, "flaw": bad.flaw.word(), "text": bad.to_string()}));
    json!({
        "intact": verdict.is_intact(),
        "journal": journal,
        "key": key,
        "records": records,
        "covered": covered,
        "checkpoints": checkpoints,
        "bad": bad,
        "problems": problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "remarks": remarks.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}
