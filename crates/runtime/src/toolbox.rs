//! The tools of a session: installed packages joined with the sandbox and with the folders that they may be let into.

use crate::error::StartError;
use crate::house::Runtime;
use boxagnts_capability::{Ceiling, Subject};
use boxagnts_catalog::{Package, built_in};
use boxagnts_sandbox::{
    BeforeImages, EffectsPlan, FileLabels, Guest, GuestKind, GuestSpec, GuestTool, Limits, Sandbox, Source, World,
};
use boxagnts_tools::{PermissionLevel, Tool};
use boxagnts_types::{GuestPath, ToolName};
use boxagnts_workspace::Root;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The folder in our cache for what calls have prepared; its files have no names.
const STAGE: &str = "stage";

/// What a person is told about a tool.
#[derive(Debug, Clone)]
pub struct ToolCard {
    /// What it is called.
    pub name: ToolName,
    /// Its version, as its author counts.
    pub version: String,
    /// One sentence for people.
    pub summary: String,
    /// What it does, for the model.
    pub description: String,
    /// The class of what it may do at most.
    pub level: PermissionLevel,
    /// Where it came from.
    pub origin: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// What it could ever need, as capability text.
    pub permissions: Vec<String>,
    /// How the effects of a call follow from its input.
    pub effects: Vec<String>,
    /// What ends a call by force.
    pub limits: Vec<String>,
    /// JSON Schema of its input.
    pub input_schema: Value,
}

/// The installed tools, each known and none loaded.
pub(crate) struct Toolbox(Vec<Installed>);

struct Installed {
    guest: Arc<Guest>,
    spec: GuestSpec,
    ceiling: Ceiling,
}

impl Toolbox {
    /// Looks at what is installed.
    pub(crate) fn open() -> Result<Self, StartError> {
        built_in()?.into_iter().map(installed).collect::<Result<_, _>>().map(Self)
    }

    /// The tools of one session, let into one world.
    pub(crate) fn tools(&self, sandbox: &Arc<Sandbox>, world: &Arc<World>) -> Vec<Arc<dyn Tool>> {
        let tool = |one: &Installed| {
            let (guest, spec) = (Arc::clone(&one.guest), one.spec.clone());
            Arc::new(GuestTool::new(Arc::clone(sandbox), guest, spec, Arc::clone(world))) as Arc<dyn Tool>
        };
        self.0.iter().map(tool).collect()
    }

    /// What each tool could be granted at most.
    pub(crate) fn ceilings(&self) -> impl Iterator<Item = &Ceiling> {
        self.0.iter().map(|one| &one.ceiling)
    }
}

/// The cards of all tools, sorted by name.
pub(crate) fn cards() -> Result<Vec<ToolCard>, StartError> {
    Ok(built_in()?.into_iter().map(card).collect())
}

/// The folders of a session as its guests see them.
pub(crate) fn world(
    house: &Runtime,
    tmp: Root,
    before: Arc<dyn BeforeImages>,
    labels: Arc<dyn FileLabels>,
) -> Result<World, StartError> {
    let mut world = World::empty().with_folder(GuestPath::workspace(), Arc::clone(&house.root), true)?;
    for map in &house.maps {
        world = world.with_folder(folder_path(&map.name)?, Arc::clone(&map.root), map.writable)?;
    }
    let stage = house.own.cache.inside(STAGE)?;
    let world = world.with_own_folder(guest_path("/tmp")?, Arc::new(tmp))?;
    Ok(world.with_before_images(before).with_labels(labels).with_stage(stage).with_web(Arc::clone(&house.web)))
}

/// Where guests see a mapped folder.
pub(crate) fn folder_path(name: &str) -> Result<GuestPath, StartError> {
    guest_path(&format!("/folders/{name}"))
}

fn guest_path(text: &str) -> Result<GuestPath, StartError> {
    GuestPath::parse(text).map_err(|error| StartError::GuestPath(error.to_string()))
}

fn installed(package: Package) -> Result<Installed, StartError> {
    let limits = limits_of(&package);
    let (manifest, digest) = (package.manifest, package.digest);
    let source = Source::Packed { digest, code: Cow::Borrowed(package.code), size: package.size };
    let guest =
        Guest::new(source, &limits).map_err(|error| StartError::Tool { name: manifest.name.clone(), source: error })?;
    let ceiling = Ceiling {
        allow: Some(manifest.permissions.clone()),
        tool: Some(manifest.name.clone()),
        ..Ceiling::new(format!("the manifest of {}", manifest.name))
    };
    let effects = if manifest.effects.is_empty() {
        EffectsPlan::Capabilities(manifest.permissions)
    } else {
        EffectsPlan::Templates(manifest.effects)
    };
    let spec = GuestSpec {
        name: manifest.name,
        description: package.descriptor.description,
        level: manifest.level,
        search: manifest.search,
        schema: package.descriptor.input_schema,
        subject: Subject::BuiltIn,
        effects,
        limits,
        kind: GuestKind::Typed,
    };
    Ok(Installed { guest: Arc::new(guest), spec, ceiling })
}

/// The defaults, with what the manifest asks for. Our own manifests may ask for more.
fn limits_of(package: &Package) -> Limits {
    let mut limits = Limits::default();
    let asked = package.manifest.limits;
    limits.wall_clock = asked.timeout.unwrap_or(limits.wall_clock);
    limits.memory = asked.memory.unwrap_or(limits.memory);
    limits
}

fn card(package: Package) -> ToolCard {
    let limits = limits_of(&package);
    let manifest = package.manifest;
    ToolCard {
        name: manifest.name,
        version: manifest.version,
        summary: manifest.description,
        description: package.descriptor.description,
        level: manifest.level,
        origin: package.origin.to_string(),
        digest: package.digest,
        permissions: manifest.permissions.iter().map(ToString::to_string).collect(),
        effects: manifest.effects.iter().map(ToString::to_string).collect(),
        limits: vec![
            format!("{} s of time", limits.wall_clock.as_secs_f32()),
            format!("{} MiB of memory", limits.memory >> 20),
        ],
        input_schema: package.descriptor.input_schema,
    }
}
