//! Decides the next step of a turn: prompt, model, calls, budgets, stop.
