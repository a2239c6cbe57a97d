//! What may flow where: the tables `[flow]` and `[models]`.

use crate::Setting;
use crate::error::SettingsError;
use crate::read::Table;
use std::collections::BTreeMap;

/// `[flow]`: untrusted text, private data and effects on the outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    /// `rule-of-two`: what happens when all three come together.
    pub rule_of_two: Setting<RuleOfTwo>,
    /// `private`: paths as guests see them, with globs, whose content is private.
    pub private: Setting<Vec<String>>,
}

/// What happens when untrusted text, private data and an effect on the outside come together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RuleOfTwo {
    /// `"ask"`: the person is asked.
    #[default]
    Ask,
    /// `"deny"`: it is denied.
    Deny,
    /// `"off"`: nothing.
    Off,
}

/// `[models."PROVIDER"]`: what holds for the models of a provider.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models {
    /// `max-label`: how private a content may be that is sent to them; absent, it depends on where they are.
    pub max_label: Option<Setting<MaxLabel>>,
}

/// How private a content may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxLabel {
    /// `"public"`: only what anybody may have.
    Public,
    /// `"internal"`: also what the person works on.
    Internal,
    /// `"private"`: everything.
    Private,
}

impl Flow {
    pub(crate) fn under(mut self, table: &Table<'_>) -> Result<Self, SettingsError> {
        let [rule, private] = table.values(["rule-of-two", "private"])?;
        if let Some(rule) = rule {
            let words = [("ask", RuleOfTwo::Ask), ("deny", RuleOfTwo::Deny), ("off", RuleOfTwo::Off)];
            self.rule_of_two = rule.one_of(&words)?;
        }
        if let Some(private) = private {
            self.private = private.texts()?;
        }
        Ok(self)
    }
}

/// The models under a layer.
pub(crate) fn models(
    mut models: BTreeMap<String, Models>,
    table: &Table<'_>,
) -> Result<BTreeMap<String, Models>, SettingsError> {
    for (provider, table) in table.tables("a table, such as { max-label = \"internal\" }")? {
        let [max_label] = table.values(["max-label"])?;
        let Some(max_label) = max_label else { continue };
        let words = [("public", MaxLabel::Public), ("internal", MaxLabel::Internal), ("private", MaxLabel::Private)];
        models.entry(provider).or_default().max_label = Some(max_label.one_of(&words)?);
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use std::path::Path;

    fn under(text: &str) -> Result<Settings, SettingsError> {
        Settings::default().under(text, Path::new("c.toml"))
    }

    #[test]
    fn what_nobody_said_is_that_the_person_is_asked_and_nothing_is_private() {
        let flow = under("").unwrap().flow;
        assert_eq!((flow.rule_of_two.value, flow.private.value), (RuleOfTwo::Ask, Vec::new()));
    }

    #[test]
    fn the_rule_the_private_paths_and_the_models_are_read() {
        let text = "[flow]\nrule-of-two = \"deny\"\nprivate = [\"/workspace/.env*\", \"/folders/keys\"]\n\
                    [models.openai]\nmax-label = \"private\"\n[models.\"other\"]\n";
        let settings = under(text).unwrap();
        assert_eq!(settings.flow.rule_of_two.value, RuleOfTwo::Deny);
        assert_eq!(settings.flow.private.value, ["/workspace/.env*", "/folders/keys"]);
        let max_label = settings.models["openai"].max_label.as_ref().map(|said| said.value);
        assert_eq!((max_label, settings.models.get("other")), (Some(MaxLabel::Private), None));
    }

    #[test]
    fn what_cannot_be_meant_is_an_error_with_its_line() {
        for (text, said) in [
            ("[flow]\nrule-of-two = \"maybe\"", "it is \"ask\" or \"deny\" or \"off\""),
            ("[flow]\nprivate = \"/workspace/.env\"", "a list of texts"),
            ("[flow]\nprivate = [1]", "a list of texts"),
            ("[flow]\npriavte = []", "did you mean \"flow.private\"?"),
            ("[models]\nopenai = 1", "such as { max-label"),
            ("[models.openai]\nmax-label = \"secret\"", "it is \"public\" or \"internal\" or \"private\""),
        ] {
            let error = under(text).expect_err(text).to_string();
            assert!(error.starts_with("c.toml:2") && error.contains(said), "{text}: {error}");
        }
    }
}
