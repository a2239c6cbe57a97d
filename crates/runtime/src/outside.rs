//! The threads of the house, for ports that are asked on the threads of guests.
//!
//! The kernel holds threads of guests to the folders of their session, and so each thread that they start. The journal, its
//! threads and its keys are on the other side: what is to be written there goes to the threads of the house.

use boxagnts_record::StoreError;
use futures::executor::block_on;
use std::io;
use std::sync::mpsc::sync_channel;
use tokio::runtime::Handle;

/// The runtime of whoever made the session; where there is none, the thread that asks does everything itself.
pub(crate) struct Outside(Option<Handle>);

impl Outside {
    /// Called where a session begins.
    pub(crate) fn here() -> Self {
        Self(Handle::try_current().ok())
    }

    /// Does something out there and waits for it. Never called on a thread of the house, which would wait for itself.
    pub(crate) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> io::Result<T> {
        let Some(house) = &self.0 else { return block_on(work).map_err(io::Error::other) };
        let (done, result) = sync_channel(1);
        // Nobody waits for the result when the call was given up meanwhile.
        house.spawn(async move { done.send(work.await).unwrap_or_default() });
        result.recv().map_err(|_| io::Error::other("the program is ending"))?.map_err(io::Error::other)
    }
}
