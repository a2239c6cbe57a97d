//! What a person is told of a vendor: whether it can be asked, and what is missing.

use crate::{Providers, VENDORS, openai};

/// A vendor of models, as this process may speak to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorCard {
    /// What stands before the slash of `PROVIDER/MODEL`.
    pub name: String,
    /// What it is.
    pub text: String,
    /// What keeps it from being asked, and what to do.
    pub missing: Option<String>,
    /// Where requests go; nowhere for one that is part of this program.
    pub origin: Option<String>,
    /// The models that are known by name, as `PROVIDER/MODEL`.
    pub models: Vec<String>,
    /// Its key; none where it needs none.
    pub key: Option<KeyCard>,
}

/// Whether there is a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCard {
    /// The variable that it is read from.
    pub variable: &'static str,
    /// Where it comes from; absent where there is none.
    pub from: Option<KeyOrigin>,
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyOrigin {
    /// The variable of the process.
    Environment,
    /// A file that this program keeps.
    Stored,
}

impl Providers {
    /// The vendors, and how each stands. Nothing is asked of them.
    pub fn cards(&self) -> Vec<VendorCard> {
        let card = |vendor: &crate::Vendor| {
            let models = vendor.models.iter().map(|model| format!("{}/{model}", vendor.name)).collect();
            let card = VendorCard {
                name: vendor.name.to_owned(),
                text: "A script that shows what this program does; no language model".to_owned(),
                missing: None,
                origin: None,
                models,
                key: None,
            };
            if vendor.name == openai::NAME { self.openai_card(card) } else { card }
        };
        VENDORS.iter().map(card).collect()
    }

    fn openai_card(&self, card: VendorCard) -> VendorCard {
        let stored = self.environment.openai_key_is_stored;
        let from = if stored { KeyOrigin::Stored } else { KeyOrigin::Environment };
        VendorCard {
            text: "OpenAI, or any server that speaks its chat-completions".to_owned(),
            // Whatever its name: only the server knows which models it has.
            missing: self.open("openai/any").err().map(|failure| failure.to_string()),
            origin: self.environment.openai_origin(),
            key: Some(KeyCard {
                variable: "OPENAI_API_KEY",
                from: self.environment.openai_api_key.is_some().then_some(from),
            }),
            ..card
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Environment;
    use boxagnts_types::Secret;

    fn openai(environment: Environment) -> VendorCard {
        let cards = Providers::new(environment).cards();
        cards.into_iter().find(|card| card.name == openai::NAME).unwrap()
    }

    #[test]
    fn a_card_says_what_is_missing_and_never_a_key() {
        let bare = openai(Environment::default());
        assert!(bare.missing.unwrap().contains("OPENAI_API_KEY") && bare.key.is_some_and(|key| key.from.is_none()));
        let environment = Environment { openai_api_key: Some(Secret::new("sk-123")), ..Environment::default() };
        let with_key = openai(environment);
        assert_eq!(
            (&with_key.missing, with_key.key.as_ref().and_then(|key| key.from)),
            (&None, Some(KeyOrigin::Environment))
        );
        assert!(!format!("{with_key:?}").contains("sk-123"));
        let stored = openai(Environment::default().with_openai_key(Secret::new("sk-123")));
        assert_eq!((stored.missing, stored.key.and_then(|key| key.from)), (None, Some(KeyOrigin::Stored)));
        let own = Environment { openai_base_url: Some("http://127.0.0.1:8080/v1".into()), ..Environment::default() };
        let own = openai(own);
        assert_eq!((own.missing, own.origin.as_deref()), (None, Some("http://127.0.0.1:8080")));
    }
}
