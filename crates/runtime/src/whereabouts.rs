//! Which journal a workspace has, and one that may be its own and lies elsewhere.
//!
//! A journal lies in the user's data folder, under the workspace's id, or in the workspace itself, as the settings say.
//! The id is made of path and inode, so a folder that was moved has no journal at its new id, and the old one is looked
//! for. That it belongs here is a guess, so nothing is done about it before the person agrees, and no work waits for
//! that.

use crate::house::{LONGEST_LIST, Runtime};
use boxagnts_record::{SessionSummary, Store as _, StoreError};
use boxagnts_settings::Location;
use boxagnts_store::{Binding, Place, SqliteStore, Standing, SystemStamp, candidates, relocate};
use boxagnts_types::{Time, WorkspaceId};
use boxagnts_workspace::{PrivateError, PrivateFolder, Root};
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the user's data that holds the journals of all workspaces.
const JOURNALS: &str = "workspaces";

/// The folder of the journal inside of a workspace's own.
const WITHIN: &str = "journal";

/// Where the journal of one workspace lies, and where it could.
pub(crate) struct Whereabouts {
    /// The journals of all workspaces, side by side.
    journals: PathBuf,
    /// Where this one's lies.
    folder: PathBuf,
    /// Where it would lie if the settings were others.
    other: Option<PathBuf>,
    binding: Binding,
    stamp: Arc<SystemStamp>,
    store: Arc<SqliteStore>,
}

/// Whether a person asked what could be adopted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
}

/// A journal that can only be read until the person agrees to adopt it, or that may be this workspace's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it seems to be.
    pub kind: FoundKind,
    /// The workspace that it belonged to, where anybody said.
    pub workspace: Option<PathBuf>,
    /// Where the journal lies.
    pub folder: PathBuf,
    /// Whether it lies at the place of this workspace's journal already. Otherwise that place is empty.
    pub is_in_place: bool,
    /// How many sessions it has.
    pub sessions: usize,
    /// When something happened in it last.
    pub newest: Option<Time>,
    /// Who works on one of its sessions.
    pub holder: Option<String>,
}

/// What a journal seems to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundKind {
    /// This workspace's own, from when the settings said another place.
    Elsewhere,
    /// This workspace's own, from before it was moved or renamed.
    Moved,
    /// A copy, restored from a backup, or brought along; or the one of an earlier folder at this path.
    Copied,
}

/// Why no journal is adopted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdoptError {
    /// There is none.
    #[error("there is nothing to adopt: no journal from elsewhere seems to belong to this folder")]
    Nothing,
    /// The workspace has a journal of its own already, and they cannot become one.
    #[error(
        "both {} and {} hold sessions of this folder, and two journals cannot become one; to use the second, move the \
         first away and adopt again",
        own.display(), other.display()
    )]
    Both {
        /// Where the workspace's own lies.
        own: PathBuf,
        /// Where the other one lies.
        other: PathBuf,
    },
    /// Somebody works on it.
    #[error("the journal is in use by {0}; adopt it when that has ended")]
    Held(String),
    /// The workspace's own folder cannot be used.
    #[error("the place of the journal cannot be used")]
    Place(#[from] PrivateError),
    /// A journal cannot be read or moved.
    #[error(transparent)]
    Record(#[from] StoreError),
}

impl AdoptError {
    /// Whether what the person asked for cannot be had, rather than that something failed.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Nothing | Self::Both { .. })
    }
}

impl Whereabouts {
    /// Finds the place and opens what lies there. Nothing is made yet.
    pub(crate) fn find(
        data: &PrivateFolder,
        root: &Root,
        workspace: WorkspaceId,
        location: Location,
        stamp: &Arc<SystemStamp>,
    ) -> Result<Self, FindError> {
        let journals = data.inside(JOURNALS)?.path().to_owned();
        let apart = journals.join(workspace.to_string());
        let within = root.own_folder().map(|own| own.join(WITHIN));
        let (folder, other, place) = match location {
            Location::Data => (apart, within.ok(), Place::Apart),
            Location::Workspace => (within?, Some(apart), Place::Within),
        };
        let birth = root
            .birth()
            .and_then(|birth| birth.seconds.checked_mul(1_000_000_000)?.checked_add(i64::from(birth.nanoseconds)));
        let binding = Binding { path: root.path().to_owned(), inode: root.id().inode, birth, workspace, place };
        let stamp = Arc::clone(stamp);
        let store = Arc::new(SqliteStore::open_for(&folder, Arc::clone(&stamp) as _, binding.clone())?);
        Ok(Self { journals, folder, other, binding, stamp, store })
    }

    pub(crate) fn store(&self) -> Arc<SqliteStore> {
        Arc::clone(&self.store)
    }

    /// What can be adopted; the best guess where there are several.
    async fn found(&self) -> Result<Option<Found>, StoreError> {
        match self.store.standing()? {
            Standing::Home if self.store.is_new()? => self.beside(Asked::No).await,
            Standing::Home => Ok(None),
            standing => look(&self.store, &self.folder, standing, true).await.map(Some),
        }
    }

