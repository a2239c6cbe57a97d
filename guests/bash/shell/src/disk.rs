//! The disk of the shell: the folders that the host shows to a tool.
//!
//! Every operation goes straight to the host, which decides about it; nothing here is a wall. Three
//! things that the host's files do not have are made up. A file may be executed when it begins like a
//! script or when `chmod` said so in the same call. Moving a file between two folders of the host copies
//! and removes it. And what is not in one of the folders does not exist, which is known without asking.

mod modes;
mod wording;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bashkit::{DirEntry, FileSystem, FileSystemExt, FileType, Metadata, Result, async_trait};
use boxagnts_guest_sdk::files::{self, Folder, Kind, Look};
use boxagnts_guest_sdk::path::is_visible;

use modes::Modes;
use wording::{failed, fault};

/// The largest file that is read at once. The language holds a file twice, as bytes and as text, and
/// this tool has 128 MiB.
pub const LARGEST: u64 = 16 * 1024 * 1024;

/// The folders of one call.
#[derive(Debug)]
pub struct Disk {
    /// What stands before each path; empty but for tests.
    root: String,
    modes: Modes,
}

impl Disk {
    /// The disk as the host shows it.
    pub fn new() -> Self {
        Self::below("")
    }

    /// The disk below a folder of this machine, for tests.
    pub fn below(root: &str) -> Self {
        Self { root: root.to_owned(), modes: Modes::default() }
    }

    /// Where a path lies for the host, unless it lies outside of what a tool can see.
    fn place(&self, path: &Path) -> Result<String> {
        let normal = normal(path).ok_or_else(|| fault(ErrorKind::InvalidFilename))?;
        if normal != "/" && !is_visible(&normal) {
            return Err(fault(ErrorKind::NotFound));
        }
        Ok(format!("{}{normal}", self.root))
    }

    /// The same for what is to be written, which is refused in other words.
    fn target(&self, path: &Path) -> Result<String> {
        self.place(path).map_err(|_| wording::outside())
    }

    fn metadata(&self, path: &str, look: Look) -> Metadata {
        let (file_type, usual) = match look.kind {
            Kind::Folder => (FileType::Directory, 0o755),
            Kind::Link => (FileType::Symlink, 0o777),
            Kind::File | Kind::Other => (FileType::File, 0o644),
        };
        let mode = match look.kind {
            Kind::File => self.modes.of_file(path, look.size),
            _ => self.modes.changed(path).unwrap_or(usual),
        };
        let modified = look.modified.unwrap_or(SystemTime::UNIX_EPOCH);
        let size = if look.kind == Kind::Folder { 4096 } else { look.size };
        Metadata { file_type, size, mode, modified, created: modified }
    }

    fn remove_place(place: &str, recursive: bool) -> std::io::Result<()> {
        match files::look(place)?.kind {
            Kind::Folder if recursive => fs::remove_dir_all(place),
            Kind::Folder => fs::remove_dir(place),
            _ => fs::remove_file(place),
        }
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl FileSystemExt for Disk {
    fn backend_kind(&self) -> &'static str {
        "boxagnts"
    }
}

#[async_trait]
impl FileSystem for Disk {
    async fn read_file(&self, path: &Path) -> Result<Vec<u8>> {
        let file = files::open_file(&self.place(path)?).map_err(failed)?;
        let stat = file.stat().map_err(failed)?;
        match stat.kind {
            Kind::Folder => return Err(fault(ErrorKind::IsADirectory)),
            Kind::File if stat.size <= LARGEST => {}
            Kind::File => return Err(wording::too_large(stat.size, LARGEST)),
            Kind::Link | Kind::Other => return Err(fault(ErrorKind::PermissionDenied)),
        }
        let limit = usize::try_from(LARGEST).unwrap_or(usize::MAX);
        file.read_up_to(limit).map_err(failed)
    }

    async fn write_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        fs::write(self.target(path)?, content).map_err(failed)
    }

    async fn append_file(&self, path: &Path, content: &[u8]) -> Result<()> {
        let mut file = fs::OpenOptions::new().append(true).create(true).open(self.target(path)?).map_err(failed)?;
        file.write_all(content).map_err(failed)
    }

    async fn mkdir(&self, path: &Path, recursive: bool) -> Result<()> {
        let place = self.target(path)?;
        if !recursive {
            return fs::create_dir(place).map_err(failed);
        }
        // std asks for the parents first only when the folder itself cannot be made.
        match files::look(&place) {
            Ok(look) if look.kind == Kind::Folder => Ok(()),
            Ok(_) => Err(fault(ErrorKind::AlreadyExists)),
            Err(_) => fs::create_dir_all(place).map_err(failed),
        }
    }

