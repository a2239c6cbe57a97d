//! A component, known by its digest and loaded at its first use. Sessions share it.

use crate::compile::{LoadError, Loaded, Source, load};
use crate::compiler::CompileLimits;
use crate::fuel::{Metering, OWN_COMPILE_TIME};
use crate::limits::Limits;
use crate::sandbox::Open;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// One component. Having it costs nothing until it is called.
pub struct Guest {
    digest: String,
    source: Source,
    compile: CompileLimits,
    plain: Slot,
    metered: Slot,
}

/// Its code of one kind.
#[derive(Default)]
struct Slot {
    loaded: OnceLock<Arc<Loaded>>,
    /// Held while it is loaded, so that it is loaded once.
    loading: Mutex<()>,
}

impl Guest {
    /// Takes a component. One that is larger than the limit is not even looked at.
    pub fn new(source: Source, limits: &Limits) -> Result<Self, LoadError> {
        let digest = match &source {
            Source::Packed { digest, .. } => digest.clone(),
            Source::Wasm(wasm) => {
                let (size, most) = (wasm.len() as u64, limits.component_bytes);
                if most < size {
                    return Err(LoadError::TooLarge { size, most });
                }
                sha256(wasm)
            }
        };
        let mut compile = CompileLimits::of(limits);
        if let Source::Packed { .. } = source {
            compile.time = compile.time.max(OWN_COMPILE_TIME);
        }
        Ok(Self { digest, source, compile, plain: Slot::default(), metered: Slot::default() })
    }

    /// SHA-256 of the component, as hexadecimal digits.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(crate) fn loaded(&self, metering: Metering) -> Option<Arc<Loaded>> {
        self.slot(metering).loaded.get().cloned()
    }

    /// Loads it, unless that happened. A failure is not kept: the next call tries again.
    pub(crate) fn load(&self, open: &Open) -> Result<Arc<Loaded>, LoadError> {
        let slot = self.slot(open.metering);
        let _one = slot.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = slot.loaded.get() {
            return Ok(Arc::clone(loaded));
        }
        let loaded = load(open, &self.digest, &self.source, self.compile)?;
        Ok(Arc::clone(slot.loaded.get_or_init(|| Arc::new(loaded))))
    }

    fn slot(&self, metering: Metering) -> &Slot {
        match metering {
            Metering::Off => &self.plain,
            Metering::On => &self.metered,
        }
    }
}

/// SHA-256 as hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
