//! Scripted model, scripted approvals, temporary workspace and event recorder, for tests alone.
