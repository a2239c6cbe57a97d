//! Which folders exist for us, and how a path inside one is opened without escape.
