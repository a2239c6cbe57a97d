//! Draws inputs, runs a target on them, and shrinks the first one that breaks something.

use crate::edits::inputs;
use crate::{Broken, Target};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Inputs that are drawn in one go: between two of them the clock is looked at.
const BATCH: u32 = 200;

/// An input that breaks an invariant, as small as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The input.
    pub input: Vec<u8>,
    /// What it breaks.
    pub why: Broken,
}

/// How many inputs were run, and how many of them the reader took: one that takes nothing proves little.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ran {
    /// All of them.
    pub inputs: u64,
    /// Those that were read.
    pub taken: u64,
}

/// Runs a target on one input, and says whether its reader took it. A panic breaks an invariant like anything else.
pub fn attempt(target: &Target, input: &[u8]) -> Result<bool, Broken> {
    catch_unwind(AssertUnwindSafe(|| (target.check)(input))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text");
        Err(format!("it panics: {text}"))
    })
}

/// Runs a target on inputs that its kept ones, its words and a seed decide, as long as `more` says after so many.
///
/// `before` sees each input before it is run, so that one which ends the process is not lost.
pub fn run(
    target: &Target,
    kept: Vec<Vec<u8>>,
    seed: u64,
    more: impl Fn(u64) -> bool,
    before: impl Fn(&[u8]),
) -> Result<Ran, Found> {
    let strategy = inputs(kept, target.words).boxed();
    let (mut done, taken) = (0, Cell::new(0));
    for batch in 0_u64.. {
        if !more(done) {
            break;
        }
        let mut runner = runner(seed, batch);
        let ran = runner.run(&strategy, |input| {
            before(&input);
            let took = attempt(target, &input).map_err(TestCaseError::fail)?;
            taken.set(taken.get() + u64::from(took));
            Ok(())
        });
        match ran {
            Ok(()) => done += u64::from(BATCH),
            Err(TestError::Fail(why, input)) => return Err(Found { input, why: why.message().to_owned() }),
            Err(TestError::Abort(why)) => return Err(Found { input: Vec::new(), why: why.message().to_owned() }),
        }
    }
    Ok(Ran { inputs: done, taken: taken.get() })
}

/// Each batch is drawn by a runner of its own, so that a seed means the same inputs however long a run lasts.
fn runner(seed: u64, batch: u64) -> TestRunner {
    let config = Config { cases: BATCH, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    let seed = (u128::from(seed) << 64 | u128::from(batch)).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let random = TestRng::from_seed(RngAlgorithm::XorShift, &(seed | 1).to_le_bytes());
    TestRunner::new_with_rng(config, random)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    const HOLDS: Target = Target { name: "x", reads: "x", check: |_| Ok(true), words: &["a", "b"], quick: 0 };

    fn drawn(seed: u64) -> Vec<Vec<u8>> {
        let drawn = RefCell::new(Vec::new());
        let kept = vec![b"kept".to_vec()];
        let ran = run(&HOLDS, kept, seed, |done| done < 400, |input| drawn.borrow_mut().push(input.to_vec()));
        assert_eq!(ran, Ok(Ran { inputs: 400, taken: 400 }));
        drawn.into_inner()
    }

    #[test]
    fn a_seed_decides_the_inputs() {
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert!(drawn(1).iter().any(|input| input == b"kept"), "a kept input is also tried as it is");
    }

    #[test]
    fn what_breaks_is_found_and_made_small() {
        let check = |input: &[u8]| if input.contains(&b'b') { Err("a b".to_owned()) } else { Ok(true) };
        let found = run(&Target { check, ..HOLDS }, vec![b"aaaaaa".to_vec()], 1, |done| done < 10_000, |_| ());
        let Err(Found { input, why }) = found else { panic!("nothing was found") };
        // Blind edits do not always shrink to the smallest.
        assert!(input.contains(&b'b') && input.len() < 8 && why == "a b", "{input:?}: {why}");
    }

    #[test]
    fn a_panic_breaks_something_too() {
        let check = |_: &[u8]| -> Result<bool, Broken> { panic!("no") };
        assert_eq!(attempt(&Target { check, ..HOLDS }, b""), Err("it panics: no".to_owned()));
    }
}
