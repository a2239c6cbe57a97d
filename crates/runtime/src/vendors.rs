//! The vendors of models, as the environment of this process sets them up.

use crate::keys::StoredKey;
use boxagnts_model::Price;
use boxagnts_providers::{Environment, Providers};
use boxagnts_settings::Settings;
use std::collections::BTreeMap;

/// Reads the variables that vendors are set up by. They come from the process alone, never from a file of a workspace:
/// whoever could write there could point a key at another server. What is no text counts as absent.
#[expect(
    clippy::disallowed_methods,
    reason = "the variables of the models are read here, once, and handed on as values"
)]
///
/// A key that the person gave in a face counts where the process has none, and only for the origin that it was given for.
pub(crate) fn of_process(stored: &BTreeMap<String, StoredKey>) -> Providers {
    let environment = Environment::read(|name| std::env::var(name).ok());
    match stored.get(OPENAI) {
        Some(key) if environment.openai_origin().as_deref() == Some(&key.origin) => {
            Providers::new(environment.with_openai_key(key.value.clone()))
        }
        _ => Providers::new(environment),
    }
}

/// The vendor whose key may be stored.
const OPENAI: &str = "openai";

/// What models cost, as the person's settings say, in the unit in which it is counted.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the settings hold prices in a small range"
)]
pub(crate) fn prices(settings: &Settings) -> BTreeMap<String, Price> {
    // Dollars for a million tokens are millionths of a dollar for one.
    let billionths = |dollars: f64| (dollars * 1000.0).round() as u64;
    let price = |price: &boxagnts_settings::Price| Price {
        input: billionths(price.input.value),
        output: billionths(price.output.value),
    };
    settings.prices.iter().map(|(model, said)| (model.clone(), price(said))).collect()
}
