//! A tool package that did not come with the program: a folder with `tool.yaml` and `component.wasm`.

use crate::manifest::{Manifest, ManifestError};
use boxagnts_capability::Capability;
use boxagnts_tools::PermissionLevel;
use boxagnts_types::canonical::sha256_hex;
use boxagnts_types::show::visible_line;

/// The name of the manifest in its folder.
pub const MANIFEST: &str = "tool.yaml";
/// The name of the component in its folder.
pub const COMPONENT: &str = "component.wasm";

/// A package whose manifest was read and makes sense. Nobody has looked into its component.
#[derive(Debug, Clone)]
pub struct ForeignPackage {
    /// What its author says of it.
    pub manifest: Manifest,
    /// The component.
    pub component: Vec<u8>,
    /// SHA-256 of the component, as hexadecimal digits.
    pub digest: String,
}

/// Why a package cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// One of its two files is missing.
    #[error("it has no {0}")]
    Missing(&'static str),
    /// The manifest cannot be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The folder is called differently, so that the person agreed to another name.
    #[error("its folder has another name than its manifest, which says {0:?}")]
    Name(String),
    /// It claims to do less than what it asks for.
    #[error("it says that its level is {claimed}, and asks for {capability}")]
    Level {
        /// What it says.
        claimed: PermissionLevel,
        /// What it asks for.
        capability: String,
    },
}

impl ForeignPackage {
    /// Reads a package from the files of its folder.
    pub fn read(folder: &str, manifest: Option<&[u8]>, component: Option<Vec<u8>>) -> Result<Self, ForeignError> {
        let manifest = manifest.ok_or(ForeignError::Missing(MANIFEST))?;
        let component = component.ok_or(ForeignError::Missing(COMPONENT))?;
        let manifest = Manifest::parse(&String::from_utf8_lossy(manifest))?;
        if manifest.name.as_str() != folder {
            return Err(ForeignError::Name(visible_line(manifest.name.as_str())));
        }
        let claimed = manifest.level;
        // A level decides which agents are offered the tool, so it is not taken on trust.
        if let Some(capability) = manifest.permissions.iter().find(|one| claimed < level_of(one)) {
            return Err(ForeignError::Level { claimed, capability: capability.to_string() });
        }
        let digest = sha256_hex(&component);
        Ok(Self { manifest, component, digest })
    }
}

/// The lowest level that a tool with this permission has.
fn level_of(capability: &Capability) -> PermissionLevel {
    if capability.is_program() {
        PermissionLevel::Execute
    } else if capability.only_reads() {
        PermissionLevel::ReadOnly
    } else {
        PermissionLevel::Write
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(level: &str, permissions: &str) -> Result<ForeignPackage, ForeignError> {
        let manifest = format!(
            "tool:\n  name: weather\n  version: 1.0.0\n  description: Tells it.\n  permission-level: {level}\n  \
             permissions: [ {permissions} ]\n"
        );
        ForeignPackage::read("weather", Some(manifest.as_bytes()), Some(b"wasm".to_vec()))
    }

    #[test]
    fn a_package_has_a_manifest_and_a_component() {
        let package = read("read-only", "\"network.get:https://api.example.com\"").unwrap();
        assert_eq!((package.manifest.name.as_str(), package.component.as_slice()), ("weather", &b"wasm"[..]));
        for (manifest, component) in [(None, Some(vec![])), (Some(&b"tool: {}"[..]), None)] {
            assert!(matches!(ForeignPackage::read("a", manifest, component), Err(ForeignError::Missing(_))));
        }
    }

    #[test]
    fn a_folder_of_another_name_is_refused() {
        let manifest = b"tool: { name: read, version: '1', description: x, permission-level: none }";
        let error = ForeignPackage::read("weather", Some(manifest), Some(Vec::new())).unwrap_err();
        assert!(matches!(error, ForeignError::Name(name) if name == "read"));
    }

    #[test]
    fn a_level_below_what_is_asked_for_is_refused() {
        for (level, permission) in [
            ("none", "\"fs.read:/workspace\""),
            ("read-only", "\"fs.write:/workspace\""),
            ("read-only", "\"network:https://api.example.com\""),
            ("write", "\"exec:cargo test **\""),
        ] {
            assert!(matches!(read(level, permission), Err(ForeignError::Level { .. })), "{level} {permission}");
        }
        for (level, permission) in [("none", ""), ("execute", "\"exec:cargo test **\""), ("write", "\"fs.write:/tmp\"")]
        {
            assert!(read(level, permission).is_ok(), "{level} {permission}");
        }
    }
}
