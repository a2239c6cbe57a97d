//! The person's secrets: one file for each in a folder of ours, and the vault that a program makes of them.
//!
//! The files lie in the data folder, outside every workspace, for the user alone. They are read once, when the program
//! starts: a secret that is set later counts from the next start on.

use boxagnts_egress::{BadSecret, Binding, SecretName, Vault, check_value};
use boxagnts_record::Stamp as _;
use boxagnts_store::SystemStamp;
use boxagnts_types::scrub::Scrub;
use boxagnts_types::{Secret, Time};
use boxagnts_workspace::{Environment, Folders, OwnFolders, PrivateError, PrivateFolder};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// The folder in our data.
const FOLDER: &str = "secrets";

/// A value has at most 4096 bytes, each of which JSON may write with six; the rest is small.
const LONGEST_FILE: u64 = 64 * 1024;

/// The form of the files.
const VERSION: u32 = 1;

/// The secrets as they are kept.
#[derive(Debug)]
pub struct Secrets {
    folder: PrivateFolder,
}

/// What may be known of a secret: everything but its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretCard {
    /// What it is called.
    pub name: String,
    /// The host and port that it may be sent to.
    pub host: String,
    /// The methods of the requests that may carry it; any when empty.
    pub methods: Vec<String>,
    /// When it was set.
    pub set: Time,
}

/// Why secrets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// What the person wrote cannot be meant.
    #[error(transparent)]
    Bad(#[from] BadSecret),
    /// There is none of that name.
    #[error("no secret {0} is set")]
    Absent(String),
    /// The folder or a file cannot be used.
    #[error("the secrets cannot be used")]
    Place(#[from] PrivateError),
    /// A file is not what was written.
    #[error("{0:?} holds no secret that can be read; remove the file and set the secret again")]
    Damaged(PathBuf),
    /// A file cannot be read.
    #[error("{path:?} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl SecretsError {
    /// Whether what the person wrote is the cause, rather than the machine.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Bad(_) | Self::Absent(_))
    }
}

/// What stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    v: u32,
    host: String,
    methods: Vec<String>,
    set: Time,
    value: String,
}

impl Secrets {
    /// The secrets of this user.
    pub fn open() -> Result<Self, SecretsError> {
        Self::of(&Folders::find(&Environment::of_process())?.prepare()?)
    }

    fn of(own: &OwnFolders) -> Result<Self, SecretsError> {
        Ok(Self { folder: own.data.inside(FOLDER)? })
    }

    /// Refuses what `set` would refuse, before a person is asked for the value.
    pub fn check(name: &str, host: &str, methods: &[String]) -> Result<(), SecretsError> {
        name.parse::<SecretName>()?;
        Binding::parse(host, methods)?;
        Ok(())
    }

    /// Sets a secret, or another value or place for one that is there. It survives the loss of power when this returns.
    pub fn set(&self, name: &str, host: &str, methods: &[String], value: &Secret) -> Result<SecretCard, SecretsError> {
        let name: SecretName = name.parse()?;
        let binding = Binding::parse(host, methods)?;
        check_value(value.expose())?;
        let kept = Kept {
            v: VERSION,
            host: binding.place(),
            methods: binding.methods().map(str::to_owned).collect(),
            set: SystemStamp::new().now(),
            value: value.expose().to_owned(),
        };
        // Texts and numbers always have a JSON form.
        let text = Secret::new(serde_json::to_string(&kept).unwrap_or_default());
        self.folder.replace_file_durably(name.as_str(), text.expose().as_bytes())?;
        let (_, card) = kept.taken(&name);
        Ok(card)
    }

    /// All secrets by name, without their values.
    pub fn list(&self) -> Result<Vec<SecretCard>, SecretsError> {
        Ok(self.read_all()?.into_iter().map(|(_, _, card)| card).collect())
    }

    /// Forgets a secret.
    pub fn remove(&self, name: &str) -> Result<(), SecretsError> {
        let name: SecretName = name.parse()?;
        if !self.names()?.contains(&name) {
            return Err(SecretsError::Absent(name.to_string()));
        }
        Ok(self.folder.remove_file(name.as_str())?)
    }

    fn names(&self) -> Result<Vec<SecretName>, SecretsError> {
        // A file that a killed program left half written has another name.
        let mut names: Vec<SecretName> =
            self.folder.files()?.into_iter().filter_map(|(name, _)| name.parse().ok()).collect();
        names.sort();
        Ok(names)
    }

    fn read_all(&self) -> Result<Vec<(SecretName, Secret, SecretCard)>, SecretsError> {
        let one = |name: SecretName| {
            let (value, card) = self.read(&name)?.taken(&name);
            Ok((name, value, card))
        };
        self.names()?.into_iter().map(one).collect()
    }

