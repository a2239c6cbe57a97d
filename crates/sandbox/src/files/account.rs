//! What the files of one call have cost so far, and what was refused. Shared with the streams, which outlive the host
//! call that opened them.

use super::flow::Trace;
use crate::deadline::Deadline;
use crate::ending::Stop;
use crate::gate::Gate;
use crate::limits::{LimitHit, Limits};
use boxagnts_capability::{Effect, Judgement, Permit, Refusal, RuleName};
use boxagnts_tools::{Ask, Ledger, Wish};
use boxagnts_types::{CallId, GuestPath};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime_wasi::p2::FsError;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

/// The model reads the first few reasons; the ledger has more.
const MOST_REASONS: usize = 5;

pub(crate) struct Account {
    /// Absent while a component describes itself: it may touch nothing.
    permit: Option<Permit>,
    ledger: Ledger,
    gate: Arc<Gate>,
    files: Budget,
    bytes: Budget,
    reasons: Mutex<Reasons>,
    /// The way to the person, and the time that stands still meanwhile.
    asking: Option<(Arc<dyn Ask>, Deadline)>,
    trace: Trace,
}

/// Why a call could not do what it tried, for whoever reads how it ended.
#[derive(Debug, Default, Clone)]
pub(crate) struct Reasons {
    /// What to ask for, or why nothing can be asked for.
    pub(crate) refusals: Vec<Refusal>,
    /// What else stood in the way.
    pub(crate) notes: Vec<Note>,
}

/// One thing that stood in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    /// Where, if it was at one path. The guest may have named it already.
    pub(crate) path: Option<GuestPath>,
    pub(crate) why: String,
}

/// What an open file is good for, by which rule.
pub(crate) struct Right {
    pub(super) effect: Effect,
    pub(super) rule: RuleName,
    /// What is written is prepared and not on the disk, so that a question about it need not be answered yet.
    pub(super) prepared: bool,
}

/// A right that was there when a file was opened is there no more.
pub(super) struct Revoked;

impl From<Revoked> for FsError {
    fn from(_: Revoked) -> Self {
        ErrorCode::Access.into()
    }
}

impl From<Revoked> for io::Error {
    fn from(_: Revoked) -> Self {
        io::ErrorKind::PermissionDenied.into()
    }
}

/// The law, or the person, said no; the account has the reason.
#[derive(Debug)]
pub(crate) struct Refused;

struct Budget {
    left: AtomicU64,
    most: u64,
}

impl Account {
    pub(crate) fn new(permit: Option<Permit>, ledger: Ledger, gate: Arc<Gate>, limits: &Limits) -> Self {
        Self {
            permit,
            ledger,
            gate,
            files: Budget::new(limits.files_written),
            bytes: Budget::new(limits.bytes_written),
            reasons: Mutex::default(),
            asking: None,
            trace: Trace::default(),
        }
    }

    /// The same, with a way to the person.
    pub(crate) fn asking(self, asker: Option<Arc<dyn Ask>>, deadline: Deadline) -> Self {
        Self { asking: asker.map(|asker| (asker, deadline)), ..self }
    }

