//! Tells a running session which grants were given, taken back, or ended.

use super::{Grant, GrantError, GrantStore, Print, rule};
use boxagnts_capability::{Authority, Layer, Rule};
use boxagnts_types::SessionId;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How often the files are looked at. The person is promised a quarter of a second.
const LOOK: Duration = Duration::from_millis(100);

/// Looks until it is dropped.
pub(crate) struct Watching(JoinHandle<()>);

struct Watch {
    store: Arc<GrantStore>,
    session: SessionId,
    authority: Authority,
    /// What was there when the rules were read; `None` when that could not be seen.
    prints: Option<Vec<Print>>,
    grants: Vec<Grant>,
}

impl Watching {
    /// Puts the grants that reach the session in place, and keeps them as they are in the files.
    pub(crate) fn begin(
        store: &Arc<GrantStore>,
        session: SessionId,
        authority: &Authority,
    ) -> Result<Self, GrantError> {
        // What is replaced between the two is seen at the first look.
        let prints = store.prints(session).ok();
        let grants = store.live(Some(session))?;
        authority.replace_layer(Layer::Granted, &rules(&grants));
        let (store, authority) = (Arc::clone(store), authority.clone());
        let mut watch = Watch { store, session, authority, prints, grants };
        Ok(Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                watch.look();
            }
        })))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Watch {
    fn look(&mut self) {
        let prints = self.store.prints(self.session).ok();
        if prints.is_some() && prints == self.prints && !self.has_ended() {
            return;
        }
        // Grants that cannot be read are none: what was granted before may have been taken back.
        let grants = self.store.live(Some(self.session)).unwrap_or_default();
        self.prints = prints;
        if grants != self.grants {
            self.authority.replace_layer(Layer::Granted, &rules(&grants));
            self.grants = grants;
        }
    }

    fn has_ended(&self) -> bool {
        let now = self.store.now();
        self.grants.iter().any(|grant| grant.expires.is_some_and(|expires| expires <= now))
    }
}

fn rules(grants: &[Grant]) -> Vec<(Rule, String)> {
    grants.iter().cloned().map(rule).collect()
}
