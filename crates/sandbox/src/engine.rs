//! The engine: how guests are compiled and run. The same settings compile ahead of time and run, and one value tells
//! whether compiled code fits.

use crate::fuel::Metering;
use crate::limits::STACK;
use crate::ticker::Ticker;
use std::hash::{Hash, Hasher};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result};

/// Calls that run at the same time; further ones wait for a place. The pool reserves address space for each, which
/// costs less than a millisecond when the engine starts and no memory.
pub const MOST_CALLS: u32 = 256;

/// Calls of one session that run at the same time; its further ones wait, and other sessions find places left.
pub const MOST_CALLS_OF_A_SESSION: u32 = MOST_CALLS / 4;

/// Core instances of one component.
pub const MOST_INSTANCES: u32 = 10;
/// Linear memories of one component.
pub const MOST_MEMORIES: u32 = 4;
/// Tables of one component.
pub const MOST_TABLES: u32 = 10;
/// Elements that one table may have.
const MOST_ELEMENTS: usize = 100_000;

/// Kept by a free place of the pool instead of being handed back to the system. A place is cleared up to here whether or
/// not its guest came so far, so that more would leave more behind than live guests hold; calls are as fast with this.
const KEPT: usize = 16 * 1024;
/// Free places that keep their last guest's memory prepared.
const WARM: u32 = 16;

/// The stack of a call on the host's side: the guest's own and what our functions need beneath it.
const ASYNC_STACK: usize = 2 * 1024 * 1024;

/// An engine and its clock. One per process, and a second one when calls are metered.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) ticker: Ticker,
}

impl House {
    pub(crate) fn start(metering: Metering) -> Result<Self> {
        let mut config = config(metering);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        // A process whose address space is limited cannot reserve the pool. Calls then start more slowly, no more.
        let engine = Engine::new(&config).or_else(|_| Engine::new(&self::config(metering)))?;
        let ticker = Ticker::start(&engine)?;
        Ok(Self { engine, ticker })
    }
}

/// Settings that decide what code is generated. The target is explicit, so that the features of the machine that
/// compiles are not used: a pack runs on every machine of its architecture.
pub(crate) fn config(metering: Metering) -> Config {
    let mut config = Config::new();
    if let Some(target) = target() {
        config.target(target).expect("the triples below are known to the compiler");
    }
    config
        .wasm_component_model(true)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .epoch_interruption(true)
        .consume_fuel(metering == Metering::On)
        .max_wasm_stack(STACK)
        .async_stack_size(ASYNC_STACK)
        // A trace costs time at each trap and says nothing to a model.
        .wasm_backtrace_max_frames(None)
        .memory_init_cow(true);
    config
}

/// The plain triple of this machine.
fn target() -> Option<&'static str> {
    match (std::env::consts::ARCH, std::env::consts::OS) {
        ("x86_64", "linux") => Some("x86_64-unknown-linux-gnu"),
        ("aarch64", "linux") => Some("aarch64-unknown-linux-gnu"),
        ("aarch64", "macos") => Some("aarch64-apple-darwin"),
        _ => None,
    }
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MOST_CALLS)
        .total_core_instances(MOST_CALLS * MOST_INSTANCES)
        .total_memories(MOST_CALLS * MOST_MEMORIES)
        .total_tables(MOST_CALLS * MOST_TABLES)
        .total_stacks(MOST_CALLS)
        .max_core_instances_per_component(MOST_INSTANCES)
        .max_memories_per_component(MOST_MEMORIES)
        .max_tables_per_component(MOST_TABLES)
        .max_memories_per_module(MOST_MEMORIES)
        .max_tables_per_module(MOST_TABLES)
        .table_elements(MOST_ELEMENTS)
        // All that a 32-bit memory can be; how much a call gets is the limiter's matter.
        .max_memory_size(4 << 30)
        .linear_memory_keep_resident(KEPT)
        .table_keep_resident(KEPT)
        .async_stack_keep_resident(KEPT)
        .max_unused_warm_slots(WARM);
    pool
}

/// Names the settings and the version of the engine: code compiled under another name is not loaded.
pub(crate) fn fingerprint(engine: &Engine) -> String {
    struct Digest(blake3::Hasher);

    impl Hasher for Digest {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            let digest = self.0.finalize();
            let (first, _) = digest.as_bytes().split_first_chunk::<8>().expect("a digest has 32 bytes");
            u64::from_le_bytes(*first)
        }
    }

    let mut digest = Digest(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut digest);
    digest.0.finalize().to_hex()[..32].to_owned()
}
