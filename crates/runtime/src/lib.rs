//! Builds the house from configuration and offers one handle: start, submit, approve, subscribe, stop.
