//! The log of a journal: gives receipts their numbers and links them, the same in every backend.

use crate::chain::Chain;
use crate::commit::Lease;
use crate::receipt::{Fact, Receipt, ReceiptDraft, VERSION};
use crate::stamp::Stamp;
use crate::store::StoreError;
use boxagnts_types::{JournalId, SessionId, WorkspaceId};

/// A record as a backend keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// Its number.
    pub seq: u64,
    /// The receipt in canonical form.
    pub json: String,
    /// SHA-256 of that.
    pub hash: Chain,
}

/// Where a log ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogEnd {
    /// The journal; none while nothing was recorded.
    pub journal: Option<JournalId>,
    /// The format of a journal that had sessions before there was a log.
    pub brought_from: Option<u32>,
    /// The number of the last record.
    pub seq: u64,
    /// The link at it.
    pub hash: Chain,
}

/// What becomes of drafts: rows, and the lists that they name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Appended {
    /// In order.
    pub rows: Vec<LogRow>,
    /// Texts that are named by their digest in a row.
    pub lists: Vec<String>,
}

/// The place that receipts of one commit share.
#[derive(Clone, Copy)]
struct Place {
    journal: JournalId,
    workspace: WorkspaceId,
    session: Option<SessionId>,
}

impl LogEnd {
    /// Appends what a commit says. The first append of a log begins it.
    pub fn append(
        &mut self,
        drafts: Vec<ReceiptDraft>,
        lease: &Lease,
        stamp: &dyn Stamp,
    ) -> Result<Appended, StoreError> {
        let mut appended = Appended::default();
        if drafts.is_empty() {
            return Ok(appended);
        }
        let journal = self.begin(lease.workspace, stamp, &mut appended)?;
        let place = Place { journal, workspace: lease.workspace, session: Some(lease.session) };
        for ReceiptDraft { run, agent, call, fact, list } in drafts {
            let receipt = self.next(place, fact, stamp);
            appended.rows.push(self.link(Receipt { run, agent, call, ..receipt })?);
            appended.lists.extend(list);
        }
        Ok(appended)
    }

    /// Begins the log where nothing was recorded yet.
    pub fn begin(
        &mut self,
        workspace: WorkspaceId,
        stamp: &dyn Stamp,
        appended: &mut Appended,
    ) -> Result<JournalId, StoreError> {
        if let Some(journal) = self.journal {
            return Ok(journal);
        }
        let journal = JournalId::mint(stamp);
        self.journal = Some(journal);
        let fact = Fact::Began { brought_from: self.brought_from };
        let receipt = self.next(Place { journal, workspace, session: None }, fact, stamp);
        appended.rows.push(self.link(receipt)?);
        Ok(journal)
    }

    /// Makes the log of a copy one of its own: a new id, whose first record follows on the last one that was copied. A log
    /// in which nothing was recorded has nothing to tell apart.
    pub fn adopt(&mut self, workspace: WorkspaceId, stamp: &dyn Stamp) -> Result<Option<LogRow>, StoreError> {
        let Some(from) = self.journal else { return Ok(None) };
        let journal = JournalId::mint(stamp);
        self.journal = Some(journal);
        let receipt = self.next(Place { journal, workspace, session: None }, Fact::Adopted { from }, stamp);
        self.link(receipt).map(Some)
    }

    fn next(&self, place: Place, fact: Fact, stamp: &dyn Stamp) -> Receipt {
        let Place { journal, workspace, session } = place;
        Receipt {
            v: VERSION,
            seq: self.seq.saturating_add(1),
            prev: self.hash,
            journal,
            time: stamp.now(),
            workspace,
            session,
            run: None,
            agent: None,
            call: None,
            fact: fact.fitted(),
        }
    }

    fn link(&mut self, receipt: Receipt) -> Result<LogRow, StoreError> {
        let json = receipt.to_canonical()?;
        let row = LogRow { seq: receipt.seq, hash: Chain::of(&json), json };
        (self.seq, self.hash) = (row.seq, row.hash);
        Ok(row)
    }
}