    async fn remove(&self, path: &Path, recursive: bool) -> Result<()> {
        let place = self.target(path)?;
        Self::remove_place(&place, recursive).map_err(failed)?;
        self.modes.forget(&place);
        Ok(())
    }

    async fn stat(&self, path: &Path) -> Result<Metadata> {
        let place = self.place(path)?;
        let look = files::look(&place).map_err(failed)?;
        Ok(self.metadata(&place, look))
    }

    async fn read_dir(&self, path: &Path) -> Result<Vec<DirEntry>> {
        let place = self.place(path)?;
        let folder = files::open_folder(&place).map_err(failed)?;
        let mut entries = Vec::new();
        for name in names(&folder, &place, &self.root)? {
            // A name that vanished meanwhile, or that the host does not show, is left out.
            if let Ok(look) = folder.look(&name) {
                let metadata = self.metadata(&format!("{place}/{name}"), look);
                entries.push(DirEntry { name, metadata });
            }
        }
        Ok(entries)
    }

    async fn exists(&self, path: &Path) -> Result<bool> {
        Ok(self.place(path).is_ok_and(|place| files::look(&place).is_ok()))
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        let (from, to) = (self.target(from)?, self.target(to)?);
        match fs::rename(&from, &to) {
            Err(error) if boxagnts_guest_sdk::failure::kind(&error) == ErrorKind::CrossesDevices => {
                copy_tree(&from, &to).and_then(|()| Self::remove_place(&from, true)).map_err(failed)?;
            }
            result => result.map_err(failed)?,
        }
        self.modes.moved(&from, &to);
        Ok(())
    }

    async fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        let (from, to) = (self.place(from)?, self.target(to)?);
        // Opening it for writing would empty it before it is read.
        if from == to {
            return Err(wording::same_file());
        }
        copy_file(&from, &to).map_err(failed)?;
        self.modes.copied(&from, &to);
        Ok(())
    }

    async fn symlink(&self, target: &Path, link: &Path) -> Result<()> {
        let text = target.to_str().ok_or_else(|| fault(ErrorKind::InvalidFilename))?;
        files::make_link(text, &self.target(link)?).map_err(wording::no_link)
    }

    async fn read_link(&self, path: &Path) -> Result<PathBuf> {
        fs::read_link(self.place(path)?).map_err(failed)
    }

    async fn chmod(&self, path: &Path, mode: u32) -> Result<()> {
        let place = self.target(path)?;
        files::look(&place).map_err(failed)?;
        self.modes.set(&place, mode);
        Ok(())
    }

    async fn set_modified_time(&self, path: &Path, time: SystemTime) -> Result<()> {
        let place = self.target(path)?;
        let file = fs::OpenOptions::new().write(true).open(place).map_err(failed)?;
        file.set_modified(time).map_err(failed)
    }
}

/// The names of a folder in order. In the folder above all others only what a tool knows is listed.
fn names(folder: &Folder, place: &str, root: &str) -> Result<Vec<String>> {
    let mut names: Vec<String> = folder.entries().map_err(failed)?.into_iter().map(|entry| entry.name).collect();
    if place.strip_prefix(root) == Some("/") {
        names.retain(|name| is_visible(&format!("/{name}")));
    }
    names.sort_unstable();
    Ok(names)
}

/// Contents only: what WASI knows of a file beside it, std would ask for in vain.
fn copy_file(from: &str, to: &str) -> std::io::Result<()> {
    let mut source = fs::File::open(from)?;
    let mut target = fs::File::create(to)?;
    std::io::copy(&mut source, &mut target).map(drop)
}

/// For a move between two folders of the host.
fn copy_tree(from: &str, to: &str) -> std::io::Result<()> {
    match files::look(from)?.kind {
        Kind::Folder => {
            fs::create_dir(to)?;
            for entry in files::open_folder(from)?.entries()? {
                copy_tree(&format!("{from}/{}", entry.name), &format!("{to}/{}", entry.name))?;
            }
            Ok(())
        }
        Kind::Link => {
            let target = fs::read_link(from)?;
            files::make_link(&target.to_string_lossy(), to)
        }
        Kind::File | Kind::Other => copy_file(from, to),
    }
}

/// The path without `.`, `..` and doubled slashes. The language passes absolute paths only.
fn normal(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.to_str()?.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
