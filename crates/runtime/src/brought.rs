//! The tools that a trusted workspace brings along.
//!
//! They are compiled by a child process, asked once what they are, and offered with no right at all: each right is a
//! grant of the person's for that tool. What a component says of itself is kept under its digest in our own data folder,
//! so that it cannot say something else later. A package that cannot be used is left out with a reason; the others live.

use crate::error::StartError;
use crate::house::Runtime;
use crate::limits::{Asking, InForce};
use crate::toolbox::{self, Installed, ToolCard};
use boxagnts_capability::{Ceiling, Subject};
use boxagnts_catalog::{COMPONENT, ForeignPackage, Invoke, MANIFEST, Manifest};
use boxagnts_sandbox::{DescribeError, Guest, GuestKind, GuestSpec, Source};
use boxagnts_tools::pack::Descriptor;
use boxagnts_types::AgentName;
use boxagnts_types::show::visible_line;
use boxagnts_workspace::PrivateFolder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The folder of pins in our data folder.
const PINS: &str = "pins";
/// What a component says of itself is short.
const LONGEST_PIN: u64 = 1 << 20;
/// Where such tools come from, for people.
const ORIGIN: &str = "the workspace";

/// The tools of the workspace, as far as they count.
#[derive(Default)]
pub(crate) struct BroughtTools {
    installed: Vec<Installed>,
    cards: Vec<ToolCard>,
    /// Those that cannot be used, each with the reason. Safe to show.
    pub(crate) left_out: Vec<String>,
}

/// What a component said of itself when it was first looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Pin {
    /// It speaks the world of `wit/`.
    Typed { descriptor: Descriptor },
    /// It is a plain command, which says nothing.
    Command,
}

impl BroughtTools {
    pub(crate) fn installed(&self) -> impl Iterator<Item = &Installed> {
        self.installed.iter()
    }

    pub(crate) fn ceilings(&self) -> impl Iterator<Item = &Ceiling> {
        self.installed.iter().map(|one| &one.ceiling)
    }

    pub(crate) fn cards(&self) -> &[ToolCard] {
        &self.cards
    }
}

impl Runtime {
    /// Looks at what the workspace brings along now, if it is trusted. Compiles what was never seen before.
    pub(crate) async fn look_at_tools(&self) -> Result<Arc<BroughtTools>, StartError> {
        let mut brought = BroughtTools::default();
        for (folder, mut files) in by_folder(self.trusted_tools()?) {
            let (manifest, component) = (files.remove(MANIFEST), files.remove(COMPONENT));
            let package = ForeignPackage::read(&folder, manifest.as_deref(), component).map_err(|why| why.to_string());
            let installed = match package {
                Ok(package) => self.install(package).await,
                Err(why) => Err(why),
            };
            match installed {
                Ok((installed, card)) => {
                    brought.installed.push(installed);
                    brought.cards.push(card);
                }
                Err(why) => {
                    let (folder, why) = (visible_line(&folder), visible_line(&why));
                    brought.left_out.push(format!("the tool {folder} of this workspace is left out: {why}"));
                }
            }
        }
        let brought = Arc::new(brought);
        self.brought.send_replace(Arc::clone(&brought));
        Ok(brought)
    }

