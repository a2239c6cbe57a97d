//! The port of the journal: what is written down, and the promises of whoever stores it.
//!
//! One [`Store::commit`] makes things true together. The room knows neither SQL nor files nor the machine's clock:
//! `store` is the backend on disk, [`memory`] one for tests, and [`conformance`] the suite that both pass.
//!
//! Start with [`event`] (what a journal is made of), then [`Commit`] and [`Store`]. What stands beside the events has a
//! module each: [`effect`], [`approval`], [`timer`], [`account`], [`outbox`]; [`moves`] says what may follow on what.
//!
//! Across all sessions runs one log of receipts ([`receipt`], numbered and chained by [`log`]), which [`checkpoint`]s sign
//! and [`audit`] looks through.

pub mod account;
pub mod approval;
pub mod audit;
pub mod chain;
pub mod checkpoint;
pub mod commit;
pub mod conformance;
pub mod effect;
pub mod event;
pub mod hold;
pub mod journal;
pub mod listing;
pub mod log;
pub mod memory;
pub mod moves;
pub mod name;
pub mod outbox;
pub mod receipt;
pub mod snapshot;
pub mod stamp;
pub mod store;
pub mod timer;
pub mod touched;

pub use audit::{Audit, Verdict};
pub use chain::Chain;
pub use checkpoint::{Checkpoint, PublicKey, SealKey};
pub use commit::{Commit, Committed, Draft, Durability, Lease};
pub use effect::EffectClass;
pub use event::{Body, Event};
pub use hold::Hold;
pub use journal::{Journal, Scope};
pub use listing::Listing;
pub use log::{LogEnd, LogRow};
pub use memory::MemoryStore;
pub use name::Name;
pub use receipt::{Fact, Receipt, ReceiptDraft};
pub use snapshot::{Head, Snapshot};
pub use stamp::{ManualStamp, Stamp};
pub use store::{Claim, SessionSummary, Store, StoreError};
pub use touched::Touched;
