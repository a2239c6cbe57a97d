//! The question about a call before it starts: what it shows, what its answer binds to, and what the answer comes to.

use super::Door;
use crate::approvals::Answer;
use crate::asking::{Asking, Heard};
use crate::fingerprint;
use crate::tool::Tool;
use crate::witness::Sights;
use boxagnts_capability::{Effect, Pending, Permit, Refusal, Unanswered};
use boxagnts_record::StoreError;
use serde_json::Value;

/// What is known of a question when it is put.
#[derive(Default)]
pub(super) struct Before {
    /// The files that the call's effects name.
    sights: Sights,
    /// What would change in them, where the input says it.
    changes: Option<String>,
    /// What the answer binds to.
    pub(super) print: String,
}

impl Door {
    /// Looks at what a question is about.
    pub(super) async fn before(&self, tool: &dyn Tool, input: &Value, pending: &Pending, print: &str) -> Before {
        let sights = Sights::of(&*self.witness, pending.effects()).await;
        let print = fingerprint::bound(print, &self.authority.book(), &sights.marks());
        let changes = tool.preview(input).map(|preview| preview.text(&sights));
        Before { sights, changes, print }
    }

    /// Asks about a call before it starts. The yes counts for the files that the person was shown: when somebody has
    /// changed one of them meanwhile, nothing happens.
    pub(super) async fn ask(
        &self,
        asking: &Asking,
        pending: Pending,
        before: Before,
    ) -> Result<Result<Permit, Refusal>, StoreError> {
        let asks: Vec<Effect> = pending.asks().to_vec();
        let Before { sights, changes, print } = before;
        if self.patience.was_refused(&asking.journal, &print) {
            return Ok(Err(pending.refuse(Unanswered::PersonSaidNo)));
        }
        if let Err(why) = self.patience.spend(&asking.journal) {
            return Ok(Err(pending.refuse(why)));
        }
        let heard = asking.put(&asks, changes, &print).await?;
        let is_yes = matches!(heard, Heard::Answer(Answer::Once | Answer::Session));
        if is_yes && sights.have_changed(&*self.witness).await {
            return Ok(Err(pending.refuse(Unanswered::Changed)));
        }
        if heard == Heard::Answer(Answer::No) {
            self.patience.refused(&asking.journal, print);
        }
        Ok(match asking.settle(&asks, heard) {
            Ok(()) => pending.allow(),
            Err(why) => Err(pending.refuse(why)),
        })
    }
}
