//! Runs one guest under one permit: engine, limits, mediated WASI.
