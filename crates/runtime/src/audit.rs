//! The log of receipts: what a face shows of it, and whether it is as it was written.

use crate::house::Runtime;
use crate::whereabouts::Whereabouts;
use boxagnts_record::{LogRow, PublicKey, Receipt, StoreError, Verdict};
use boxagnts_store::SealedStore;
use boxagnts_types::stream::Decided;
use boxagnts_types::{SessionId, WorkspaceId};
use boxagnts_workspace::PrivateFolder;
use std::collections::VecDeque;
use std::sync::Arc;

/// The folder of the user's state that holds the key and the checkpoints outside of the journals.
const SEALS: &str = "seals";

/// How many records are read at once.
const PAGE: usize = 1000;

/// Which receipts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptFilter {
    /// Those of one session alone.
    pub session: Option<SessionId>,
    /// Those of refused effects alone.
    pub refused: bool,
    /// Those before this number alone.
    pub before: Option<u64>,
    /// The newest ones, at most this many.
    pub limit: usize,
}

/// A record of the log as it stands there. Nothing is said about whether it is what was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its number.
    pub seq: u64,
    /// The receipt; none when what stands there is none.
    pub receipt: Option<Receipt>,
}

/// The journal's store, sealed with the key of this user.
pub(crate) fn sealed(whereabouts: &Whereabouts, state: &PrivateFolder, workspace: WorkspaceId) -> Arc<SealedStore> {
    Arc::new(SealedStore::new(whereabouts.store(), &state.path().join(SEALS), workspace))
}

impl ReceiptFilter {
    fn takes(&self, logged: &Logged) -> bool {
        let Some(receipt) = &logged.receipt else { return true };
        let is_refusal = receipt.fact.decision() == Some(Decided::Refused);
        (!self.refused || is_refusal) && self.session.is_none_or(|session| receipt.session == Some(session))
    }
}

impl Runtime {
    /// Receipts in the order in which they were written. A record that cannot be read is among them, whatever is asked for.
    pub async fn receipts(&self, filter: ReceiptFilter) -> Result<Vec<Logged>, StoreError> {
        let (mut found, mut after) = (VecDeque::new(), 0);
        loop {
            let rows = self.store.log(after, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(found.into()) };
            after = last.seq;
            for LogRow { seq, json, .. } in rows {
                if filter.before.is_some_and(|before| before <= seq) {
                    return Ok(found.into());
                }
                let logged = Logged { seq, receipt: Receipt::from_canonical(&json).ok() };
                if filter.takes(&logged) {
                    found.push_back(logged);
                }
                if filter.limit < found.len() {
                    found.pop_front();
                }
            }
        }
    }

    /// The list of what was touched that a receipt names by its digest.
    pub async fn touched(&self, digest: &str) -> Result<Option<String>, StoreError> {
        self.store.list(digest.to_owned()).await
    }

    /// Looks through the whole log, its checkpoints and those that are kept outside. Nothing is claimed, written or asked
    /// of anybody. `keys` are trusted besides the one of this user on this machine.
    pub fn audit(&self, keys: Vec<PublicKey>) -> Result<Verdict, StoreError> {
        self.sealed.audit(keys)
    }

    /// What the checkpoints of this user on this machine are checked with, once there is one.
    pub fn public_key(&self) -> Result<Option<PublicKey>, StoreError> {
        self.sealed.public_key()
    }
}
