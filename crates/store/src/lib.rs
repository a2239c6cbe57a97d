//! The SQLite backend of the record, and the system's clock and randomness for it.
//!
//! A folder of its own holds `journal.sqlite3` (whose schema explains itself to whoever opens it with `sqlite3`) and
//! `blobs/`, files named by their SHA-256. Nobody else may read the folder, and no link in it is followed. The room
//! never looks into an event beyond what a list of sessions shows, and never knows who reads it.
//!
//! Start with [`SqliteStore`]. Behind it, one thread writes (`groups` gathers what waits, `writing` changes rows),
//! one reads (`reading`, `standing`), one keeps blobs (`blobs`); each begins with the first thing there is to do.
//! `rows` is what stands beside the events, `verify` notices what was changed, `migrate` brings an earlier format along, `binding`
//! says which workspace a journal belongs to. [`SealedStore`] signs the log of receipts (`receipts`), with a `key` and with
//! checkpoints that are kept `outside`; `audit` looks through it.

mod audit;
mod binding;
mod blobs;
mod database;
mod folder;
mod groups;
mod key;
mod migrate;
mod os;
mod outside;
mod process;
mod reading;
mod receipts;
mod rows;
mod sealed;
mod sqlite;
mod stamp;
mod standing;
mod verify;
mod worker;
mod writing;

pub use binding::{Binding, Candidate, Place, Standing, candidates, relocate};
pub use sealed::SealedStore;
pub use sqlite::SqliteStore;
pub use stamp::SystemStamp;
