//! Fuel: how far a guest comes, counted in its own steps and not in time.
//!
//! A call whose limits name a fuel runs code that counts each instruction, in an engine of its own, which starts with
//! the first such call. It ends at the same instruction every time, however busy the machine is, and still at its
//! deadline. Without fuel nothing is counted: the engine, the code and the speed are as if there were none. What is left
//! at the end goes with the call's store; no other call gets it.
//!
//! What the host does for a guest costs no fuel: the deadline and the other limits are for that. What a guest learns from
//! its files, the network and good randomness may differ from call to call, and with it the way that it takes. Two things
//! differ for every program, without its asking: the seed of hash tables, which is the same in all counted calls (a flood
//! of colliding keys, against which seeds are random, ends with the fuel), and what is left of a second when a clock is
//! looked at, which is therefore nothing (the module `clocks`).
//!
//! Code that counts is compiled when it is first needed and then kept in the cache, whose names tell the two kinds apart.
//! Built-in tools come compiled without counting, and for this once more as WebAssembly: 4.4 MiB, where code that counts
//! would add 16 MiB to every copy of the program, for a limit that few set. The price is paid once for each version, at
//! the first counted call of a tool: 15 s of the processor for `bash`, 3 s at most for any other.

use crate::limits::Limits;
use std::time::Duration;

/// Whether compiled code counts its steps. Neither kind runs in the engine of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metering {
    /// It does not.
    Off,
    /// It does, and ends when the fuel is used up.
    On,
}

impl Metering {
    /// What calls under these limits need.
    pub(crate) fn of(limits: &Limits) -> Self {
        if limits.fuel.is_some() { Self::On } else { Self::Off }
    }
}

/// The seed of hash tables in counted calls. Any number does.
pub(crate) const SEED: (u64, u64) = (0x426f_7841_676e_7473, 0x6675_656c_2073_6565);

/// What compiling a tool of our own may take at least, of the processor. It is no bomb, and without it the tool could not
/// be counted on a slow machine.
pub(crate) const OWN_COMPILE_TIME: Duration = Duration::from_mins(5);
