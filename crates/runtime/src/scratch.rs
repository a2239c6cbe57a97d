//! The `/tmp` of one session: a folder of its own that goes when the session does.

use crate::error::StartError;
use crate::house::Runtime;
use boxagnts_types::SessionId;
use boxagnts_workspace::{Hidden, PrivateFolder, Root};

/// The folder in our cache that holds them all.
const FOLDER: &str = "tmp";

/// The folder of one session.
pub(crate) struct Scratch(PrivateFolder);

impl Scratch {
    /// Makes it, empty.
    pub(crate) fn new(house: &Runtime, session: SessionId) -> Result<Self, StartError> {
        Ok(Self(house.own.cache.inside(FOLDER)?.inside(&session.to_string())?))
    }

    /// Opens it for guests. It lies inside our own cache folder, so nothing in it needs to be hidden by identity.
    pub(crate) fn root(&self) -> Result<Root, StartError> {
        Root::open(self.0.path(), Hidden::by_name_only()).map_err(StartError::Scratch)
    }
}

impl Drop for Scratch {
    #[expect(clippy::disallowed_methods, reason = "the folder was made for this session alone")]
    fn drop(&mut self) {
        // What cannot be removed lies in the cache, where it may be cleaned away at any time.
        let _ = std::fs::remove_dir_all(self.0.path());
    }
}
