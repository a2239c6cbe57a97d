//! The tools of a session: installed packages joined with the sandbox and with the folders that they may be let into.

use crate::brought::BroughtTools;
use crate::error::StartError;
use crate::house::Runtime;
use crate::limits::{Asking, InForce};
use boxagnts_capability::{Ceiling, Subject};
use boxagnts_catalog::{Manifest, Package, RequestedLimits, RequestedPreview, built_in};
use boxagnts_sandbox::{
    BeforeImages, EffectsPlan, FileLabels, Guest, GuestKind, GuestSpec, GuestTool, PreviewParts, PreviewPlan, Sandbox,
    Source, World,
};
use boxagnts_settings::Settings;
use boxagnts_tools::{PermissionLevel, Tool};
use boxagnts_types::{AgentName, GuestPath, ToolName};
use boxagnts_workspace::Root;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;

/// The folder in our cache for what calls have prepared; its files have no names.
const STAGE: &str = "stage";

/// Where guests see the scratch folder of their session.
const TMP: &str = "/tmp";

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
    /// The limits in force, and who said so where somebody did.
    pub limits: Vec<String>,
    /// JSON Schema of its input.
    pub input_schema: Value,
}

/// The installed tools, each known and none loaded.
pub(crate) struct Toolbox {
    installed: Vec<Installed>,
    settings: Settings,
}

pub(crate) struct Installed {
    pub(crate) guest: Arc<Guest>,
    pub(crate) spec: GuestSpec,
    pub(crate) asked: RequestedLimits,
    pub(crate) ceiling: Ceiling,
}

impl Toolbox {
    /// Looks at what is installed.
    pub(crate) fn open(settings: &Settings) -> Result<Self, StartError> {
        let installed =
            built_in()?.into_iter().map(|package| installed(package, settings)).collect::<Result<_, _>>()?;
        Ok(Self { installed, settings: settings.clone() })
    }

    /// The tools of one agent of a session, let into one world.
    pub(crate) fn tools(
        &self,
        brought: &BroughtTools,
        sandbox: &Arc<Sandbox>,
        world: &Arc<World>,
        agent: &AgentName,
    ) -> Vec<Arc<dyn Tool>> {
        let tool = |one: &Installed| {
            let built_in = one.spec.subject == Subject::BuiltIn;
            let asking = Asking { tool: &one.spec.name, asked: &one.asked, built_in };
            let limits = InForce::of(&self.settings, &asking, agent).limits();
            let (guest, spec) = (Arc::clone(&one.guest), GuestSpec { limits, ..one.spec.clone() });
            Arc::new(GuestTool::new(Arc::clone(sandbox), guest, spec, Arc::clone(world))) as Arc<dyn Tool>
        };
        self.installed.iter().chain(brought.installed()).map(tool).collect()
    }

    /// What the person's settings say.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Whether a tool of that name is installed.
    pub(crate) fn has(&self, name: &ToolName) -> bool {
        self.installed.iter().any(|one| one.spec.name == *name)
    }

    /// What each tool could be granted at most.
    pub(crate) fn ceilings(&self) -> impl Iterator<Item = &Ceiling> {
        self.installed.iter().map(|one| &one.ceiling)
    }
}

/// The cards of all tools, sorted by name.
pub(crate) fn cards(settings: &Settings) -> Result<Vec<ToolCard>, StartError> {
    Ok(built_in()?.into_iter().map(|package| card(package, settings)).collect())
}

/// The folders of a session as its guests see them.
pub(crate) fn world(
    house: &Runtime,
    tmp: Arc<Root>,
    before: Arc<dyn BeforeImages>,
    labels: Arc<dyn FileLabels>,
) -> Result<World, StartError> {
    let mut world = World::empty().with_folder(GuestPath::workspace(), Arc::clone(&house.root), true)?;
    for map in &house.maps {
        world = world.with_folder(folder_path(&map.name)?, Arc::clone(&map.root), map.writable)?;
    }
    let stage = house.own.cache.inside(STAGE)?;
    let world = world.with_own_folder(guest_path(TMP)?, tmp)?;
    let network = &house.toolbox.settings().network;
    let world = world.with_requests(network.session_requests.value, network.session_out.value);
    Ok(world.with_before_images(before).with_labels(labels).with_stage(stage).with_web(Arc::clone(&house.web)))
}

