//! What a guest sees of the world: folders, each under a guest path.

use crate::before::BeforeImages;
use crate::engine::MOST_CALLS_OF_A_SESSION;
use crate::threads::CrewPlace;
use crate::wall::{Reach, Rights};
use boxagnts_egress::Web;
use boxagnts_types::{CallId, GuestPath};
use boxagnts_workspace::{PrivateFolder, Root};
use std::os::fd::AsFd as _;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// One folder of the host under a guest path.
pub(crate) struct Mount {
    pub(crate) at: GuestPath,
    pub(crate) root: Arc<Root>,
    pub(crate) writable: bool,
}

/// The world of the guests of one session. Built up from nothing; each line adds one thing.
#[derive(Default)]
pub struct World {
    mounts: Vec<Mount>,
    before: Option<Arc<dyn BeforeImages>>,
    logs: Option<Arc<dyn Logs>>,
    stage: Option<Arc<PrivateFolder>>,
    web: Option<Arc<Web>>,
    places: Places,
    /// Its threads, which end with it.
    crew: CrewPlace,
}

/// What a session has of the places of the engine.
struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_CALLS_OF_A_SESSION as usize)))
    }
}

/// Why folders cannot be in one world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Two folders under one path.
    #[error("two folders are mapped to {0}")]
    Taken(GuestPath),
    /// One lies in the other, and only one may be written: a file would be read-only under one name and not under
    /// the other.
    #[error("{0} and {1} are the same folder, or one lies in the other, and only one of them may be written")]
    Overlap(GuestPath, GuestPath),
}

/// One line that a guest logged, or wrote to its standard output or error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// 0 error, 1 warning, 2 info, 3 debug, 4 trace.
    pub level: u8,
    /// The line, bounded; control characters are as the guest wrote them.
    pub text: &'a str,
}

/// The port to whoever keeps what guests log.
pub trait Logs: Send + Sync {
    /// A line of a call.
    fn line(&self, call: CallId, line: LogLine<'_>);
}

impl World {
    /// No folder at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds a folder. The permit decides what may be done in it; without `writable` nothing may ever be changed.
    pub fn with_folder(mut self, at: GuestPath, root: Arc<Root>, writable: bool) -> Result<Self, WorldError> {
        for other in &self.mounts {
            if other.at == at {
                return Err(WorldError::Taken(at));
            }
            let overlap = root.lies_in(&other.root) || other.root.lies_in(&root);
            if overlap && other.writable != writable {
                return Err(WorldError::Overlap(other.at.clone(), at));
            }
        }
        self.mounts.push(Mount { at, root, writable });
        self.sort();
        Ok(self)
    }

    /// Adds a folder of our own, such as a session's `/tmp`. It may lie below another folder of this world, where it
    /// is hidden by its identity, so that no file has two names.
    pub fn with_own_folder(mut self, at: GuestPath, root: Arc<Root>) -> Result<Self, WorldError> {
        if self.mounts.iter().any(|other| other.at == at) {
            return Err(WorldError::Taken(at));
        }
        self.mounts.push(Mount { at, root, writable: true });
        self.sort();
        Ok(self)
    }

    /// Keeps what files were before they change.
    #[must_use]
    pub fn with_before_images(mut self, before: Arc<dyn BeforeImages>) -> Self {
        self.before = Some(before);
        self
    }

    /// Lets changes that need a yes be prepared, in files without a name in this folder of ours, and asked about when
    /// the tool has ended. Without it such a change is refused at once.
    #[must_use]
    pub fn with_stage(mut self, space: PrivateFolder) -> Self {
        self.stage = Some(Arc::new(space));
        self
    }

    /// Keeps what guests log.
    #[must_use]
    pub fn with_logs(mut self, logs: Arc<dyn Logs>) -> Self {
        self.logs = Some(logs);
        self
    }

    /// Lets requests leave, if the permit of a call holds them.
    #[must_use]
    pub fn with_web(mut self, web: Arc<Web>) -> Self {
        self.web = Some(web);
        self
    }

    /// The nearest one decides where one guest path lies below another.
    fn sort(&mut self) {
        self.mounts.sort_by_key(|mount| std::cmp::Reverse(mount.at.as_str().len()));
    }

    pub(crate) fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    pub(crate) fn before(&self) -> Option<&dyn BeforeImages> {
        self.before.as_deref()
    }

    pub(crate) fn stage(&self) -> Option<&Arc<PrivateFolder>> {
        self.stage.as_ref()
    }

    pub(crate) fn logs(&self) -> Option<&dyn Logs> {
        self.logs.as_deref()
    }

    pub(crate) fn places(&self) -> &Arc<Semaphore> {
        &self.places.0
    }

    pub(crate) fn crew(&self) -> &CrewPlace {
        &self.crew
    }

    /// What its threads may reach on this machine.
    pub(crate) fn reaches(&self) -> Vec<Reach<'_>> {
        let rights = |mount: &Mount| if mount.writable { Rights::Write } else { Rights::Read };
        let mounts = self.mounts.iter().map(|mount| Reach { folder: mount.root.as_fd(), rights: rights(mount) });
        let stage = self.stage.iter().map(|space| Reach { folder: space.as_fd(), rights: Rights::Stage });
        mounts.chain(stage).collect()
    }

    pub(crate) fn web(&self) -> Option<&Arc<Web>> {
        self.web.as_ref()
    }

    /// The folder that holds a guest path, and the path below it.
    pub(crate) fn find<'a>(&self, path: &'a GuestPath) -> Option<(&Mount, &'a str)> {
        self.mounts.iter().find_map(|mount| path.below(&mount.at).map(|below| (mount, below)))
    }
}
