//! Files of ours that must survive a power cut, and that several processes change.

use super::{PrivateError, PrivateFolder, is_ours};
use crate::identity::{Kind, Stat};
use rustix::fs::{AtFlags, Mode, OFlags, fsync, openat, statat};
use rustix::io::Errno;
use std::fs::{File, TryLockError};
use std::io::Read as _;

/// Held until it is dropped: no other process holds the lock of the same name meanwhile.
#[derive(Debug)]
#[must_use = "a lock that is dropped is free"]
pub struct Lock(#[expect(dead_code, reason = "the lock is the open file")] File);

impl PrivateFolder {
    /// Waits until nobody holds the lock of this name, and holds it. It ends with the process, whatever happens to it.
    pub fn lock(&self, name: &str) -> Result<Lock, PrivateError> {
        let file = self.lock_file(name)?;
        file.lock().map_err(|source| PrivateError::System { path: self.path.join(name), source })?;
        Ok(Lock(file))
    }

    /// Holds the lock of this name, unless somebody else does.
    pub fn try_lock(&self, name: &str) -> Result<Option<Lock>, PrivateError> {
        let file = self.lock_file(name)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(PrivateError::System { path: self.path.join(name), source }),
        }
    }

    fn lock_file(&self, name: &str) -> Result<File, PrivateError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = openat(&self.folder, name, flags, Mode::from_raw_mode(0o600));
        Ok(file.map_err(|errno| self.fault(name, errno))?.into())
    }

    /// Puts a whole file in place of `name`, as [`replace_file`](Self::replace_file) does, and comes back when it would
    /// survive a power cut. After an error the old file or the new one is there.
    pub fn replace_file_durably(&self, name: &str, bytes: &[u8]) -> Result<(), PrivateError> {
        self.replace(name, bytes, &|file| file.sync_all())?;
        fsync(&self.folder).map_err(|errno| self.fault(name, errno))
    }

    /// All of a file; `None` when there is none. The file must be this user's, for nobody else, and no longer than
    /// `most` bytes.
    pub fn read_file(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, PrivateError> {
        let file = match self.open_file(name) {
            Err(error) if error.is_absent() => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        let fault = |source| PrivateError::System { path: self.path.join(name), source };
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(fault)?;
        if most < bytes.len() as u64 { Err(self.fault(name, Errno::FBIG)) } else { Ok(Some(bytes)) }
    }

    /// What is known of a name in it, a link not followed; `None` when nothing is there.
    pub fn stat(&self, name: &str) -> Result<Option<Stat>, PrivateError> {
        match statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) if Stat::of(&stat).kind == Kind::File && !is_ours(stat.st_uid) => {
                Err(PrivateError::ForeignOwner(self.path.join(name)))
            }
            Ok(stat) => Ok(Some(Stat::of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.fault(name, errno)),
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests prepare the world")]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    #[test]
    fn a_file_is_replaced_whole_and_read_within_a_bound() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        assert_eq!((folder.read_file("f", 9).unwrap(), folder.stat("f").unwrap()), (None, None));
        for content in ["one", "second"] {
            folder.replace_file_durably("f", content.as_bytes()).unwrap();
            assert_eq!(folder.read_file("f", 6).unwrap().unwrap(), content.as_bytes());
        }
        assert!(folder.read_file("f", 5).is_err(), "longer than the bound");
        assert_eq!(folder.stat("f").unwrap().unwrap().size, 6);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        fs::set_permissions(folder.path().join("f"), fs::Permissions::from_mode(0o644)).unwrap();
        assert!(folder.read_file("f", 6).is_err(), "others can read it");
    }

    #[test]
    fn i07_a_link_in_place_of_a_lock_or_a_kept_file_is_not_followed() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        let canary = around.path().join("canary");
        for name in ["lock", "f"] {
            symlink(&canary, folder.path().join(name)).unwrap();
        }
        assert!(folder.lock("lock").is_err() && folder.read_file("f", 9).is_err());
        assert!(!canary.exists());
    }

    #[test]
    fn of_two_holders_one_waits() {
        let around = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::prepare(&around.path().join("own")).unwrap();
        let held = folder.lock("lock").unwrap();
        let (told, heard) = std::sync::mpsc::channel();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                let _second = folder.lock("lock").unwrap();
                told.send(()).unwrap();
            });
            assert!(heard.try_recv().is_err());
            drop(held);
            heard.recv().unwrap();
        });
    }
}
