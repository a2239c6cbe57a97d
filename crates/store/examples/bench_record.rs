//! Measures the record on a disk, from inside one process.
//!
//! Started with an empty folder, it fills it, prints `ready` and then answers each line `CASE N` on its standard input
//! with N durations in nanoseconds. `cargo xtask bench` asks; it decides whose turn it is.

#![expect(clippy::disallowed_methods, reason = "a measuring program reads its arguments")]

use boxagnts_record::conformance::block_on;
use boxagnts_record::{
    Body, Claim, Commit, Draft, Durability, Fact, Lease, ReceiptDraft, SealKey, Store as _, Touched,
};
use boxagnts_store::{SqliteStore, SystemStamp};
use boxagnts_types::stream::Decided;
use boxagnts_types::{AgentName, CallId, Content, Label, MintId as _, Outcome, PrincipalId, SessionId, WorkspaceId};
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How many sessions the large journal has.
const SESSIONS: u32 = 10_000;

/// How many events the long session has.
const EVENTS: u32 = 5_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

struct Bench {
    stamp: Arc<SystemStamp>,
    /// A journal with [`SESSIONS`], of which one has [`EVENTS`].
    large: PathBuf,
    /// A journal with one session.
    small: PathBuf,
    store: SqliteStore,
    long: SessionId,
    lease: Lease,
    key: Arc<SealKey>,
}

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("say which folder to fill")?;
    let bench = Bench::new(&folder)?;
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (case, count) = line.split_once(' ').ok_or("a line is CASE N")?;
        let count: usize = count.trim().parse()?;
        let times: Result<Vec<String>> =
            (0..count).map(|_| bench.measure(case).map(|time| time.as_nanos().to_string())).collect();
        writeln!(out, "{}", times?.join(" "))?;
        out.flush()?;
    }
    Ok(())
}

impl Bench {
    fn new(folder: &Path) -> Result<Self> {
        let stamp = Arc::new(SystemStamp::new());
        let (large, small) = (folder.join("large"), folder.join("small"));
        let store = SqliteStore::open(&large, Arc::clone(&stamp) as _)?;
        let mut long = None;
        for number in 0..SESSIONS {
            let lease = claim(&store, &stamp)?;
            let count = if number == SESSIONS / 2 { EVENTS } else { 3 };
            let mut left = count;
            while 0 < left {
                let now = left.min(500);
                let drafts = (0..now).map(|number| event(&stamp, number));
                block_on(store.commit(Commit::new(lease.clone()).events(drafts)))?;
                left -= now;
            }
            if count == EVENTS {
                long = Some(lease.session);
            }
            block_on(store.release(lease))?;
        }
        let few = SqliteStore::open(&small, Arc::clone(&stamp) as _)?;
        claim(&few, &stamp)?;
        let lease = claim(&store, &stamp)?;
        let long = long.ok_or("no session was made long")?;
        Ok(Self { stamp, large, small, store, long, lease, key: Arc::new(SealKey::from_seed(&[1; 32])) })
    }

    fn measure(&self, case: &str) -> Result<Duration> {
        let started = Instant::now();
        match case {
            "crash" => self.commit(Durability::Crash)?,
            "receipt" => self.receipts(0)?,
            "receipt-list" => self.receipts(10_000)?,
            "seal" => drop(block_on(self.store.seal(workspace(), Arc::clone(&self.key)))?),
            "power" => self.commit(Durability::Power)?,
            "newest" => expect(block_on(self.store.sessions(None, 50))?.len(), 50)?,
            "read" => expect(block_on(self.store.read(self.long, 0, usize::MAX))?.len(), EVENTS as usize)?,
            "resume" => return self.resume(),
            "start-large" => return self.start(&self.large),
            "start-small" => return self.start(&self.small),
            other => return Err(format!("{other:?} cannot be measured").into()),
        }
        Ok(started.elapsed())
    }

    fn commit(&self, durability: Durability) -> Result<()> {
        let batch = Commit::new(self.lease.clone()).events([event(&self.stamp, 0)]).durability(durability);
        block_on(self.store.commit(batch))?;
        Ok(())
    }

    /// The same event with the receipt of a call that touched so many paths, which it lists.
    fn receipts(&self, paths: u32) -> Result<()> {
        let names: Vec<String> = (0..paths).map(|number| format!("/workspace/src/module-{number}/file.rs")).collect();
        let (touched, list) = Touched::of(names.iter().map(String::as_str), 0);
        let fact = Fact::Effect {
            tool: "read".to_owned(),
            effect: "fs.read:/workspace/src/main.rs".to_owned(),
            decision: Decided::Allowed,
            rule: "built-in: allow fs.read:/workspace".to_owned(),
            count: 3,
            bytes: 4096,
            touched: (0 < paths).then_some(touched),
            label: None,
        };
        let receipt = ReceiptDraft { run: None, agent: Some(AgentName::main()), call: None, fact, list };
        let batch = Commit::new(self.lease.clone()).events([event(&self.stamp, 0)]).receipts([receipt]);
        block_on(self.store.commit(batch))?;
        Ok(())
    }

    /// What going on with a long session costs: it is claimed, and so looked at as a whole, and read.
    fn resume(&self) -> Result<Duration> {
        let started = Instant::now();
        let lease = block_on(self.store.claim(wish(self.long)))?;
        let events = block_on(self.store.read(self.long, 0, usize::MAX))?;
        block_on(self.store.snapshot(self.long))?;
        let spent = started.elapsed();
        expect(events.len(), EVENTS as usize)?;
        block_on(self.store.release(lease))?;
        Ok(spent)
    }

    /// What a program needs of a journal before its first turn: it is opened and a new session has its first event.
    fn start(&self, place: &Path) -> Result<Duration> {
        let started = Instant::now();
        let store = SqliteStore::open(place, Arc::clone(&self.stamp) as _)?;
        let lease = claim(&store, &self.stamp)?;
        block_on(store.commit(Commit::new(lease).events([event(&self.stamp, 0)])))?;
        Ok(started.elapsed())
    }
}

fn expect(found: usize, wanted: usize) -> Result<()> {
    if found == wanted { Ok(()) } else { Err(format!("{found} instead of {wanted}").into()) }
}

fn claim(store: &SqliteStore, stamp: &SystemStamp) -> Result<Lease> {
    Ok(block_on(store.claim(wish(SessionId::mint(stamp))))?)
}

fn workspace() -> WorkspaceId {
    WorkspaceId::from_ulid(ulid::Ulid::nil())
}

fn wish(session: SessionId) -> Claim {
    Claim {
        session,
        workspace: workspace(),
        principal: PrincipalId::local(),
        holder: "a measurement".to_owned(),
        time_to_live: Duration::from_hours(1),
    }
}

/// The result of a call, as long as many are.
fn event(stamp: &SystemStamp, number: u32) -> Draft {
    let body = if number == 0 {
        Body::TurnStarted {
            prompt: vec![Content::text("Look at the files and say what is wrong with them.")],
            model: "demo/tour".to_owned(),
            mode: "ask".to_owned(),
            tools: Vec::new(),
            max_label: None,
        }
    } else {
        Body::CallFinished {
            tool: "read".to_owned(),
            outcome: Outcome::Done,
            content: vec![Content::text("a line of a file that a tool has read\n".repeat(12))],
            truncated: false,
            micros: 321,
            label: Some(Label::INTERNAL),
        }
    };
    let call = Some(CallId::from_ulid(stamp.mint()));
    Draft { run: None, parent_run: None, agent: None, turn: Some(1), step: Some(1), call, cause: None, body }
}
