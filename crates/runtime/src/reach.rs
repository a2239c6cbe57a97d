//! What this program can reach in the world, and what it must not show: the vendors of models with their keys, the way
//! out for tools, and the secrets. All three know the same values, so they are made together, and made anew when a
//! person sets another one. A session keeps what it began with.

use crate::house::Runtime;
use crate::keys::{KeyError, Keys};
use crate::secrets::{self, SecretsError};
use crate::vendors;
use boxagnts_egress::{Blocked, Vault, Web};
use boxagnts_providers::{Providers, VendorCard};
use boxagnts_settings::Settings;
use boxagnts_types::Secret;
use boxagnts_workspace::OwnFolders;
use std::sync::{Arc, PoisonError};

/// The ways out of this program, as they stand now.
pub(crate) struct Reach {
    pub(crate) providers: Providers,
    pub(crate) vault: Arc<Vault>,
    /// The way out for tools; nothing of it is there before the first request.
    pub(crate) web: Arc<Web>,
}

impl Reach {
    pub(crate) fn open(own: &OwnFolders, settings: &Settings) -> Result<Self, SecretsError> {
        let providers = vendors::of_process(&Keys::of(own)?.stored()?);
        let vault = secrets::vault(own, &providers.secrets())?;
        let blocked = Blocked::new(settings.network.block.value.iter().map(|block| (block.address, block.bits)));
        let web = Arc::new(Web::new().with_vault(Arc::clone(&vault)).with_blocked(blocked));
        Ok(Self { providers, vault, web })
    }
}

impl Runtime {
    pub(crate) fn reach(&self) -> Arc<Reach> {
        Arc::clone(&self.reach.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in the secrets and keys as they are kept now, for sessions that begin from here on.
    pub fn learn(&self) -> Result<(), SecretsError> {
        let fresh = Arc::new(Reach::open(&self.own, self.toolbox.settings())?);
        *self.reach.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Keeps a key for the models of a vendor, for where its requests go now and nowhere else. A variable of the process
    /// wins over it.
    pub fn set_key(&self, vendor: &str, value: &Secret) -> Result<VendorCard, KeyError> {
        let card = self.vendor(vendor)?;
        let origin = card.origin.ok_or_else(|| KeyError::NeedsNone(vendor.to_owned()))?;
        Keys::of(&self.own)?.set(vendor, &origin, value)?;
        self.learn()?;
        self.vendor(vendor)
    }

    /// Forgets it.
    pub fn remove_key(&self, vendor: &str) -> Result<VendorCard, KeyError> {
        self.vendor(vendor)?;
        Keys::of(&self.own)?.remove(vendor)?;
        self.learn()?;
        self.vendor(vendor)
    }

    fn vendor(&self, name: &str) -> Result<VendorCard, KeyError> {
        let found = self.vendors().into_iter().find(|card| card.name == name);
        found.ok_or_else(|| KeyError::NoVendor(name.to_owned()))
    }
}
