//! The store in memory keeps every law.

use boxagnts_record::conformance::Fresh;
use boxagnts_record::{MemoryStore, Stamp, Store};
use std::sync::Arc;

fn in_memory(law: fn(Fresh<'_>)) {
    law(&|stamp: Arc<dyn Stamp>| Arc::new(MemoryStore::new(stamp)) as Arc<dyn Store>);
}

boxagnts_record::conformance_tests!(in_memory);
