//! Speaks to language models and turns their answers into the terms of the port.
