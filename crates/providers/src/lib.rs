//! Speaks to language models and turns their answers into the terms of the port.
//!
//! One module per vendor, one line per vendor in [`VENDORS`]. The room knows no tool and no permission: a model is
//! asked and answers, and what becomes of its calls is decided elsewhere.
//!
//! This version knows one vendor, [`demo`], which is a script and no language model.

pub mod demo;

mod nearest;

use boxagnts_model::{Failure, Model};
use nearest::nearest;

/// A vendor of models.
struct Vendor {
    /// What stands before the slash of `PROVIDER/MODEL`.
    name: &'static str,
    /// The models that it is known to have, by what stands behind the slash.
    models: &'static [&'static str],
    /// Opens one of `models`.
    open: fn(&str) -> Option<Box<dyn Model>>,
}

const VENDORS: &[Vendor] = &[Vendor { name: demo::NAME, models: demo::MODELS, open: demo::open }];

/// The model of that name, `PROVIDER/MODEL`. No request is made yet.
///
/// The only failure is [`Failure::UnknownModel`], with a hint at what the person may have meant.
pub fn open(name: &str) -> Result<Box<dyn Model>, Failure> {
    let found = name.split_once('/').and_then(|(vendor, model)| {
        let vendor = VENDORS.iter().find(|known| known.name == vendor)?;
        vendor.models.contains(&model).then(|| (vendor.open)(model)).flatten()
    });
    found.ok_or_else(|| Failure::UnknownModel { name: name.to_owned(), hint: hint(name) })
}

/// All models that can be opened, as `PROVIDER/MODEL`.
pub fn names() -> impl Iterator<Item = String> {
    VENDORS.iter().flat_map(|vendor| vendor.models.iter().map(|model| format!("{}/{model}", vendor.name)))
}

fn hint(name: &str) -> String {
    let known: Vec<String> = names().collect();
    if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
        return format!("; did you mean {near:?}?");
    }
    let vendors: Vec<&str> = VENDORS.iter().map(|vendor| vendor.name).collect();
    format!("; providers known to this version: {}; models: {}", vendors.join(", "), known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(name: &str) -> String {
        open(name).err().map(|failure| failure.to_string()).unwrap_or_default()
    }

    #[test]
    fn every_name_that_is_told_can_be_opened() {
        for name in names() {
            assert_eq!(open(&name).map(|model| model.name().to_owned()).ok(), Some(name));
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
            r#"there is no model "openai/gpt-9"; providers known to this version: demo; models: demo/tour"#
        ]]
        .assert_eq(&failure("openai/gpt-9"));
        for name in ["", "/", "demo/", "/tour/x", &"x".repeat(100_000)] {
            assert!(open(name).is_err());
        }
    }
}
