//! The tool trait, the registry and the one door that every call passes.
