//! The store on disk keeps every law of the record.

use boxagnts_record::conformance::Fresh;
use boxagnts_record::{Stamp, Store};
use boxagnts_store::SqliteStore;
use std::cell::Cell;
use std::sync::Arc;

fn on_disk(law: fn(Fresh<'_>)) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = Cell::new(0);
    law(&|stamp: Arc<dyn Stamp>| {
        made.set(made.get() + 1);
        let place = folder.path().join(format!("workspaces/{}", made.get()));
        Arc::new(SqliteStore::open(&place, stamp).expect("a new folder")) as Arc<dyn Store>
    });
}

boxagnts_record::conformance_tests!(on_disk);
