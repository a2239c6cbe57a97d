//! Randomness, a bounded amount per call.
//!
//! Both of the guest's sources, the good one and the "insecure" one, are the system's: there is no use for a worse one.
//! Of a call with fuel the seed is always the same; see [`crate::fuel`].

use crate::ending::Stop;
use crate::fuel::{Metering, SEED};
use crate::limits::{LimitHit, Limits};
use wasmtime::component::HasData;
use wasmtime::{Error, Result};
use wasmtime_wasi::p2::bindings::random::{insecure, insecure_seed, random};

/// What is left of a call's share.
pub(crate) struct Random {
    left: u64,
    most: u64,
    metering: Metering,
}

/// Names [`Random`] to the linker.
pub(crate) struct HasRandom;

impl HasData for HasRandom {
    type Data<'a> = &'a mut Random;
}

impl Random {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = limits.random_bytes;
        Self { left: most, most, metering: Metering::of(limits) }
    }

    /// The share is spent before anything is allocated: the guest names the length.
    fn bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.left = self.left.checked_sub(length).ok_or(Stop::Limit(LimitHit::Random(self.most)))?;
        let mut bytes = vec![0; usize::try_from(length)?];
        fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u64> {
        self.left = self.left.checked_sub(8).ok_or(Stop::Limit(LimitHit::Random(self.most)))?;
        let mut bytes = [0; 8];
        fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| Error::msg(format!("the system gives no randomness: {error}")))
}

impl random::Host for &mut Random {
    fn get_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.bytes(length)
    }

    fn get_random_u64(&mut self) -> Result<u64> {
        self.number()
    }
}

impl insecure::Host for &mut Random {
    fn get_insecure_random_bytes(&mut self, length: u64) -> Result<Vec<u8>> {
        self.bytes(length)
    }

    fn get_insecure_random_u64(&mut self) -> Result<u64> {
        self.number()
    }
}

impl insecure_seed::Host for &mut Random {
    fn insecure_seed(&mut self) -> Result<(u64, u64)> {
        match self.metering {
            Metering::Off => Ok((self.number()?, self.number()?)),
            Metering::On => Ok(SEED),
        }
    }
}