    /// The same, with somebody who keeps the labels of files.
    pub(crate) fn tracing(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

    pub(super) fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Whether a person would be asked about the effect now.
    pub(crate) fn asks_about(&self, effect: &Effect) -> bool {
        self.permit.as_ref().is_some_and(|permit| matches!(permit.judge(effect), Judgement::Asked(_)))
    }

    /// Decides an effect that can wait for a person: the call stands still while the question stands.
    pub(crate) async fn decide(&self, effect: &Effect, detail: Option<String>) -> Result<RuleName, Refused> {
        let permit = self.permit.as_ref().ok_or(Refused)?;
        if let (Judgement::Asked(_), Some((asker, deadline))) = (permit.judge(effect), &self.asking) {
            let standing = deadline.stand_still();
            let wish = Wish { effects: vec![effect.clone()], changes: None, detail };
            let answer = asker.ask(permit, wish).await;
            drop(standing);
            if let Err(why) = answer {
                self.refused(&permit.refuse(effect, why));
                return Err(Refused);
            }
        }
        match permit.check(effect) {
            Ok(rule) => {
                self.allowed(effect, &rule);
                Ok(rule)
            }
            Err(refusal) => {
                self.refused(&refusal);
                Err(Refused)
            }
        }
    }

    /// The call that is counted; none while a component describes itself.
    pub(crate) fn call(&self) -> Option<CallId> {
        self.permit.as_ref().map(Permit::call)
    }

    pub(crate) fn permit(&self) -> Option<&Permit> {
        self.permit.as_ref()
    }

    /// An open file is about to be used. What was decided when it was opened may have been revoked since.
    pub(super) fn uses(&self, right: &Right) -> Result<(), Revoked> {
        let permit = self.permit.as_ref().ok_or(Revoked)?;
        if permit.is_fresh() {
            return Ok(());
        }
        if right.prepared && matches!(permit.judge(&right.effect), Judgement::Asked(_)) {
            return Ok(());
        }
        permit.check_resolved(&right.effect).map(|_| ()).map_err(|refusal| {
            self.refused(&refusal);
            Revoked
        })
    }

    pub(crate) fn allowed(&self, effect: &Effect, rule: &RuleName) {
        let (kind, rule) = (effect.kind(), rule.as_str());
        if let Some(path) = effect.path() {
            return self.ledger.allowed_at(kind, rule, path.as_str(), || effect.to_string());
        }
        let text = effect.to_string();
        let name = text.split_once(':').map_or(text.as_str(), |(_, name)| name);
        self.ledger.allowed_at(kind, rule, name, || text.clone());
    }

    pub(super) fn read(&self, right: &Right, bytes: usize) {
        self.ledger.bytes("fs.read", right.rule.as_str(), bytes as u64);
    }

    /// Bytes went out or came in under an effect that was allowed.
    pub(crate) fn moved(&self, effect: &Effect, rule: &RuleName, bytes: usize) {
        self.ledger.bytes(effect.kind(), rule.as_str(), bytes as u64);
    }

    pub(crate) fn refused(&self, refusal: &Refusal) {
        self.ledger.refused(refusal);
        let refusals = &mut self.reasons().refusals;
        if refusals.len() < MOST_REASONS && !refusals.contains(refusal) {
            refusals.push(refusal.clone());
        }
    }

    /// The house refused what the law might have allowed.
    pub(crate) fn blocked(&self, effect: &Effect, rule: &str) {
        self.ledger.blocked(&effect.to_string(), rule);
    }

    pub(crate) fn note(&self, why: String) {
        self.add(Note { path: None, why });
    }

    /// The same of one path.
    pub(crate) fn note_at(&self, path: &GuestPath, why: String) {
        self.add(Note { path: Some(path.clone()), why });
    }

    fn add(&self, note: Note) {
        let notes = &mut self.reasons().notes;
        if notes.len() < MOST_REASONS && !notes.contains(&note) {
            notes.push(note);
        }
    }

    /// What stood in the way of the call.
    pub(crate) fn stood_in_the_way(&self) -> Reasons {
        self.reasons().clone()
    }

    /// One more file or folder is about to change. Asked before anything is kept or touched.
    pub(super) fn change(&self) -> Result<(), FsError> {
        self.files.spend(1).map_err(|most| stop(LimitHit::FilesWritten(most)))
    }

    /// So many bytes are about to be written.
    pub(super) fn write(&self, right: &Right, bytes: u64) -> Result<(), Stop> {
        self.bytes.spend(bytes).map_err(|most| Stop::Limit(LimitHit::BytesWritten(most)))?;
        self.ledger.bytes("fs.write", right.rule.as_str(), bytes);
        Ok(())
    }

    /// So many bytes are about to be copied to where changes are prepared.
    pub(super) fn take(&self, bytes: u64) -> Result<(), Stop> {
        self.bytes.spend(bytes).map_err(|most| Stop::Limit(LimitHit::BytesWritten(most)))
    }

    /// So many prepared bytes were allowed by a rule.
    pub(super) fn written(&self, rule: &RuleName, bytes: u64) {
        self.ledger.bytes("fs.write", rule.as_str(), bytes);
    }

    /// Refuses any further effect once the call was answered. Asked after everything that may have blocked and before
    /// everything that changes the disk.
    pub(crate) fn still_runs(&self) -> Result<(), Stop> {
        if self.gate.is_shut() { Err(Stop::Ended) } else { Ok(()) }
    }

    /// Notes that what was at a path could not be kept, so that it is not changed.
    pub(super) fn not_kept(&self, path: &GuestPath, error: &io::Error) {
        self.note(format!("{path} was not changed, since what it was could not be kept: {error}"));
    }

    fn reasons(&self) -> MutexGuard<'_, Reasons> {
        // A list of texts is whole after every step.
        self.reasons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Budget {
    fn new(most: u64) -> Self {
        Self { left: AtomicU64::new(most), most }
    }

    fn spend(&self, amount: u64) -> Result<(), u64> {
        let spent = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount));
        spent.map(|_| ()).map_err(|_| self.most)
    }
}

pub(super) fn stop(hit: LimitHit) -> FsError {
    FsError::trap(Stop::Limit(hit))
}
