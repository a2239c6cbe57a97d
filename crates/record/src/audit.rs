//! Looks through the log of a journal and names the first record that is not what was written.
//!
//! Nothing here reads a disk or a clock: whoever has the rows hands them in, in their order, together with the checkpoints
//! that stand beside them, those that are kept outside of the journal, and the keys that may have signed them.

mod flaw;
mod signed;

pub use flaw::{BadRecord, Flaw, Problem, Remark};

use crate::chain::Chain;
use crate::checkpoint::{PublicKey, short};
use crate::log::LogRow;
use crate::receipt::{Fact, Receipt};
use crate::store::StoreError;
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::{JournalId, Time, WorkspaceId};
use signed::Signed;

/// More records than this without a checkpoint are never left by a program that was killed: one is due each second and
/// after each thousand.
const MOST_UNCOVERED: u64 = 10_000;

/// The same for the time from the first of them to the last, in microseconds.
const LONGEST_UNCOVERED: i64 = 600 * 1_000_000;

/// Where the checkpoints outside are: the lines for a journal, or none when there is no file for it.
pub type Outside<'a> = &'a mut dyn FnMut(JournalId) -> Result<Option<Vec<String>>, StoreError>;

/// A walk along a log.
pub struct Audit {
    workspace: WorkspaceId,
    signed: Signed,
    /// The journals that the log went through, each with its last record so far.
    lineage: Vec<(JournalId, u64)>,
    seq: u64,
    hash: Chain,
    /// The last record that a checkpoint stands for.
    covered: u64,
    first_uncovered: Option<Time>,
    newest: Option<Time>,
    bad: Option<BadRecord>,
}

/// What an audit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The journal; none where nothing was recorded.
    pub journal: Option<JournalId>,
    /// Records that were looked at.
    pub records: u64,
    /// The last record that a checkpoint covers.
    pub covered: u64,
    /// Good checkpoints, those outside and inside counted once.
    pub checkpoints: u64,
    /// The first record that is not what was written.
    pub bad: Option<BadRecord>,
    /// What else is wrong.
    pub problems: Vec<Problem>,
    /// What is no fault and should be known.
    pub remarks: Vec<Remark>,
}

impl Verdict {
    /// Whether everything is as it was written.
    pub fn is_intact(&self) -> bool {
        self.bad.is_none() && self.problems.is_empty()
    }
}

impl Audit {
    /// Begins with the checkpoints that stand in the journal.
    pub fn new(workspace: WorkspaceId, keys: Vec<PublicKey>, inside: &[String]) -> Self {
        Self {
            workspace,
            signed: Signed::new(workspace, keys, inside),
            lineage: Vec::new(),
            seq: 0,
            hash: Chain::default(),
            covered: 0,
            first_uncovered: None,
            newest: None,
            bad: None,
        }
    }

    /// Whether the walk has come to a bad record, behind which nothing can be said.
    pub fn is_over(&self) -> bool {
        self.bad.is_some()
    }

    /// One record further. The digest of the list that it names is returned, for [`Audit::list`].
    pub fn step(&mut self, row: &LogRow, outside: Outside<'_>) -> Result<Option<String>, StoreError> {
        match self.look(row, outside)? {
            Ok(receipt) => {
                (self.seq, self.hash) = (row.seq, row.hash);
                self.newest = Some(receipt.time);
                if self.covered < row.seq {
                    self.first_uncovered.get_or_insert(receipt.time);
                } else {
                    self.first_uncovered = None;
                }
                Ok(receipt.fact.touched().and_then(|touched| touched.digest.clone()))
            }
            Err(bad) => {
                self.bad = Some(bad);
                Ok(None)
            }
        }
    }

    /// The list that the last record names, as it was found.
    pub fn list(&mut self, digest: &str, found: Option<&str>) {
        if found.is_none_or(|text| sha256_hex(text.as_bytes()) != digest) {
            self.bad = Some(BadRecord { seq: self.seq, flaw: Flaw::List });
        }
    }

