//! The pack: tool packages that were compiled ahead of time, in one run of bytes that the binary carries.
//!
//! Layout: the magic `BOXPACK2`; the length of the index as 32 bits, little endian; the index as JSON; then for each
//! package the compiled component and the component itself, each compressed with zstd. Offsets count from the end of the index. Reading looks at
//! the index alone, so that carrying a tool costs nothing until it is called.

use serde::{Deserialize, Serialize};
use serde_json::Value;

const MAGIC: &[u8; 8] = b"BOXPACK2";

/// What a component says of itself, pinned when the pack was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Descriptor {
    /// What it is called; the manifest must agree.
    pub name: String,
    /// What it does, for the model.
    pub description: String,
    /// JSON Schema 2020-12 of its input.
    pub input_schema: Value,
    /// Inputs that make good examples, as JSON texts.
    #[serde(default)]
    pub examples: Vec<String>,
}

/// One package as the index lists it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    manifest: String,
    descriptor: Descriptor,
    digest: String,
    offset: u64,
    length: u64,
    size: u64,
    component_length: u64,
    component_size: u64,
}

/// One package of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Packed<'a> {
    /// The text of `tool.yaml`.
    pub manifest: String,
    /// What the component says of itself.
    pub descriptor: Descriptor,
    /// SHA-256 of the component before it was compiled, as hexadecimal digits.
    pub digest: String,
    /// The compiled component, compressed with zstd.
    pub code: &'a [u8],
    /// The length of the compiled component when it is unpacked, in bytes.
    pub size: u64,
    /// The component itself, compressed with zstd, for whoever needs it compiled in another way.
    pub component: &'a [u8],
    /// The length of the component when it is unpacked, in bytes.
    pub component_size: u64,
}

/// Why bytes are no pack.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// No pack at all, or one of another format.
    #[error("these bytes are no tool pack of this version")]
    NotAPack,
    /// The index cannot be understood.
    #[error("the tool pack's index is damaged: {0}")]
    Index(String),
    /// A component lies outside the bytes.
    #[error("the tool pack is cut: {0} is not whole")]
    Cut(String),
}

/// Writes a pack.
pub fn write(packages: &[Packed<'_>]) -> Result<Vec<u8>, PackError> {
    let mut offset = 0;
    let mut index = Vec::with_capacity(packages.len());
    for package in packages {
        let (length, component_length) = (package.code.len() as u64, package.component.len() as u64);
        index.push(Listed {
            manifest: package.manifest.clone(),
            descriptor: package.descriptor.clone(),
            digest: package.digest.clone(),
            offset,
            length,
            size: package.size,
            component_length,
            component_size: package.component_size,
        });
        offset += length + component_length;
    }
    let index = serde_json::to_vec(&index).map_err(|error| PackError::Index(error.to_string()))?;
    let length = u32::try_from(index.len()).map_err(|_| PackError::Index("it is too long".to_owned()))?;
    let mut bytes = MAGIC.to_vec();
    bytes.extend(length.to_le_bytes());
    bytes.extend(index);
    for package in packages {
        bytes.extend(package.code);
        bytes.extend(package.component);
    }
    Ok(bytes)
}

/// Reads a pack. No bytes at all are an empty pack: that is what a binary without built guests carries.
pub fn read(bytes: &[u8]) -> Result<Vec<Packed<'_>>, PackError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(PackError::NotAPack)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(PackError::NotAPack)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (index, code) = rest.split_at_checked(length).ok_or_else(|| PackError::Cut("the index".to_owned()))?;
    let index: Vec<Listed> = serde_json::from_slice(index).map_err(|error| PackError::Index(error.to_string()))?;
    let package = |listed: Listed| {
        let cut = || PackError::Cut(listed.descriptor.name.clone());
        let number = |number: u64| usize::try_from(number).map_err(|_| cut());
        let run = |start: usize, length: usize| {
            let end = start.checked_add(length).ok_or_else(cut)?;
            Ok((code.get(start..end).ok_or_else(cut)?, end))
        };
        let (code, end) = run(number(listed.offset)?, number(listed.length)?)?;
        let (component, _) = run(end, number(listed.component_length)?)?;
        let Listed { manifest, descriptor, digest, size, component_size, .. } = listed;
        Ok(Packed { manifest, descriptor, digest, code, size, component, component_size })
    };
    index.into_iter().map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn packed<'a>(name: &str, code: &'a [u8], component: &'a [u8]) -> Packed<'a> {
        let descriptor = Descriptor {
            name: name.to_owned(),
            description: "does a thing".to_owned(),
            input_schema: json!({"type": "object"}),
            examples: vec!["{}".to_owned()],
        };
        let digest = "0".repeat(64);
        Packed { manifest: format!("tool: {name}"), descriptor, digest, code, size: 10, component, component_size: 20 }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let packages = [packed("a", b"first", b"itself"), packed("b", b"", b""), packed("c", b"third", b"")];
        let bytes = write(&packages).unwrap();
        assert_eq!(read(&bytes).unwrap(), packages);
    }

    #[test]
    fn a_cut_pack_is_an_error_at_every_length() {
        let bytes = write(&[packed("a", b"first", b"itself"), packed("b", b"second", b"itself")]).unwrap();
        for length in 1..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
        assert_eq!(read(&[]).unwrap(), []);
    }
}
