//! Our own folders: where configuration, data, state and cache live.
//!
//! Source: XDG Base Directory Specification 0.8, <https://specifications.freedesktop.org/basedir-spec/0.8/>.

use crate::hidden::Hidden;
use crate::private::{PrivateError, PrivateFolder};
use std::path::{Path, PathBuf};

/// Our folder's name inside each of the four.
const NAME: &str = "boxagnts";

/// The values that say where folders lie; whoever owns the environment fills them in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`.
    pub config: Option<PathBuf>,
    /// `XDG_DATA_HOME`.
    pub data: Option<PathBuf>,
    /// `XDG_STATE_HOME`.
    pub state: Option<PathBuf>,
    /// `XDG_CACHE_HOME`.
    pub cache: Option<PathBuf>,
}

/// Where our four folders lie. Nothing is created yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// What the person configures.
    pub config: PathBuf,
    /// Journals, blobs, memory, undo.
    pub data: PathBuf,
    /// Logs and what may be lost with little harm.
    pub state: PathBuf,
    /// What can be made again, such as compiled code.
    pub cache: PathBuf,
}

/// Our four folders, made, checked and open.
#[derive(Debug)]
pub struct OwnFolders {
    /// What the person configures.
    pub config: PrivateFolder,
    /// Journals, blobs, memory, undo.
    pub data: PrivateFolder,
    /// Logs and what may be lost with little harm.
    pub state: PrivateFolder,
    /// What can be made again, such as compiled code.
    pub cache: PrivateFolder,
}

impl Environment {
    /// The environment of this process.
    #[expect(clippy::disallowed_methods, reason = "this room finds our own folders, and the environment names them")]
    pub fn of_process() -> Self {
        let path = |name| std::env::var_os(name).map(PathBuf::from);
        Self {
            home: path("HOME"),
            config: path("XDG_CONFIG_HOME"),
            data: path("XDG_DATA_HOME"),
            state: path("XDG_STATE_HOME"),
            cache: path("XDG_CACHE_HOME"),
        }
    }
}

impl Folders {
    /// Finds them. A relative path in a variable is ignored, as the specification wants.
    pub fn find(environment: &Environment) -> Result<Self, PrivateError> {
        let home = environment.home.as_deref().filter(|home| home.is_absolute());
        let place = |own: &Option<PathBuf>, below_home: &str| {
            let own = own.as_deref().filter(|path| path.is_absolute()).map(Path::to_owned);
            let base = own.or_else(|| home.map(|home| home.join(below_home)));
            base.map(|base| base.join(NAME)).ok_or(PrivateError::NoHome)
        };
        Ok(Self {
            config: place(&environment.config, ".config")?,
            data: place(&environment.data, ".local/share")?,
            state: place(&environment.state, ".local/state")?,
            cache: place(&environment.cache, ".cache")?,
        })
    }

    /// Makes them where they are missing, for this user alone, and opens them.
    pub fn prepare(&self) -> Result<OwnFolders, PrivateError> {
        Ok(OwnFolders {
            config: PrivateFolder::prepare(&self.config)?,
            data: PrivateFolder::prepare(&self.data)?,
            state: PrivateFolder::prepare(&self.state)?,
            cache: PrivateFolder::prepare(&self.cache)?,
        })
    }
}

impl OwnFolders {
    /// What guests must not see, wherever it lies inside their world.
    pub fn hidden(&self) -> Result<Hidden, PrivateError> {
        let paths = [&self.config, &self.data, &self.state, &self.cache].map(PrivateFolder::path);
        Hidden::folders(paths).map_err(|source| PrivateError::System { path: self.data.path().to_owned(), source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_variables_decide_and_relative_ones_do_not() {
        let environment = Environment {
            home: Some("/home/a".into()),
            config: Some("/elsewhere".into()),
            cache: Some("relative".into()),
            ..Environment::default()
        };
        let folders = Folders::find(&environment).unwrap();
        assert_eq!(folders.config, Path::new("/elsewhere/boxagnts"));
        assert_eq!(folders.data, Path::new("/home/a/.local/share/boxagnts"));
        assert_eq!(folders.state, Path::new("/home/a/.local/state/boxagnts"));
        assert_eq!(folders.cache, Path::new("/home/a/.cache/boxagnts"));
    }

    #[test]
    fn without_a_home_there_is_no_guess() {
        assert!(matches!(Folders::find(&Environment::default()), Err(PrivateError::NoHome)));
    }
}
