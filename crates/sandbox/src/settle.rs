//! What becomes of prepared changes when a tool has ended: shown to the person at once, then made or dropped.

use crate::call::blocking;
use crate::ending::Ending;
use crate::files::Files;
use crate::files::account::Account;
use crate::files::stage::Stage;
use crate::files::stage::apply::NotApplied;
use crate::files::stage::changes::Changes;
use crate::sandbox::Sandbox;
use crate::state::CallState;
use crate::world::World;
use boxagnts_capability::{Effect, Unanswered};
use boxagnts_tools::tool::Recoverable;
use boxagnts_tools::{Ask, ToolFailure, ToolResult, Wish};
use boxagnts_types::Content;
use std::sync::Arc;

/// The parts of a call that outlive its guest.
pub(crate) struct Left {
    world: Arc<World>,
    account: Arc<Account>,
    stage: Arc<Stage>,
    asker: Arc<dyn Ask>,
}

impl Left {
    pub(crate) fn of(state: &CallState, world: &Arc<World>, asker: Arc<dyn Ask>) -> Self {
        Self { world: Arc::clone(world), account: Arc::clone(&state.account), stage: Arc::clone(&state.stage), asker }
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// The end of a call that was ended by force: nothing of what it prepared is made.
    pub(crate) fn dropped(&self, ending: Ending) -> ToolFailure {
        let failure = ToolFailure::from(ending);
        if self.stage.has_begun() {
            with_note(failure, "none of the changes that it prepared was made")
        } else {
            failure
        }
    }

    /// The end of a call that ended by itself. A failure of its own is no reason to drop its changes: a script that ends
    /// badly has changed files elsewhere too.
    pub(crate) async fn settle(&self, sandbox: &Sandbox, result: ToolResult) -> ToolResult {
        let result = self.made(sandbox, result).await;
        if self.account.has_written() {
            let files = self.files();
            blocking(sandbox, &self.world, move || files.label_written()).await?;
        }
        result
    }

    async fn made(&self, sandbox: &Sandbox, result: ToolResult) -> ToolResult {
        if !self.stage.has_begun() {
            return result;
        }
        if let Err(ToolFailure::Broken(_)) = result {
            return result;
        }
        let Some(changes) = self.changes(sandbox).await? else { return result };
        if let Err(why) = self.ask(&changes).await {
            return Err(self.refused(&changes, why, result));
        }
        let files = self.files();
        match blocking(sandbox, &self.world, move || files.apply()).await? {
            Ok(()) => result,
            Err(not_applied) => Err(failed(&not_applied, result)),
        }
    }

    fn files(&self) -> Files {
        Files::new(Arc::clone(&self.world), Arc::clone(&self.account), Arc::clone(&self.stage), false)
    }

    async fn changes(&self, sandbox: &Sandbox) -> Result<Option<Changes>, ToolFailure> {
        let files = self.files();
        blocking(sandbox, &self.world, move || files.changes()).await?.map_err(|error| {
            let text = format!("none of the changes was made, since they could not be looked at: {error}");
            ToolFailure::recoverable(Recoverable::Rejected, text)
        })
    }

    async fn ask(&self, changes: &Changes) -> Result<(), Unanswered> {
        let Some(permit) = self.account.permit() else { return Err(Unanswered::Interrupted) };
        if changes.effects.is_empty() {
            // Somebody granted all of it meanwhile.
            return Ok(());
        }
        let wish = Wish { effects: changes.effects.clone(), changes: Some(changes.text.clone()), detail: None };
        self.asker.ask(permit, wish).await
    }

    fn refused(&self, changes: &Changes, why: Unanswered, result: ToolResult) -> ToolFailure {
        let refuse = |effect: &Effect| self.account.permit().map(|permit| permit.refuse(effect, why));
        for refusal in changes.effects.iter().filter_map(refuse) {
            self.account.refused(&refusal);
        }
        let what = if changes.count == 1 { "the change".to_owned() } else { format!("the {} changes", changes.count) };
        let kind = if why == Unanswered::Interrupted { Recoverable::Cancelled } else { Recoverable::Denied };
        ToolFailure::recoverable(kind, format!("{what} of this call did not happen{}", said(result)))
    }
}

fn failed(not_applied: &NotApplied, result: ToolResult) -> ToolFailure {
    let kind = match not_applied {
        NotApplied::Refused(_) => Recoverable::Denied,
        NotApplied::Changed(_) | NotApplied::NotKept { .. } | NotApplied::Failed { .. } => Recoverable::Rejected,
    };
    ToolFailure::recoverable(kind, format!("{not_applied}{}", said(result)))
}

/// What the tool had said, which is true of the changes only if they are made.
fn said(result: ToolResult) -> String {
    let text = match result {
        Ok(output) => {
            let texts = output.content.iter().filter_map(|content| match content {
                Content::Text { text } => Some(text.clone()),
                Content::Json { value } => Some(value.to_string()),
                _ => None,
            });
            texts.collect::<Vec<_>>().join("\n")
        }
        Err(failure) => failure.to_string(),
    };
    if text.trim().is_empty() { String::new() } else { format!("; before that it said:\n{text}") }
}

fn with_note(failure: ToolFailure, note: &str) -> ToolFailure {
    match failure {
        ToolFailure::Recoverable { kind, message } => ToolFailure::recoverable(kind, format!("{message}; {note}")),
        broken @ ToolFailure::Broken(_) => broken,
    }
}
