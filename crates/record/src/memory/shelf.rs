//! The log of the journal, in memory.

use crate::chain::Chain;
use crate::checkpoint::{Checkpoint, SealKey};
use crate::log::{Appended, LogEnd, LogRow};
use crate::stamp::Stamp;
use crate::store::StoreError;
use boxagnts_types::WorkspaceId;
use boxagnts_types::canonical::sha256_hex;
use std::collections::BTreeMap;

/// Records, the lists that they name, and checkpoints.
#[derive(Default)]
pub(super) struct Shelf {
    end: LogEnd,
    rows: Vec<LogRow>,
    lists: BTreeMap<String, String>,
    /// Each with the record that it ends at.
    checkpoints: Vec<(u64, String)>,
}

impl Shelf {
    pub(super) fn end(&self) -> LogEnd {
        self.end.clone()
    }

    pub(super) fn keep(&mut self, end: LogEnd, Appended { rows, lists }: Appended) {
        self.end = end;
        self.rows.extend(rows);
        self.lists.extend(lists.into_iter().map(|text| (sha256_hex(text.as_bytes()), text)));
    }

    pub(super) fn rows(&self, after: u64, limit: usize) -> Vec<LogRow> {
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        self.rows.iter().skip(after).take(limit).cloned().collect()
    }

    pub(super) fn list(&self, digest: &str) -> Option<String> {
        self.lists.get(digest).cloned()
    }

    pub(super) fn seal(
        &mut self,
        workspace: WorkspaceId,
        stamp: &dyn Stamp,
        key: &SealKey,
    ) -> Result<Option<Checkpoint>, StoreError> {
        let (mut end, mut appended) = (self.end(), Appended::default());
        let journal = end.begin(workspace, stamp, &mut appended)?;
        let covered = self.checkpoints.last().map_or(0, |(to, _)| *to);
        let rows = self.rows.iter().chain(&appended.rows).filter(|row| covered < row.seq);
        let open: Vec<(u64, Chain)> = rows.map(|row| (row.seq, row.hash)).collect();
        let sealed = Checkpoint::seal(journal, workspace, &open, stamp.now(), key)?;
        if let Some(checkpoint) = &sealed {
            self.checkpoints.push((checkpoint.to, checkpoint.to_canonical()?));
        }
        self.keep(end, appended);
        Ok(sealed)
    }

    pub(super) fn checkpoints(&self, after: u64) -> Vec<String> {
        self.checkpoints.iter().filter(|(to, _)| after < *to).map(|(_, line)| line.clone()).collect()
    }
}