/// The same folders with their guest paths, for whoever looks at files without being a guest.
pub(crate) fn folders(house: &Runtime, tmp: Arc<Root>) -> Result<Vec<(GuestPath, Arc<Root>)>, StartError> {
    let mut folders = vec![(GuestPath::workspace(), Arc::clone(&house.root)), (guest_path(TMP)?, tmp)];
    for map in &house.maps {
        folders.push((folder_path(&map.name)?, Arc::clone(&map.root)));
    }
    Ok(folders)
}

/// Where guests see a mapped folder.
pub(crate) fn folder_path(name: &str) -> Result<GuestPath, StartError> {
    guest_path(&format!("/folders/{name}"))
}

fn guest_path(text: &str) -> Result<GuestPath, StartError> {
    GuestPath::parse(text).map_err(|error| StartError::GuestPath(error.to_string()))
}

fn installed(package: Package, settings: &Settings) -> Result<Installed, StartError> {
    let limits = in_force(&package, settings).limits();
    let (manifest, digest) = (package.manifest, package.digest);
    let source = Source::Packed {
        digest,
        code: Cow::Borrowed(package.code),
        size: package.size,
        component: Cow::Borrowed(package.component),
        component_size: package.component_size,
    };
    let guest =
        Guest::new(source, &limits).map_err(|error| StartError::Tool { name: manifest.name.clone(), source: error })?;
    let (ceiling, effects) = (ceiling_of(&manifest), effects_of(&manifest));
    let spec = GuestSpec {
        name: manifest.name,
        description: package.descriptor.description,
        level: manifest.level,
        search: manifest.search,
        schema: package.descriptor.input_schema,
        subject: Subject::BuiltIn,
        effects,
        preview: manifest.preview.map(preview),
        limits,
        kind: GuestKind::Typed,
    };
    Ok(Installed { guest: Arc::new(guest), spec, asked: manifest.limits, ceiling })
}

/// What a tool may be granted at most.
pub(crate) fn ceiling_of(manifest: &Manifest) -> Ceiling {
    Ceiling {
        allow: Some(manifest.permissions.clone()),
        tool: Some(manifest.name.clone()),
        ..Ceiling::new(format!("the manifest of {}", manifest.name))
    }
}

/// How the effects of a tool's calls are known.
pub(crate) fn effects_of(manifest: &Manifest) -> EffectsPlan {
    if manifest.effects.is_empty() {
        EffectsPlan::Capabilities(manifest.permissions.clone())
    } else {
        EffectsPlan::Templates(manifest.effects.clone())
    }
}

/// The catalogue has seen to it that a preview names a whole content or a part.
pub(crate) fn preview(asked: RequestedPreview) -> PreviewPlan {
    let RequestedPreview { path, content, old, new, everywhere } = asked;
    let content = match content {
        Some(content) => PreviewParts::Whole(content),
        None => PreviewParts::Part { old: old.unwrap_or_default(), new: new.unwrap_or_default(), everywhere },
    };
    PreviewPlan { path, content }
}

/// What holds for a tool in the hands of the main agent.
fn in_force(package: &Package, settings: &Settings) -> InForce {
    let Manifest { name, limits, .. } = &package.manifest;
    InForce::of(settings, &Asking { tool: name, asked: limits, built_in: true }, &AgentName::main())
}

fn card(package: Package, settings: &Settings) -> ToolCard {
    let limits = in_force(&package, settings).lines();
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
        limits,
        input_schema: package.descriptor.input_schema,
    }
}
