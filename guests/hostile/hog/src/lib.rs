//! Attack: takes more memory than it may and touches every page of it (C07).
//!
//! An ordinary program dies when memory is refused; a polite one says how much it got, which tells a
//! test where the limit stands.

use std::hint::black_box;

use boxagnts_guest_sdk::{Failure, Output, Tool, export};

const MIB: usize = 1024 * 1024;
const PAGE: usize = 4096;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// How much memory to take, in MiB.
    mib: usize,
    /// Say how much there was instead of dying of the refusal. Default false.
    polite: Option<bool>,
}

struct Hog;

impl Tool for Hog {
    type Input = Input;
    const NAME: &'static str = "hog";
    const DESCRIPTION: &'static str = "Take a lot of memory.";
    const EXAMPLES: &'static [&'static str] = &[r#"{"mib":1024}"#];

    fn call(input: Input) -> Result<Output, Failure> {
        let polite = input.polite.unwrap_or(false);
        let mut taken: Vec<Vec<u8>> = Vec::new();
        for got in 0..input.mib {
            let mut block = Vec::new();
            if polite && block.try_reserve_exact(MIB).is_err() {
                return Ok(Output::text(format!("refused after {got} MiB")));
            }
            block.resize(MIB, 0);
            for page in block.chunks_mut(PAGE) {
                page[0] = 1;
            }
            taken.push(black_box(block));
        }
        Ok(Output::text(format!("took {} MiB", taken.len())))
    }
}

export!(Hog);