    /// What lies elsewhere and may be this workspace's own. Into a workspace, where anybody may have put something, it
    /// looks only for a person who asked.
    async fn beside(&self, asked: Asked) -> Result<Option<Found>, StoreError> {
        let mut found = Vec::new();
        if let Some(other) = &self.other
            && (asked == Asked::Yes || self.binding.place == Place::Within)
        {
            found.extend(self.at_other_place(other).await);
        }
        for candidate in candidates(&self.journals, &self.binding)? {
            let Ok(store) = self.open(&candidate.folder) else { continue };
            found.extend(look(&store, &candidate.folder, candidate.standing, false).await.ok());
        }
        found.retain(|found| found.sessions != 0);
        found.sort_by_key(|found| (found.kind, Reverse(found.newest)));
        Ok(found.into_iter().next())
    }

    /// The journal from before the settings were changed. One that cannot be read is not ours to tell of.
    async fn at_other_place(&self, other: &Path) -> Option<Found> {
        let place = match self.binding.place {
            Place::Apart => Place::Within,
            Place::Within => Place::Apart,
        };
        let binding = Binding { place, ..self.binding.clone() };
        let store = SqliteStore::open_for(other, Arc::clone(&self.stamp) as _, binding).ok()?;
        let is_ours = !store.is_new().ok()? && store.standing().ok()? == Standing::Home;
        if is_ours { look(&store, other, Standing::Home, false).await.ok() } else { None }
    }

    fn open(&self, folder: &Path) -> Result<SqliteStore, StoreError> {
        SqliteStore::open_for(folder, Arc::clone(&self.stamp) as _, self.binding.clone())
    }

    async fn adopt(&self, found: &Found) -> Result<(), AdoptError> {
        // What is held of a copy is held in the original.
        if found.kind != FoundKind::Copied
            && let Some(holder) = &found.holder
        {
            return Err(AdoptError::Held(holder.clone()));
        }
        if !found.is_in_place {
            if self.binding.place == Place::Within
                && let Some(own) = self.folder.parent()
            {
                make(own)?;
            }
            relocate(&found.folder, &self.folder)?;
        }
        // From here on it is found at its place, whatever happens before it is adopted.
        let store = self.open(&self.folder)?;
        store.adopt_moved().await?;
        Ok(store.adopt_copy().await?)
    }
}

/// Why the place of the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FindError {
    #[error(transparent)]
    Place(#[from] PrivateError),
    #[error(transparent)]
    Record(#[from] StoreError),
}

/// The folder around a journal in a workspace. Where it is there it is the person's, and stays as open as it is.
#[expect(clippy::disallowed_methods, reason = "the journal of a workspace may lie in the workspace")]
fn make(own: &Path) -> Result<(), PrivateError> {
    use std::os::unix::fs::DirBuilderExt as _;
    match std::fs::DirBuilder::new().mode(0o700).create(own) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(|source| PrivateError::System { path: own.to_owned(), source }),
    }
}

async fn look(store: &SqliteStore, folder: &Path, standing: Standing, is_in_place: bool) -> Result<Found, StoreError> {
    let sessions: Vec<SessionSummary> = store.sessions(None, LONGEST_LIST).await?;
    let (kind, workspace) = match standing {
        Standing::Home => (FoundKind::Elsewhere, None),
        Standing::Moved(from) => (FoundKind::Moved, Some(from)),
        Standing::Copied(from) => (FoundKind::Copied, from),
    };
    Ok(Found {
        kind,
        workspace,
        folder: folder.to_owned(),
        is_in_place,
        sessions: sessions.len(),
        newest: sessions.iter().map(|session| session.updated).max(),
        holder: sessions.into_iter().find_map(|session| session.holder),
    })
}

impl Runtime {
    /// A journal that can be adopted for this workspace: its own, which can only be read as long as it is not, or,
    /// while it has none, one that lies elsewhere and may be its own.
    pub async fn found(&self) -> Result<Option<Found>, StoreError> {
        self.whereabouts.found().await
    }

    /// The same for a person who wants to adopt one, with the reason where there is none.
    pub async fn adoptable(&self) -> Result<Found, AdoptError> {
        if let Some(found) = self.found().await? {
            return Ok(found);
        }
        match self.whereabouts.beside(Asked::Yes).await? {
            Some(other) if self.whereabouts.store.is_new()? => Ok(other),
            Some(other) => Err(AdoptError::Both { own: self.whereabouts.folder.clone(), other: other.folder }),
            None => Err(AdoptError::Nothing),
        }
    }

    /// Adopts a journal, once the person agreed. One of a folder that was moved goes on under its ids; the sessions of a
    /// copy are sealed, and gone on with in new ones.
    pub async fn adopt(&self, found: &Found) -> Result<(), AdoptError> {
        self.whereabouts.adopt(found).await
    }
}
