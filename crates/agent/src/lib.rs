//! Decides the next step of a turn: prompt, model, calls, budgets, stop.
//!
//! The room sees ports alone: a model, the door of the tools, the journal, a listener. It opens no file, no
//! connection and no screen, and it holds no right of its own: whatever a call may do is decided behind the door. The
//! loop is not the security perimeter.
//!
//! Start with [`machine`] (what may happen in a turn and what follows), then [`turn`], which carries it out.

pub mod budget;
pub mod conversation;
pub mod history;
pub mod limits;
pub mod machine;
pub mod prompt;
pub mod repeats;
pub mod report;
pub mod turn;

mod calls;
mod hands;
mod left_open;
mod reply;
mod withhold;

pub use budget::Budget;
pub use conversation::Conversation;
pub use history::{conversation_from, messages_from};
pub use left_open::{LeftOpen, Settling};
pub use limits::Limits;
pub use report::TurnReport;
pub use turn::Run;
