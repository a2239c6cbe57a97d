//! The port of the journal: what is written down, and the promises of whoever stores it.
//!
//! One [`Store::commit`] makes things true together. The room knows neither SQL nor files nor the machine's clock:
//! `store` is the backend on disk, [`memory`] one for tests, and [`conformance`] the suite that both pass.
//!
//! Start with [`event`] (what a journal is made of), then [`Store`].

pub mod commit;
pub mod conformance;
pub mod event;
pub mod hold;
pub mod journal;
pub mod listing;
pub mod memory;
pub mod stamp;
pub mod store;

pub use commit::{Commit, Committed, Draft, Durability, Lease};
pub use event::{Body, Event};
pub use hold::Hold;
pub use journal::{Journal, Scope};
pub use listing::Listing;
pub use memory::MemoryStore;
pub use stamp::{ManualStamp, Stamp};
pub use store::{Claim, SessionSummary, Store, StoreError};
