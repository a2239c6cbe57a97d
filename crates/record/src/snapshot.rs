//! How a session stands at one moment.

use crate::account::{Account, Reservation};
use crate::approval::Approval;
use crate::chain::Chain;
use crate::effect::Effect;
use crate::timer::Timer;

/// The end of a session's journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The newest event's number; zero before the first one.
    pub seq: u64,
    /// The digest over all events up to it.
    pub chain: Chain,
}

/// Everything of a session that is not settled, all read at one moment. Each list is sorted by what names its entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Where the journal ends.
    pub head: Head,
    /// Calls that were intended and have no result.
    pub effects: Vec<Effect>,
    /// Questions that wait for an answer, or whose answer waits to be used.
    pub approvals: Vec<Approval>,
    /// Timers that are set.
    pub timers: Vec<Timer>,
    /// Every account.
    pub accounts: Vec<Account>,
    /// Amounts that are set aside and not settled.
    pub reservations: Vec<Reservation>,
}
