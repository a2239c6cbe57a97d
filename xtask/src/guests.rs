//! Builds the guests and gathers what came out.

use crate::{command, place};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The components that were built, each by the name of its folder.
pub(crate) struct Guests {
    /// The tools: their folder, which holds the manifest, and their component.
    pub(crate) tools: BTreeMap<String, Tool>,
    /// The components that attack the host in tests.
    pub(crate) hostile: BTreeMap<String, PathBuf>,
}

/// A built-in tool before it is packed.
pub(crate) struct Tool {
    pub(crate) manifest: PathBuf,
    pub(crate) component: PathBuf,
}

/// Builds whatever changed. Cargo decides what that is.
pub(crate) fn build() -> Result<Guests> {
    let artifacts = command::artifacts(command::guests_cargo().args(["build", "--release", "--workspace"]))?;
    let mut guests = Guests { tools: BTreeMap::new(), hostile: BTreeMap::new() };
    for artifact in artifacts {
        let component =
            artifact.files.iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        let folder = artifact.manifest.parent().unwrap_or(Path::new(""));
        if let (Some(component), Ok(inside)) = (component, folder.strip_prefix(place::guests())) {
            guests.take(inside, folder, component)?;
        }
    }
    if guests.tools.is_empty() {
        bail!("{} built no tool: a tool is a folder with a Cargo.toml and a tool.yaml", place::guests().display());
    }
    Ok(guests)
}

impl Guests {
    fn take(&mut self, inside: &Path, folder: &Path, component: &Path) -> Result<()> {
        let name = folder.file_name().and_then(|name| name.to_str());
        let name = name.with_context(|| format!("{} has no usable name", folder.display()))?.to_owned();
        let manifest = folder.join("tool.yaml");
        if inside.starts_with("hostile") {
            self.hostile.insert(name, component.to_owned());
        } else if manifest.is_file() {
            self.tools.insert(name, Tool { manifest, component: component.to_owned() });
        }
        Ok(())
    }
}
