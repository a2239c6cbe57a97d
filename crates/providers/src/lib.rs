//! Speaks to language models and turns their answers into the terms of the port.
//!
//! One module per vendor, one line per vendor in `VENDORS`. The room knows no tool and no permission: a model is
//! asked and answers, and what becomes of its calls is decided elsewhere. It opens no socket either; that is `egress`.
//!
//! Start with [`Providers`], then [`openai`], which speaks to any server of that wire, or [`demo`], which is a script and
//! no language model.

pub mod cards;
pub mod demo;
pub mod environment;
pub mod openai;
pub mod patience;

mod nearest;
mod sse;

pub use cards::{KeyCard, KeyOrigin, VendorCard};
pub use environment::Environment;
pub use patience::Patience;

use boxagnts_egress::{Client, HttpClient, Limits};
use boxagnts_model::{Failure, Model};
use boxagnts_types::Secret;
use nearest::nearest;
use std::sync::Arc;

/// A vendor of models.
struct Vendor {
    /// What stands before the slash of `PROVIDER/MODEL`.
    name: &'static str,
    /// The models that it has, by what stands behind the slash; none where only its server knows.
    models: &'static [&'static str],
    /// Opens one of them.
    open: fn(&Providers, &str) -> Opened,
}

/// A model; none when there is no such model.
type Opened = Result<Option<Box<dyn Model>>, Failure>;

const VENDORS: &[Vendor] = &[
    Vendor { name: demo::NAME, models: demo::MODELS, open: |_, model| Ok(demo::open(model)) },
    Vendor { name: openai::NAME, models: &[], open: openai::open },
];

/// The vendors, as this process may speak to them. One is made for a process: connections are kept in it.
pub struct Providers {
    environment: Environment,
    client: Arc<dyn Client>,
    patience: Patience,
}

impl Providers {
    /// Vendors behind real sockets. Nothing is opened before a model is asked.
    pub fn new(environment: Environment) -> Self {
        let client = Arc::new(HttpClient::new(Limits::default(), environment.proxy()));
        Self { environment, client, patience: Patience::default() }
    }

    /// The values that must not be shown anywhere, such as keys.
    pub fn secrets(&self) -> Vec<Secret> {
        self.environment.secrets()
    }

    /// Sends through another client.
    #[must_use]
    pub fn with_client(self, client: Arc<dyn Client>) -> Self {
        Self { client, ..self }
    }

    /// Asks again more or less often.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The model of that name, `PROVIDER/MODEL`. No request is made yet.
    ///
    /// Fails with [`Failure::UnknownModel`] and a hint at what the person may have meant, or with
    /// [`Failure::Unusable`] when the environment lacks what the vendor needs.
    pub fn open(&self, name: &str) -> Result<Box<dyn Model>, Failure> {
        let found = match name.split_once('/') {
            Some((vendor, model)) => match VENDORS.iter().find(|known| known.name == vendor) {
                Some(vendor) => (vendor.open)(self, model)?,
                None => None,
            },
            None => None,
        };
        found.ok_or_else(|| Failure::UnknownModel { name: name.to_owned(), hint: hint(name) })
    }
}

/// All models that are known by name, as `PROVIDER/MODEL`.
pub fn names() -> impl Iterator<Item = String> {
    VENDORS.iter().flat_map(|vendor| vendor.models.iter().map(|model| format!("{}/{model}", vendor.name)))
}

fn hint(name: &str) -> String {
    let known: Vec<String> = names().collect();
    if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
        return format!("; did you mean {near:?}?");
    }
    let vendors: Vec<&str> = VENDORS.iter().map(|vendor| vendor.name).collect();
    let any = VENDORS.iter().filter(|vendor| vendor.models.is_empty()).map(|vendor| format!("{}/NAME", vendor.name));
    let models: Vec<String> = known.iter().cloned().chain(any).collect();
    format!("; providers known to this version: {}; models: {}", vendors.join(", "), models.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(name: &str) -> String {
        let opened = Providers::new(Environment::default()).open(name);
        opened.err().map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_name_that_is_told_can_be_opened() {
        let providers = Providers::new(Environment::default());
        for name in names() {
            assert_eq!(providers.open(&name).map(|model| model.name().to_owned()).ok(), Some(name));
        }
    }

    #[test]
    fn a_slip_is_answered_with_what_was_meant() {
        for slip in ["demo/tuor", "demo/Tour", "demo", "tour", "demo/tour ", "demo:tour"] {
            assert!(failure(slip).ends_with("; did you mean \"demo/tour\"?"), "{}", failure(slip));
        }
    }

    #[test]
    fn a_model_of_another_vendor_is_told_what_there_is() {
        expect_test::expect![[
            r#"there is no model "other/gpt-9"; providers known to this version: demo, openai; models: demo/tour, openai/NAME"#
        ]]
        .assert_eq(&failure("other/gpt-9"));
        for name in ["", "/", "demo/", "/tour/x", "openai", "openai/", "openai/a b", "openai/\n", &"x".repeat(100_000)]
        {
            assert!(failure(name).starts_with("there is no model"), "{name}");
        }
    }
}
