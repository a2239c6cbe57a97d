//! Lays out what the product is built from: the packages of the tools, their pack, and the hostile guests of the tests.
//!
//! The pack is written only when its bytes change, so that cargo does not build the product again for nothing, and it is
//! compiled again only when a package or the compiler changed.

use crate::binary::{self, Profile};
use crate::guests::Guests;
use crate::{command, place};
use anyhow::{Context, Result};
use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lays everything out.
pub(crate) fn pack(guests: &Guests) -> Result<()> {
    let packages = packages(guests)?;
    hostile(guests)?;
    // The program of `sandbox` that compiles with the engine settings of the product.
    let precompile = binary::program("precompile", Profile::Dev)?;
    let stamp = stamp(&precompile, &packages)?;
    let stamp_file = place::made().join("guests.pack.stamp");
    if place::pack().is_file() && fs::read_to_string(&stamp_file).is_ok_and(|written| written == stamp) {
        return Ok(());
    }
    let fresh = place::made().join("guests.pack.new");
    command::run(Command::new(&precompile).arg("--out").arg(&fresh).args(&packages))?;
    copy_if_changed(&fresh, &place::pack())?;
    fs::remove_file(&fresh).with_context(|| format!("cannot remove {}", fresh.display()))?;
    fs::write(&stamp_file, stamp).with_context(|| format!("cannot write {}", stamp_file.display()))
}

/// One folder for each tool, as a person would install it: the manifest and the component.
fn packages(guests: &Guests) -> Result<Vec<PathBuf>> {
    let all = place::made().join("packages");
    let mut packages = Vec::new();
    for (name, tool) in &guests.tools {
        let package = all.join(name);
        copy_if_changed(&tool.manifest, &package.join("tool.yaml"))?;
        copy_if_changed(&tool.component, &package.join("component.wasm"))?;
        packages.push(package);
    }
    remove_others(&all, |name| guests.tools.contains_key(name))?;
    Ok(packages)
}

fn hostile(guests: &Guests) -> Result<()> {
    for (name, component) in &guests.hostile {
        copy_if_changed(component, &place::hostile().join(format!("{name}.wasm")))?;
    }
    fs::create_dir_all(place::hostile())?;
    remove_others(&place::hostile(), |name| {
        name.strip_suffix(".wasm").is_some_and(|name| guests.hostile.contains_key(name))
    })
}

/// Changes with every byte that decides what the pack holds.
fn stamp(precompile: &Path, packages: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    let inside = packages.iter().flat_map(|package| ["tool.yaml", "component.wasm"].map(|file| package.join(file)));
    for file in std::iter::once(precompile.to_owned()).chain(inside) {
        hasher.write(file.to_string_lossy().as_bytes());
        hasher.write(&fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

/// Leaves a file alone that is there with the same bytes.
pub(crate) fn copy_if_changed(from: &Path, to: &Path) -> Result<()> {
    let bytes = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(to, bytes).with_context(|| format!("cannot write {}", to.display()))
}

/// A guest that was renamed or removed must not live on in a package or a test.
fn remove_others(folder: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&keep) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
