//! What tokens cost.

use boxagnts_types::Usage;

/// The price of a model, in billionths of a US dollar for one token: the thousandfold of the usual dollars for a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For each token that the model reads.
    pub input: u64,
    /// For each token that it writes.
    pub output: u64,
}

impl Price {
    /// What a use costs, in millionths of a US dollar, rounded up.
    pub fn of(&self, usage: Usage) -> u64 {
        let billionths =
            usage.input.saturating_mul(self.input).saturating_add(usage.output.saturating_mul(self.output));
        billionths.div_ceil(1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_costs_its_tokens_rounded_up() {
        let price = Price { input: 1250, output: 10_000 };
        assert_eq!(price.of(Usage { input: 1_000_000, output: 100_000 }), 2_250_000);
        assert_eq!(price.of(Usage { input: 1, output: 0 }), 2);
        assert_eq!(price.of(Usage::default()), 0);
        assert_eq!(price.of(Usage { input: u64::MAX, output: u64::MAX }), u64::MAX.div_ceil(1000));
    }
}
