//! A tree of tens of thousands of source files, made of what cargo has already downloaded.

use crate::place;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// As many files as the yardstick of `docs/performance.md` was taken on.
const FILES: usize = 38_700;

/// What a made tree says of itself when it is whole.
const MARK: &str = ".whole";

/// The folder that the caller named, or one that is made once and kept.
pub(crate) fn tree(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        return named.canonicalize().with_context(|| format!("no folder {}", named.display()));
    }
    let tree = place::made().join("bench-tree");
    if tree.join(MARK).is_file() {
        return Ok(tree);
    }
    let sources = registry()?;
    let mut copied = 0;
    // A small registry is copied again until there are enough files.
    for round in 0.. {
        let before = copied;
        copy(&sources, &tree.join(format!("registry-{round}")), &mut copied)?;
        if FILES <= copied {
            break;
        }
        if copied == before {
            bail!("{} holds no files; name a tree with --tree", sources.display());
        }
    }
    fs::write(tree.join(MARK), format!("{copied} files\n"))?;
    Ok(tree)
}

/// How many files a tree has, and how many bytes are in them.
pub(crate) fn extent(folder: &Path) -> Result<(u64, u64)> {
    let mut found = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let (files, bytes) = extent(&entry.path())?;
            found = (found.0 + files, found.1 + bytes);
        } else if kind.is_file() {
            found = (found.0 + 1, found.1 + entry.metadata()?.len());
        }
    }
    Ok(found)
}

fn registry() -> Result<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let sources = home.context("cargo has no home; name a tree with --tree")?.join("registry/src");
    if !sources.is_dir() {
        bail!("{} is not there; name a tree with --tree", sources.display());
    }
    Ok(sources)
}

fn copy(from: &Path, to: &Path, copied: &mut usize) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if FILES <= *copied {
            return Ok(());
        } else if kind.is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()), copied)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
            *copied += 1;
        }
    }
    Ok(())
}