    fn read(&self, name: &SecretName) -> Result<Kept, SecretsError> {
        let path = self.folder.path().join(name.as_str());
        let mut text = String::new();
        let read = self.folder.open_file(name.as_str())?.take(LONGEST_FILE).read_to_string(&mut text);
        let text = Secret::new(text);
        read.map_err(|source| SecretsError::Unreadable { path: path.clone(), source })?;
        let kept: Kept = serde_json::from_str(text.expose()).map_err(|_| SecretsError::Damaged(path.clone()))?;
        let is_sound = kept.v == VERSION && check_value(&kept.value).is_ok();
        if is_sound { Ok(kept) } else { Err(SecretsError::Damaged(path)) }
    }
}

impl Kept {
    fn taken(self, name: &SecretName) -> (Secret, SecretCard) {
        let Self { v: _, host, methods, set, value } = self;
        (Secret::new(value), SecretCard { name: name.to_string(), host, methods, set })
    }
}

/// The vault of this program: the secrets as they stand now, and further values that must not be shown.
pub(crate) fn vault(own: &OwnFolders, hidden: &[Secret]) -> Result<Arc<Vault>, SecretsError> {
    let secrets = Secrets::of(own)?;
    let mut kept = Vec::new();
    for (name, value, card) in secrets.read_all()? {
        let binding = Binding::parse(&card.host, &card.methods);
        kept.push((
            name.clone(),
            value,
            binding.map_err(|_| SecretsError::Damaged(secrets.folder.path().join(name.as_str())))?,
        ));
    }
    let vault = Arc::new(Vault::new(kept, hidden));
    *SHOWN.write().unwrap_or_else(PoisonError::into_inner) = Some(vault.scrubber());
    Ok(vault)
}

/// What covers secrets in the messages of this process, which come from everywhere.
static SHOWN: RwLock<Option<Arc<dyn Scrub>>> = RwLock::new(None);

/// A text for people or programs outside, with each known secret covered.
pub fn covered(text: &str) -> Cow<'_, str> {
    let shown = SHOWN.read().unwrap_or_else(PoisonError::into_inner);
    match shown.as_deref() {
        Some(scrub) if scrub.finds(text.as_bytes()) => {
            let mut text = text.to_owned();
            scrub.text(&mut text);
            Cow::Owned(text)
        }
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the world")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    fn secrets(around: &tempfile::TempDir) -> Secrets {
        Secrets { folder: PrivateFolder::prepare(&around.path().join("secrets")).unwrap() }
    }

    fn set(secrets: &Secrets, name: &str, value: &str) -> Result<SecretCard, SecretsError> {
        secrets.set(name, "api.example.com", &["get".to_owned()], &Secret::new(value))
    }

    #[test]
    fn a_secret_is_set_listed_without_its_value_replaced_and_removed() {
        let around = tempfile::tempdir().unwrap();
        let secrets = secrets(&around);
        set(&secrets, "B", "value-1234").unwrap();
        set(&secrets, "A", "value-5678").unwrap();
        set(&secrets, "B", "value-9999").unwrap();
        let cards = secrets.list().unwrap();
        assert_eq!(cards.iter().map(|card| card.name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        assert_eq!((cards[0].host.as_str(), &cards[0].methods[..]), ("api.example.com:443", &["GET".to_owned()][..]));
        assert!(!format!("{cards:?}").contains("value-"));
        assert_eq!(secrets.read(&"B".parse().unwrap()).unwrap().value, "value-9999");
        secrets.remove("B").unwrap();
        assert!(matches!(secrets.remove("B"), Err(SecretsError::Absent(_))));
        assert_eq!(secrets.list().unwrap().len(), 1);
    }

    #[test]
    fn d07_a_secrets_file_is_for_its_owner_alone_and_is_not_read_otherwise() {
        let around = tempfile::tempdir().unwrap();
        let secrets = secrets(&around);
        set(&secrets, "A", "value-1234").unwrap();
        let path = secrets.folder.path().join("A");
        for _ in 0..2 {
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
            assert_eq!(fs::read_dir(secrets.folder.path()).unwrap().count(), 1, "nothing lies beside it");
            set(&secrets, "A", "value-5678").unwrap();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(secrets.list(), Err(SecretsError::Place(_))));
    }

    #[test]
    fn a_link_or_a_damaged_file_is_no_secret_and_no_silence() {
        let around = tempfile::tempdir().unwrap();
        let secrets = secrets(&around);
        let elsewhere = around.path().join("elsewhere");
        fs::write(&elsewhere, "{}").unwrap();
        fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
        symlink(&elsewhere, secrets.folder.path().join("LINK")).unwrap();
        assert_eq!(secrets.list().unwrap(), [], "a link is no file of ours");
        set(&secrets, "LINK", "value-1234").unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"{}", "it was replaced and not written through");
        for text in ["", "{", "{\"v\":2}", "{\"v\":1,\"host\":\"a.com\",\"methods\":[],\"set\":\"x\",\"value\":\"v\"}"]
        {
            secrets.folder.replace_file("A", text.as_bytes()).unwrap();
            assert!(matches!(secrets.list(), Err(SecretsError::Damaged(_))), "{text}");
        }
    }
}
