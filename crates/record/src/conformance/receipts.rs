//! The log of the journal.

use super::{Fresh, Stage, block_on, call, is_stale, note, session, workspace};
use crate::audit::Audit;
use crate::chain::Chain;
use crate::checkpoint::{Checkpoint, PublicKey, SealKey};
use crate::commit::{Commit, Lease};
use crate::log::LogRow;
use crate::memory::MemoryStore;
use crate::receipt::{Fact, Receipt, ReceiptDraft};
use crate::stamp::Stamp;
use crate::store::Store;
use crate::touched::Touched;
use boxagnts_types::AgentName;
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::stream::Decided;
use std::sync::Arc;
use std::thread;

fn fact(effect: &str) -> Fact {
    Fact::Effect {
        tool: "read".to_owned(),
        effect: effect.to_owned(),
        decision: Decided::Allowed,
        rule: "built-in: allow fs.read:/workspace".to_owned(),
        count: u64::MAX,
        bytes: 3,
        touched: None,
        label: None,
    }
}

fn draft(fact: Fact, list: Option<String>) -> ReceiptDraft {
    ReceiptDraft { run: None, agent: Some(AgentName::main()), call: Some(call(1)), fact, list }
}

/// One receipt of each kind; the last one names a list.
pub fn one_of_each_receipt() -> Vec<ReceiptDraft> {
    let names: Vec<String> = (0..300).map(|number| format!("/workspace/{number}")).collect();
    let (touched, list) = Touched::of(names.iter().map(String::as_str), 0);
    let listed = match fact("fs.read:/workspace/0") {
        Fact::Effect { tool, effect, decision, rule, count, bytes, .. } => {
            let label = Some("untrusted".to_owned());
            Fact::Effect { tool, effect, decision, rule, count, bytes, touched: Some(touched), label }
        }
        other => other,
    };
    let fingerprint = sha256_hex(b"");
    vec![
        draft(Fact::Intended { tool: "write".to_owned(), fingerprint: fingerprint.clone() }, None),
        draft(
            Fact::Answered {
                answer: "once".to_owned(),
                by: Some("the terminal of the session".to_owned()),
                effects: vec!["fs.write:/workspace/a".to_owned()],
                fingerprint,
            },
            None,
        ),
        draft(fact("fs.read:/workspace/\u{1b}[2J\n"), None),
        draft(Fact::Lost { tool: "write".to_owned() }, None),
        draft(listed, list),
    ]
}

fn key(number: u8) -> Arc<SealKey> {
    Arc::new(SealKey::from_seed(&[number; 32]))
}

fn log(stage: &Stage) -> Vec<LogRow> {
    block_on(stage.store.log(0, usize::MAX)).expect("the log can be read")
}

fn seal(stage: &Stage, number: u8) -> Option<Checkpoint> {
    block_on(stage.store.seal(workspace(1), key(number))).expect("the log can be sealed")
}

fn with(lease: &Lease, effects: &[&str]) -> Commit {
    Commit::new(lease.clone()).receipts(effects.iter().map(|effect| draft(fact(effect), None)))
}

/// Whether an audit finds the log as it was written, up to its last record.
fn is_intact(stage: &Stage, keys: &[PublicKey]) -> bool {
    let lines = block_on(stage.store.checkpoints(0)).expect("checkpoints can be read");
    let mut audit = Audit::new(workspace(1), keys.to_vec(), &lines);
    for row in log(stage) {
        let named = audit.step(&row, &mut |_| Ok(Some(lines.clone()))).expect("nothing fails in memory");
        if let Some(digest) = named {
            let found = block_on(stage.store.list(digest.clone())).expect("lists can be read");
            audit.list(&digest, found.as_deref());
        }
    }
    audit.end(&[]).is_intact()
}

/// Receipts of all sessions stand in one log, numbered without a gap, and each is linked to the one before.
pub fn receipts_of_all_sessions_stand_in_one_chain(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let (one, two) = (stage.held(1), stage.held(2));
    assert_eq!(log(&stage), []);
    stage.write(with(&one, &["a", "b"]).events([note("x")]));
    stage.write(with(&two, &["c"]));
    stage.write(with(&one, &["d"]));
    let rows = log(&stage);
    assert!(rows.iter().map(|row| row.seq).eq(1..=5), "the first record begins the log");
    let mut before = Chain::default();
    let mut journals = Vec::new();
    for row in &rows {
        let receipt = Receipt::from_canonical(&row.json).expect("what is stored can be read");
        assert_eq!((receipt.seq, receipt.prev, Chain::of(&row.json)), (row.seq, before, row.hash));
        assert_eq!(receipt.to_canonical().expect("it has a form"), row.json);
        journals.push(receipt.journal);
        before = row.hash;
    }
    journals.dedup();
    assert_eq!(journals.len(), 1);
    let session_of = |row: &LogRow| Receipt::from_canonical(&row.json).expect("it can be read").session;
    let sessions: Vec<_> = rows.iter().map(session_of).collect();
    assert_eq!(sessions, [None, Some(session(1)), Some(session(1)), Some(session(2)), Some(session(1))]);
    assert_eq!(block_on(stage.store.log(3, 1)).expect("the log can be read"), rows[3..4]);
}

