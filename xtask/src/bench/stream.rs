//! What we add to a streamed reply: between the server's write and the line on our standard output, and in computing time.

use super::sample::Sample;
use super::spent;
use super::table::{Table, shown};
use super::turn::Home;
use super::wire::{Flow, Server, under_way};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::BufReader;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Events at the pace of a fast model, so that each finds its reader waiting.
const PACED: Flow = Flow { events: 200, pause: Some(Duration::from_millis(2)) };

/// Events that come one by one, and enough of them to count their computing time: each wakes its reader.
const STEADY: Flow = Flow { events: 4_000, pause: Some(Duration::from_micros(500)) };

/// Events as fast as they are read: many are read at once.
const FLOOD: Flow = Flow { events: 20_000, pause: None };

/// What a turn costs without them.
const NEARLY_NONE: Flow = Flow { events: 1, pause: None };

/// Times of events, the first of each reply apart.
#[derive(Default)]
struct Events {
    first: Sample,
    later: Sample,
}

impl Events {
    fn add(&mut self, times: &[Duration]) {
        self.first.add_all(times.first().copied());
        self.later.add_all(times.iter().skip(1).copied());
    }
}

/// By turns: a client that only reads, and the program with its events as lines.
pub(crate) fn measure(program: &Path, rounds: usize) -> Result<Table> {
    let (server, home) = (Server::start()?, Home::fresh("stream")?);
    let (mut direct, mut ours) = (Events::default(), Events::default());
    let mut spent = [(STEADY, Sample::default(), Sample::default()), (FLOOD, Sample::default(), Sample::default())];
    for _ in 0..rounds {
        direct.add(&server.ask_directly(PACED)?);
        ours.add(&ask(&server, &home, program, PACED)?);
        let without = spent::by_programs(|| ask(&server, &home, program, NEARLY_NONE))?;
        for (flow, of_client, of_program) in &mut spent {
            of_client.add(spent::here(|| server.ask_directly(*flow))? / part(*flow)?);
            let with = spent::by_programs(|| ask(&server, &home, program, *flow))?;
            of_program.add(with.saturating_sub(without) / part(*flow)?);
        }
    }
    let [(_, steady_client, steady), (_, flood_client, flood)] = &spent;
    let mut table = Table::new("A streamed reply", ["what", "count", "p50", "p99", "p50 added"]);
    for (what, sample, yardstick) in [
        ("first event, a client that only reads", &direct.first, None),
        ("first event, a line of `--output-format stream-json`", &ours.first, Some(&direct.first)),
        ("later events, a client that only reads", &direct.later, None),
        ("later events, a line of `--output-format stream-json`", &ours.later, Some(&direct.later)),
        ("computing time per event, one by one, a client that only reads", steady_client, None),
        ("computing time per event, one by one, the program", steady, Some(steady_client)),
        ("computing time per event, in a flood, a client that only reads", flood_client, None),
        ("computing time per event, in a flood, the program", flood, Some(flood_client)),
    ] {
        let added = yardstick.map_or(String::new(), |other| shown(sample.median().saturating_sub(other.median())));
        let (median, worst) = (shown(sample.median()), shown(sample.percentile(99)));
        table.row([what.to_owned(), sample.len().to_string(), median, worst, added]);
    }
    table.note("goals: first event ≤ 300 µs added; computing time ≤ 13 µs per event, all of it");
    Ok(table)
}

/// Runs a turn whose whole answer is this reply, and tells how long each event was under way.
fn ask(server: &Server, home: &Home, program: &Path, flow: Flow) -> Result<Vec<Duration>> {
    let mut run = home.run(program, &server.base_url(flow), &["--output-format", "stream-json"]);
    let mut child = run.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let output = child.stdout.take().context("the program has an output")?;
    let times = under_way(BufReader::new(output), |line| {
        let event = serde_json::from_str::<Value>(line).ok()?;
        (event["type"] == "text.delta").then(|| event["text"].as_str().map(str::to_owned))?
    });
    let status = child.wait()?;
    let times = times?;
    if !status.success() || times.len() != flow.events {
        bail!("the program ended with {status} and told {} of {} events", times.len(), flow.events);
    }
    Ok(times)
}

fn part(flow: Flow) -> Result<u32> {
    Ok(u32::try_from(flow.events)?)
}
