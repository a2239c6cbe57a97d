//! Why the house cannot be built, in words for the person who asked for it.

use crate::grants::GrantError;
use crate::secrets::SecretsError;
use crate::trust::TrustError;
use crate::whereabouts::FindError;
use boxagnts_catalog::BuiltInError;
use boxagnts_model::Failure;
use boxagnts_record::StoreError;
use boxagnts_sandbox::{LoadError, WorldError};
use boxagnts_settings::SettingsError;
use boxagnts_tools::RegistryError;
use boxagnts_types::ToolName;
use boxagnts_workspace::{ManagedError, PrivateError, RootError};
use std::path::PathBuf;

/// Why the program or a session cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The workspace's folder cannot be used.
    #[error("the workspace cannot be used")]
    Workspace(#[source] RootError),
    /// A mapped folder cannot be used.
    #[error("the folder {} cannot be mapped", folder.display())]
    Map {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: RootError,
    },
    /// The folder lies inside a repository's own folder.
    #[error("{0:?} lies inside a .git folder, which tools never write; choose the folder around it")]
    Protected(PathBuf),
    /// A mapped folder and another folder are the same, or one lies in the other.
    #[error("{0:?} and {1:?} are the same folder, or one lies in the other; a tool may see each folder under one name")]
    Overlap(PathBuf, PathBuf),
    /// Two mapped folders have one name.
    #[error("two folders are mapped as /folders/{0}; give one another name with --map PATH:NAME")]
    MapTwice(String),
    /// The session's temporary folder cannot be used.
    #[error("the session's temporary folder cannot be used")]
    Scratch(#[source] RootError),
    /// One of our own folders cannot be used.
    #[error("the program's own folders cannot be used")]
    Folders(#[from] PrivateError),
    /// The person's secrets cannot be used.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The user's settings cannot be meant.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A path that the settings mark as private names nothing.
    #[error("the settings mark {path:?} as private, which is no path of a workspace: {why}")]
    Private {
        /// What stands there.
        path: String,
        /// Why.
        why: String,
    },
    /// A policy cannot be understood. It is no policy that says nothing.
    #[error("nothing is allowed, since a policy cannot be understood")]
    Policy(#[source] SettingsError),
    /// The managed policy does not count as one.
    #[error("nothing is allowed, since the managed policy cannot be used")]
    Managed(#[source] ManagedError),
    /// The grants cannot be used.
    #[error(transparent)]
    Grants(#[from] GrantError),
    /// It cannot be told what the person trusts.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// There is no agent of that name.
    #[error("there is no agent {0:?}; there is: main")]
    NoAgent(String),
    /// What the session may cost was given, and what the model costs is not known.
    #[error(
        "what {0} costs is not known, so that --max-budget-usd could not hold; write its price into the settings: \
         [prices] {0:?} = {{ input = …, output = … }}, in dollars for a million tokens"
    )]
    NoPrice(String),
    /// No session of this workspace has had a turn.
    #[error("there is no session in this workspace that could go on; leave out --continue to start one")]
    NothingToContinue,
    /// The session was started for single calls.
    #[error("this session has no model")]
    NoModel,
    /// The model cannot be had.
    #[error(transparent)]
    Model(Failure),
    /// The journal cannot be used.
    #[error(transparent)]
    Record(#[from] StoreError),
    /// The built-in tools cannot be used.
    #[error("the built-in tools cannot be used")]
    BuiltIn(#[from] BuiltInError),
    /// Two tools have one name.
    #[error(transparent)]
    Tools(#[from] RegistryError),
    /// A tool's component cannot be used.
    #[error("the tool {name} cannot be used")]
    Tool {
        /// The tool.
        name: ToolName,
        /// Why.
        #[source]
        source: LoadError,
    },
    /// The mapped folders contradict each other.
    #[error(transparent)]
    World(#[from] WorldError),
    /// A mapped folder's name is no part of a path.
    #[error("a folder cannot be mapped: {0}")]
    GuestPath(String),
}

impl From<FindError> for StartError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Place(error) => error.into(),
            FindError::Record(error) => error.into(),
        }
    }
}

impl StartError {
    /// Whether what the person wrote is the cause, rather than the machine.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Workspace(_)
            | Self::Map { .. }
            | Self::MapTwice(_)
            | Self::Protected(_)
            | Self::Overlap(..)
            | Self::World(_)
            | Self::GuestPath(_)
            | Self::Settings(_)
            | Self::Policy(_)
            | Self::Managed(_)
            | Self::NoAgent(_)
            | Self::NoPrice(_)
            | Self::Private { .. }
            | Self::NothingToContinue => true,
            Self::Model(failure) => matches!(failure, Failure::UnknownModel { .. } | Failure::Unusable(_)),
            Self::Record(error) => matches!(error, StoreError::NoSession(_)),
            Self::Grants(error) => error.is_usage(),
            Self::NoModel
            | Self::Trust(_)
            | Self::Scratch(_)
            | Self::Folders(_)
            | Self::Secrets(_)
            | Self::BuiltIn(_)
            | Self::Tools(_)
            | Self::Tool { .. } => false,
        }
    }
}
