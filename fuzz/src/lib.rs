//! Feeds every reader of foreign text with inputs that nobody would write, and says what must hold of what it makes.
//!
//! A [`Target`] is one reader: a function that takes bytes and fails when an invariant does. Inputs come from the kept
//! corpus of the target (`fuzz/corpus/NAME`), from a soup of its words, and from edits of both; `proptest` draws and shrinks
//! them, on the stable compiler. No test of "it does not panic" alone is here: a reader that refuses everything or
//! accepts too much fails as well.
//!
//! `cargo xtask fuzz` runs the targets for a time, the tests in `tests/` a fixed number of inputs from a fixed seed.
//!
//! Start with [`targets`], one module for each reader; [`driver`] draws and judges, [`corpus`] keeps.

pub mod corpus;
pub mod driver;
pub mod edits;
pub mod targets;

/// Why an input breaks an invariant, in words.
pub type Broken = String;

/// One reader of foreign text.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// What it is called on the command line, and the folder of its corpus.
    pub name: &'static str,
    /// What it reads, in words.
    pub reads: &'static str,
    /// Reads an input and looks whether everything holds that must. Says whether the reader took it.
    pub check: fn(&[u8]) -> Result<bool, Broken>,
    /// What the reader's language is made of: inputs are put together from these, and they are put into others.
    pub words: &'static [&'static str],
    /// How many inputs the tests try: a second of them or two.
    pub quick: u32,
}

/// Fails the check unless the condition holds.
macro_rules! holds {
    ($condition:expr, $($why:tt)+) => {
        if !$condition {
            return Err(format!($($why)+));
        }
    };
}
pub(crate) use holds;
