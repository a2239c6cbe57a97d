//! The tools that the binary carries.

use crate::manifest::{Manifest, ManifestError};
use crate::package::{Origin, Package};
use boxagnts_tools::pack::{self, PackError, Packed};

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/guests.pack"));

/// Why the built-in tools cannot be used. All but the first are defects of the build.
#[derive(Debug, thiserror::Error)]
pub enum BuiltInError {
    /// The program was built without its guests.
    #[error("this binary was built without its tools; build it with: cargo xtask build")]
    Missing,
    /// The pack cannot be read.
    #[error("the built-in tools cannot be read: {0}")]
    Pack(#[from] PackError),
    /// A manifest cannot be read.
    #[error("the manifest of the built-in tool {name:?} cannot be used: {fault}")]
    Manifest {
        /// The tool.
        name: String,
        /// What is wrong.
        #[source]
        fault: ManifestError,
    },
    /// Manifest and component name the tool differently.
    #[error("the manifest says {manifest:?} and the component says {component:?}")]
    Names {
        /// The manifest's name.
        manifest: String,
        /// The component's name.
        component: String,
    },
}

/// The built-in tools, sorted by name. Their code stays packed until it is called.
pub fn built_in() -> Result<Vec<Package>, BuiltInError> {
    let packages = from_pack(PACK)?;
    if packages.is_empty() { Err(BuiltInError::Missing) } else { Ok(packages) }
}

fn from_pack(bytes: &'static [u8]) -> Result<Vec<Package>, BuiltInError> {
    let mut packages = pack::read(bytes)?.into_iter().map(package).collect::<Result<Vec<_>, _>>()?;
    packages.sort_by(|a, b| a.manifest.name.cmp(&b.manifest.name));
    Ok(packages)
}

fn package(packed: Packed<'static>) -> Result<Package, BuiltInError> {
    let Packed { manifest, descriptor, digest, code, size, component, component_size } = packed;
    let manifest =
        Manifest::parse(&manifest).map_err(|fault| BuiltInError::Manifest { name: descriptor.name.clone(), fault })?;
    if manifest.name.as_str() != descriptor.name {
        let (manifest, component) = (manifest.name.to_string(), descriptor.name);
        return Err(BuiltInError::Names { manifest, component });
    }
    Ok(Package { manifest, descriptor, digest, origin: Origin::BuiltIn, code, size, component, component_size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_tools::pack::Descriptor;

    fn pack_of(manifest: &str, name: &str) -> &'static [u8] {
        let descriptor = Descriptor {
            name: name.to_owned(),
            description: String::new(),
            input_schema: serde_json::json!({"type": "object"}),
            examples: Vec::new(),
        };
        let packed = Packed {
            manifest: manifest.to_owned(),
            descriptor,
            digest: String::new(),
            code: b"code",
            size: 4,
            component: b"wasm",
            component_size: 4,
        };
        Box::leak(pack::write(&[packed]).unwrap().into_boxed_slice())
    }

    const READ: &str = "tool:\n  name: read\n  version: 0.1.0\n  description: Reads.\n  permission-level: read-only\n";

    #[test]
    fn manifest_and_component_agree_on_the_name() {
        assert_eq!(from_pack(pack_of(READ, "read")).unwrap().len(), 1);
        assert!(matches!(from_pack(pack_of(READ, "write")), Err(BuiltInError::Names { .. })));
    }

    #[test]
    fn a_broken_manifest_names_its_tool() {
        let error = from_pack(pack_of("tool: {}", "read")).unwrap_err();
        assert!(error.to_string().contains("\"read\""), "{error}");
    }
}
