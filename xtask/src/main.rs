//! Sets up, builds, tests, measures and starts the product: `cargo xtask --help`.

fn main() {}
