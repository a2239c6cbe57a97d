//! Chance that can be repeated.

/// A sequence of numbers that its seed decides: xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's
/// xorshift generators, scrambled").
pub(super) struct Random(u64);

impl Random {
    /// The sequence of one run of a seed, so that each run can be repeated alone.
    pub(super) fn new(seed: u64, run: usize) -> Self {
        let mixed = (seed << 32 | run as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut random = Self(mixed | 1);
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below a bound that is not zero.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound.max(1)
    }
}