/// A commit that is refused, for whatever reason, adds no record and takes no number.
pub fn a_commit_that_fails_adds_no_receipt(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let forged = Lease { fence: lease.fence + 1, ..lease.clone() };
    for _ in 0..2 {
        assert!(is_stale(&stage.try_write(with(&forged, &["stale"]))));
        stage.try_write(with(&lease, &["refused"]).done(call(9))).expect_err("nobody intended it");
        assert_eq!(log(&stage), []);
    }
    stage.write(with(&lease, &["a"]));
    stage.try_write(with(&lease, &["refused"]).done(call(9))).expect_err("nobody intended it");
    stage.write(with(&lease, &["b"]));
    assert!(log(&stage).iter().map(|row| row.seq).eq(1..=3));
    seal(&stage, 1);
    assert!(is_intact(&stage, &[key(1).public()]));
}

/// Many writers at once leave one chain.
pub fn many_writers_leave_one_chain(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let leases: Vec<Lease> = (1..5).map(|number| stage.held(number)).collect();
    thread::scope(|scope| {
        for lease in &leases {
            let store = &stage.store;
            scope.spawn(move || {
                for round in 0..20 {
                    block_on(store.commit(with(lease, &["a", "b"]))).expect("the holder may write");
                    if round % 7 == 0 {
                        block_on(store.seal(workspace(1), key(1))).expect("anybody may seal");
                    }
                }
            });
        }
    });
    assert_eq!(log(&stage).len(), 161);
    seal(&stage, 1);
    assert!(is_intact(&stage, &[key(1).public()]));
}

/// The backend and the one in memory, given the same clock and identifiers, end in the same links and signatures.
pub fn the_same_receipts_have_the_same_hashes(fresh: Fresh<'_>) {
    let in_memory = |stamp: Arc<dyn Stamp>| Arc::new(MemoryStore::new(stamp)) as Arc<dyn Store>;
    let transcript = |fresh: Fresh<'_>| {
        let stage = Stage::new(fresh);
        let lease = stage.held(1);
        stage.write(Commit::new(lease.clone()).events([note("x")]).receipts(one_of_each_receipt()));
        let checkpoint = seal(&stage, 1);
        stage.write(with(&lease, &["more"]));
        (log(&stage), checkpoint, is_intact(&stage, &[key(1).public()]))
    };
    let (rows, checkpoint, intact) = transcript(fresh);
    assert_eq!((rows.len(), checkpoint.as_ref().map(|sealed| sealed.to)), (7, Some(6)));
    assert!(intact);
    assert_eq!((rows, checkpoint, intact), transcript(&in_memory));
}

/// A list is kept with the receipt that names it.
pub fn a_list_is_kept_by_its_digest(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let drafts = one_of_each_receipt();
    let text = drafts[4].list.clone().expect("the last one has a list");
    let digest = sha256_hex(text.as_bytes());
    let found = || block_on(stage.store.list(digest.clone())).expect("lists can be read");
    stage.try_write(Commit::new(lease.clone()).receipts(drafts.clone()).done(call(9))).expect_err("refused");
    assert_eq!(found(), None);
    for _ in 0..2 {
        stage.write(Commit::new(lease.clone()).receipts(drafts.clone()));
        assert_eq!(found().as_ref(), Some(&text));
    }
}

/// A checkpoint covers what none did before; without anything new there is none. The first one begins the log.
pub fn a_checkpoint_covers_what_none_did(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let lease = stage.held(1);
    let first = seal(&stage, 1).expect("the log is begun and sealed");
    assert_eq!((first.from, first.to), (1, 1));
    assert_eq!(seal(&stage, 1), None);
    stage.write(with(&lease, &["a", "b"]));
    let second = seal(&stage, 1).expect("two records are new");
    assert_eq!((second.from, second.to, second.journal), (2, 3, first.journal));
    assert!(second.is_signed() && !Checkpoint { to: 2, ..second.clone() }.is_signed());
    let lines = block_on(stage.store.checkpoints(1)).expect("checkpoints can be read");
    assert_eq!(lines, [second.to_canonical().expect("it has a form")]);
    assert_eq!(block_on(stage.store.checkpoints(0)).expect("checkpoints can be read").len(), 2);
    // Whoever has another key convinces nobody who does not know it.
    assert!(is_intact(&stage, &[key(1).public()]));
    assert!(!is_intact(&stage, &[key(2).public()]));
}
