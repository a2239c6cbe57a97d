//! The SQLite backend of the record.