    fn look(&mut self, row: &LogRow, outside: Outside<'_>) -> Result<Result<Receipt, BadRecord>, StoreError> {
        let expected = self.seq.saturating_add(1);
        let bad = |seq, flaw| Ok(Err(BadRecord { seq, flaw }));
        if row.seq != expected {
            return bad(expected, Flaw::Missing { next: row.seq });
        }
        if Chain::of(&row.json) != row.hash {
            return bad(expected, Flaw::Edited);
        }
        let receipt = match Receipt::from_canonical(&row.json) {
            Ok(receipt) => receipt,
            Err(newer @ StoreError::Newer { .. }) => return Err(newer),
            Err(_) => return bad(expected, Flaw::Unreadable),
        };
        if let Err(flaw) = self.enter(&receipt, outside)? {
            return bad(expected, flaw);
        }
        let ours = self.lineage.last().map(|(journal, _)| *journal);
        if self.signed.contradicts(row, &short(row), ours) {
            return bad(expected, Flaw::NotSigned);
        }
        if receipt.seq != row.seq {
            return bad(expected, Flaw::Misplaced { claims: receipt.seq });
        }
        if receipt.prev != self.hash {
            // What a checkpoint names is what was written, so that the fault lies on the other side of the link.
            let earlier_is_good = self.seq <= self.covered || self.signed.names(self.seq);
            return bad(if earlier_is_good { expected } else { self.seq }, Flaw::Unlinked);
        }
        if let Some((_, last)) = self.lineage.last_mut() {
            *last = row.seq;
        }
        self.covered = self.covered.max(self.signed.covers(row, ours));
        Ok(Ok(receipt))
    }

    /// Takes a record's journal: that of the one before, or another one that begins here.
    fn enter(&mut self, receipt: &Receipt, outside: Outside<'_>) -> Result<Result<(), Flaw>, StoreError> {
        let known = self.lineage.last().map(|(journal, _)| *journal);
        let begins = match (&receipt.fact, known) {
            (Fact::Began { .. }, None) => true,
            (Fact::Adopted { from }, Some(known)) => *from == known && receipt.journal != known,
            (Fact::Began { .. }, Some(_)) | (_, None) => return Ok(Err(Flaw::Beginning)),
            (_, Some(known)) if known == receipt.journal => false,
            (_, Some(_)) => return Ok(Err(Flaw::Foreign(receipt.journal))),
        };
        if begins {
            self.lineage.push((receipt.journal, receipt.seq));
            self.signed.enter(receipt.journal, outside(receipt.journal)?);
        }
        Ok(Ok(()))
    }

    /// The end of the log. `others` are journals that have checkpoints outside under the same folder, with the last record
    /// of each.
    pub fn end(mut self, others: &[(JournalId, u64)]) -> Verdict {
        let current = self.lineage.last().map(|(journal, _)| *journal);
        let (mut problems, mut remarks) = self.signed.findings(current);
        if self.bad.is_none() {
            self.bad = self.signed.beyond(current, self.seq);
        }
        // The journals that this one is a copy of may have gone on without it.
        for (journal, last) in self.lineage.iter().rev().skip(1) {
            match self.signed.end_of(*journal) {
                Some((to, workspace)) if *last < to && workspace == self.workspace => {
                    problems.push(Problem::AdoptedShort { journal: *journal, last: *last, to });
                }
                Some((to, _)) if *last < to => remarks.push(Remark::WentOn { journal: *journal, last: *last, to }),
                _ => {}
            }
        }
        let gone = others.iter().filter(|(journal, _)| self.lineage.iter().all(|(known, _)| known != journal));
        problems.extend(gone.map(|(journal, to)| Problem::Gone { journal: *journal, to: *to }));
        if self.bad.is_none() {
            self.tail(&mut problems, &mut remarks);
        }
        Verdict {
            journal: current,
            records: self.seq,
            covered: self.covered,
            checkpoints: self.signed.count(),
            bad: self.bad,
            problems,
            remarks,
        }
    }

    fn tail(&self, problems: &mut Vec<Problem>, remarks: &mut Vec<Remark>) {
        let uncovered = self.seq.saturating_sub(self.covered);
        let spread = match (self.first_uncovered, self.newest) {
            (Some(first), Some(last)) => last.as_micros().saturating_sub(first.as_micros()),
            _ => 0,
        };
        if uncovered == 0 {
            return;
        }
        // The first record and its checkpoint become true together.
        if self.covered == 0 || MOST_UNCOVERED < uncovered || LONGEST_UNCOVERED < spread {
            problems.push(Problem::Uncovered { from: self.covered + 1, to: self.seq });
        } else {
            remarks.push(Remark::Uncovered(uncovered));
        }
    }
}