    async fn install(&self, package: ForeignPackage) -> Result<(Installed, ToolCard), String> {
        let ForeignPackage { manifest, component, digest } = package;
        if self.toolbox.has(&manifest.name) {
            return Err("a tool of this name comes with the program".to_owned());
        }
        let asking = Asking { tool: &manifest.name, asked: &manifest.limits, built_in: false };
        let in_force = InForce::of(self.toolbox.settings(), &asking, &AgentName::main());
        let limits = in_force.limits();
        let guest = Guest::new(Source::Wasm(component.into()), &limits).map_err(|error| error.to_string())?;
        let guest = Arc::new(guest);
        let pin = self.pin(&guest, &digest).await?;
        let (kind, description, schema) = understood(&manifest, pin)?;
        let spec = GuestSpec {
            name: manifest.name.clone(),
            description,
            level: manifest.level,
            search: manifest.search,
            schema,
            subject: Subject::Tool(manifest.name.clone()),
            effects: toolbox::effects_of(&manifest),
            preview: manifest.preview.clone().map(toolbox::preview),
            limits,
            kind,
        };
        let card = ToolCard {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            summary: manifest.description.clone(),
            description: spec.description.clone(),
            level: manifest.level,
            origin: ORIGIN.to_owned(),
            digest,
            permissions: manifest.permissions.iter().map(ToString::to_string).collect(),
            effects: manifest.effects.iter().map(ToString::to_string).collect(),
            limits: in_force.lines(),
            input_schema: spec.schema.clone(),
        };
        Ok((Installed { guest, spec, asked: manifest.limits, ceiling: toolbox::ceiling_of(&manifest) }, card))
    }

    /// What the component said of itself when it was first seen; that is now, if it never was.
    async fn pin(&self, guest: &Arc<Guest>, digest: &str) -> Result<Pin, String> {
        let folder = self.own.data.inside(PINS).map_err(|error| error.to_string())?;
        let name = format!("{digest}.json");
        if let Some(pin) = read_pin(&folder, &name) {
            return Ok(pin);
        }
        let pin = match self.sandbox.describe(guest).await {
            Ok(descriptor) => Pin::Typed { descriptor },
            Err(DescribeError::Command) => Pin::Command,
            Err(error) => return Err(error.to_string()),
        };
        let json = serde_json::to_vec(&pin).map_err(|error| error.to_string())?;
        folder.replace_file_durably(&name, &json).map_err(|error| error.to_string())?;
        Ok(pin)
    }
}

/// A pin that cannot be read is made anew, from the same bytes.
fn read_pin(folder: &PrivateFolder, name: &str) -> Option<Pin> {
    let bytes = folder.read_file(name, LONGEST_PIN).ok()??;
    serde_json::from_slice(&bytes).ok()
}

/// How it is called, what it says to the model, and its schema.
fn understood(manifest: &Manifest, pin: Pin) -> Result<(GuestKind, String, serde_json::Value), String> {
    match pin {
        Pin::Typed { descriptor } if descriptor.name == manifest.name.as_str() => {
            Ok((GuestKind::Typed, descriptor.description, descriptor.input_schema))
        }
        Pin::Typed { descriptor } => {
            Err(format!("its manifest says {:?} and its component says {:?}", manifest.name.as_str(), descriptor.name))
        }
        Pin::Command => {
            let kind = match manifest.invoke {
                Invoke::Json => GuestKind::CommandJson,
                Invoke::Args => GuestKind::CommandArgs,
            };
            let schema = manifest.input_schema.clone().unwrap_or_else(GuestSpec::schema_of_arguments);
            Ok((kind, manifest.description.clone(), schema))
        }
    }
}

/// The files of each package, by their names: `tools/NAME/FILE`. What lies elsewhere belongs to no package.
fn by_folder(files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let mut folders: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (path, bytes) in files {
        if let [_, folder, file] = path.split('/').collect::<Vec<_>>()[..] {
            folders.entry(folder.to_owned()).or_default().insert(file.to_owned(), bytes);
        }
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_a_folder_of_files_and_nothing_deeper() {
        let file = |path: &str| (path.to_owned(), vec![1]);
        let files = ["tools/a/tool.yaml", "tools/a/x/tool.yaml", "tools/b/component.wasm", "tools/loose"].map(file);
        let folders = by_folder(files.into());
        let names: Vec<(&String, Vec<&String>)> =
            folders.iter().map(|(name, files)| (name, files.keys().collect())).collect();
        assert_eq!(
            names,
            [(&"a".to_owned(), vec![&"tool.yaml".to_owned()]), (&"b".to_owned(), vec![&"component.wasm".to_owned()])]
        );
    }
}
