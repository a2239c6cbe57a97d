//! Reads what an audit looks at: the log with its lists and checkpoints, and those outside. Nothing is written, so that
//! it works beside a program that runs, and on a copy.

use crate::folder::Folder;
use crate::{database, key, outside, receipts};
use boxagnts_record::{Audit, PublicKey, StoreError, Verdict};
use boxagnts_types::WorkspaceId;
use rusqlite::Connection;

/// How many records are held at once.
const PAGE: usize = 1000;

/// Looks through the log of the journal in a folder.
pub(crate) fn audit(
    journal: &Folder,
    seals: &Folder,
    workspace: WorkspaceId,
    mut keys: Vec<PublicKey>,
) -> Result<Verdict, StoreError> {
    keys.extend(key::find(seals)?.map(|key| key.public()));
    let connection = database::find(journal)?;
    let moment = match &connection {
        // One moment of the journal, whatever is written meanwhile. Nothing is changed, so nothing is lost at its end.
        Some(connection) => Some(connection.unchecked_transaction().map_err(database::broken("reading the log"))?),
        None => None,
    };
    walk(moment.as_deref(), seals, workspace, keys)
}

fn walk(
    connection: Option<&Connection>,
    seals: &Folder,
    workspace: WorkspaceId,
    keys: Vec<PublicKey>,
) -> Result<Verdict, StoreError> {
    let mut audit = Audit::new(workspace, keys, &receipts::checkpoints(connection, 0)?);
    let mut after = 0;
    loop {
        let rows = receipts::rows(connection, after, PAGE)?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for row in &rows {
            if let Some(digest) = audit.step(row, &mut |journal| outside::lines(seals, journal))? {
                audit.list(&digest, receipts::list(connection, &digest)?.as_deref());
            }
            if audit.is_over() {
                break;
            }
        }
        if audit.is_over() {
            break;
        }
    }
    Ok(audit.end(&outside::of_workspace(seals, workspace)?))
}
