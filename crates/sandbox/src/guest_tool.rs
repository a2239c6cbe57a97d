//! A guest as a tool of the registry, for one session.

use crate::call::{Frame, run};
use crate::cli::Kept;
use crate::command;
use crate::compile::Loaded;
use crate::deadline::Deadline;
use crate::ending::{Ending, Stop};
use crate::files::account::{Account, Note, Reasons};
use crate::fuel::Metering;
use crate::gate::Gate;
use crate::guest::Guest;
use crate::sandbox::Sandbox;
use crate::settle::Left;
use crate::spec::GuestSpec;
use crate::state::{CallParts, CallState};
use crate::typed;
use crate::world::World;
use boxagnts_capability::{Effects, Subject};
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{Ask, PermissionLevel, Preview, Tool, ToolContext, ToolFailure, ToolResult};
use boxagnts_types::{InputError, ToolName};
use futures::future::BoxFuture;
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::Arc;

/// A component, what is known of it, and the world of a session. Making one costs nothing: the component is loaded at
/// its first call.
pub struct GuestTool {
    sandbox: Arc<Sandbox>,
    guest: Arc<Guest>,
    spec: GuestSpec,
    world: Arc<World>,
}

impl GuestTool {
    /// Puts the parts together.
    pub fn new(sandbox: Arc<Sandbox>, guest: Arc<Guest>, spec: GuestSpec, world: Arc<World>) -> Self {
        Self { sandbox, guest, spec, world }
    }

    async fn call(&self, input: Value, context: ToolContext) -> ToolResult {
        let ToolContext { permit, cancel, asker, progress, ledger, state } = context;
        // Loading may compile, which takes as long as it takes; the call ends all the same.
        let loaded = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(Ending::from(Stop::Cancelled).into()),
            loaded = self.sandbox.load(&self.guest, Metering::of(&self.spec.limits)) => loaded.map_err(Ending::from)?,
        };
        let gate = Arc::new(Gate::default());
        let world = Arc::clone(&self.world);
        let deadline = Deadline::after(self.spec.limits.wall_clock);
        let asks = Some(Arc::clone(&asker));
        let parts = CallParts { world, permit: Some(permit), ledger, progress, cancel, gate, deadline, asker: asks };
        match *loaded {
            Loaded::Typed(_) => self.call_typed(loaded, parts, asker, &input, state).await,
            Loaded::Command(_) => self.call_command(loaded, parts, asker, &input).await,
        }
    }

    async fn call_typed(
        &self,
        loaded: Arc<Loaded>,
        parts: CallParts,
        asker: Arc<dyn Ask>,
        input: &Value,
        kept: Option<Vec<u8>>,
    ) -> ToolResult {
        let limits = &self.spec.limits;
        let frame = Frame::new(&parts, limits);
        let state = CallState::for_tool(parts, limits);
        let (left, log) = (Left::of(&state, &self.world, asker), Arc::clone(&state.log));
        let work = typed::call(loaded, state, frame.clone(), limits.clone(), input.to_string(), kept);
        let result = match run(&self.sandbox, frame, work).await {
            Ok(called) => left.settle(&self.sandbox, typed::result(called, limits)).await,
            Err(Ending::Crashed(what)) => Err(left.dropped(Ending::Crashed(log.with_last_words(what)))),
            Err(ending) => Err(left.dropped(ending)),
        };
        result.map_err(|failure| explain(failure, left.account()))
    }

    async fn call_command(
        &self,
        loaded: Arc<Loaded>,
        parts: CallParts,
        asker: Arc<dyn Ask>,
        input: &Value,
    ) -> ToolResult {
        let (kind, limits) = (self.spec.kind, &self.spec.limits);
        let line = command::line(kind, self.spec.name.as_str(), input)?;
        let frame = Frame::new(&parts, limits);
        let kept = Arc::new(Kept::new(limits.stored_output));
        let state = CallState::for_command(parts, limits, &kept, line);
        let left = Left::of(&state, &self.world, asker);
        let work = command::call(loaded, state, frame.clone(), limits.clone());
        let result = match run(&self.sandbox, frame, work).await {
            Ok(exit) => {
                let was_refused = !left.account().stood_in_the_way().refusals.is_empty();
                left.settle(&self.sandbox, command::result(kind, &exit, &kept, was_refused)).await
            }
            Err(ending) => Err(left.dropped(ending)),
        };
        result.map_err(|failure| explain(failure, left.account()))
    }
}

impl Tool for GuestTool {
    fn name(&self) -> &ToolName {
        &self.spec.name
    }

    fn description(&self) -> &str {
        &self.spec.description
    }

    fn permission_level(&self) -> PermissionLevel {
        self.spec.level
    }

    fn input_schema(&self) -> &Value {
        &self.spec.schema
    }

    fn search(&self) -> bool {
        self.spec.search
    }

    fn most_to_model(&self) -> usize {
        self.spec.limits.model_output
    }

    fn subject(&self) -> &Subject {
        &self.spec.subject
    }

    fn digest(&self) -> &str {
        self.guest.digest()
    }

    fn effects(&self, input: &Value) -> Result<Effects, InputError> {
        self.spec.effects_of(input)
    }

    fn preview(&self, input: &Value) -> Option<Preview> {
        self.spec.preview_of(input)
    }

    fn execute(&self, input: Value, context: ToolContext) -> BoxFuture<'_, ToolResult> {
        Box::pin(self.call(input, context))
    }
}

/// A guest only sees "access denied". What was refused, by which rule, and what to ask for is added to its words,
/// unless they name it already; a reason goes right behind the path that it is about.
fn explain(failure: ToolFailure, account: &Account) -> ToolFailure {
    let ToolFailure::Recoverable { kind, mut message } = failure else { return failure };
    if matches!(kind, Recoverable::Denied | Recoverable::Rejected) {
        let Reasons { refusals, notes } = account.stood_in_the_way();
        for refusal in refusals {
            let named = refusal.needs.as_ref().is_some_and(|needs| message.contains(needs));
            if !named {
                // Writing to a string cannot fail.
                let _ = write!(message, "\n{refusal}");
            }
        }
        for Note { path, why } in notes {
            let _ = match path {
                Some(path) if message.ends_with(path.as_str()) => write!(message, ": {why}"),
                Some(path) => write!(message, "\n{path}: {why}"),
                None => write!(message, "\n{why}"),
            };
        }
    }
    ToolFailure::Recoverable { kind, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use boxagnts_tools::Ledger;
    use boxagnts_types::GuestPath;

    #[test]
    fn a_reason_stands_behind_its_path_which_is_not_said_twice() {
        let account = Account::new(None, Ledger::new(), Arc::new(Gate::default()), &Limits::default());
        account.note_at(&GuestPath::parse("/workspace/a").unwrap(), "it leads out".to_owned());
        account.note_at(&GuestPath::parse("/workspace/b").unwrap(), "it leads in".to_owned());
        let failure = ToolFailure::recoverable(Recoverable::Denied, "access denied: /workspace/a".to_owned());
        let ToolFailure::Recoverable { message, .. } = explain(failure, &account) else { panic!("it ends the turn") };
        assert_eq!(message, "access denied: /workspace/a: it leads out\n/workspace/b: it leads in");
    }
}
