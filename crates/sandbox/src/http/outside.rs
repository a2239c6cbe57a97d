//! Where requests are sent: on the threads of whoever made the call.
//!
//! The threads of guests may open neither a connection nor the files that say who knows names and whom to trust.

use crate::files::account::Account;
use boxagnts_capability::{Effect, RuleName};
use boxagnts_egress::{Web, WebAnswer, WebError, WebLimits, WebRequest};
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// The runtime of the caller; none where there is none, and then nothing is sent.
pub(super) struct Outside(Option<Handle>);

impl Outside {
    /// Called where the call begins, before it goes to the threads of guests.
    pub(super) fn here() -> Self {
        Self(Handle::try_current().ok())
    }

    /// Asks the permit for an effect, and the person where the permit has to, with what the effect
    /// alone does not show. Whoever asks and remembers may do it with
    /// files and threads that guests' threads may not have. `None`: the answer is no, or there is nobody outside.
    pub(super) async fn decide(
        &self,
        account: &Arc<Account>,
        effect: &Effect,
        detail: Option<String>,
    ) -> Option<RuleName> {
        let (account, effect) = (Arc::clone(account), effect.clone());
        let asking = self.0.as_ref()?.spawn(async move { account.decide(&effect, detail).await });
        let mut asking = EndOnDrop(asking);
        (&mut asking.0).await.ok()?.ok()
    }

    /// Sends a request under the permit of its call. `None`: there is nobody outside, or no permit. Dropping the future
    /// ends the request.
    pub(super) async fn send(
        &self,
        account: &Arc<Account>,
        web: &Arc<Web>,
        limits: WebLimits,
        request: WebRequest,
    ) -> Option<Result<WebAnswer, WebError>> {
        let (account, web) = (Arc::clone(account), Arc::clone(web));
        let sending = self.0.as_ref()?.spawn(async move {
            let permit = account.permit()?;
            // The call may have ended on the way here.
            account.still_runs().ok()?;
            Some(web.send(permit, &limits, request).await)
        });
        let mut sending = EndOnDrop(sending);
        // A task that panicked or was ended has no answer.
        (&mut sending.0).await.ok().flatten()
    }
}

struct EndOnDrop<T>(JoinHandle<T>);

impl<T> Drop for EndOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
