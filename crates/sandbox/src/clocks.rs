//! Clocks. They are the system's; in a call with fuel they tell whole seconds.
//!
//! A program that looks at a clock often takes another way each time: what is left of a second decides whether a
//! difference borrows one. The shell looks at each command, and would end some hundred steps earlier or later.

use crate::fuel::Metering;
use wasmtime::Result;
use wasmtime::component::{HasData, Resource};
use wasmtime_wasi::clocks::{WasiClocksCtx, WasiClocksCtxView};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::{monotonic_clock, wall_clock};

/// A second of the monotonic clock, which counts nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The clocks of one call.
pub(crate) struct Clocks {
    pub(crate) system: WasiClocksCtx,
    pub(crate) metering: Metering,
}

impl Clocks {
    pub(crate) fn new(metering: Metering) -> Self {
        Self { system: WasiClocksCtx::default(), metering }
    }
}

/// Names [`ClocksView`] to the linker.
pub(crate) struct HasClocks;

impl HasData for HasClocks {
    type Data<'a> = ClocksView<'a>;
}

/// The clocks as the linker hands them out.
pub(crate) struct ClocksView<'a> {
    pub(crate) system: WasiClocksCtxView<'a>,
    pub(crate) metering: Metering,
}

impl wall_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> Result<wall_clock::Datetime> {
        let now = wall_clock::Host::now(&mut self.system)?;
        Ok(match self.metering {
            Metering::Off => now,
            Metering::On => wall_clock::Datetime { nanoseconds: 0, ..now },
        })
    }

    fn resolution(&mut self) -> Result<wall_clock::Datetime> {
        match self.metering {
            Metering::Off => wall_clock::Host::resolution(&mut self.system),
            Metering::On => Ok(wall_clock::Datetime { seconds: 1, nanoseconds: 0 }),
        }
    }
}

impl monotonic_clock::Host for ClocksView<'_> {
    fn now(&mut self) -> Result<u64> {
        let now = monotonic_clock::Host::now(&mut self.system)?;
        Ok(match self.metering {
            Metering::Off => now,
            Metering::On => now - now % SECOND,
        })
    }

    fn resolution(&mut self) -> Result<u64> {
        match self.metering {
            Metering::Off => monotonic_clock::Host::resolution(&mut self.system),
            Metering::On => Ok(SECOND),
        }
    }

    fn subscribe_instant(&mut self, when: u64) -> Result<Resource<DynPollable>> {
        let when = match self.metering {
            Metering::Off => when,
            // When this clock says so too; whoever looks after waiting would otherwise have to wait again and again.
            Metering::On => when.div_ceil(SECOND).saturating_mul(SECOND),
        };
        self.system.subscribe_instant(when)
    }

    fn subscribe_duration(&mut self, duration: u64) -> Result<Resource<DynPollable>> {
        self.system.subscribe_duration(duration)
    }
}
