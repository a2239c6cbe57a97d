//! What may flow where, as the person's settings say, in the terms of the law.

use crate::error::StartError;
use crate::trust::TrustState;
use boxagnts_capability::{Capability, Places, RuleOfTwo, WorkspaceTrust};
use boxagnts_model::Model;
use boxagnts_settings::{MaxLabel, Settings};
use boxagnts_types::Privacy;
use std::collections::BTreeMap;

/// What holds for all sessions of the house.
pub(crate) struct Standing {
    /// What the person marked as private.
    private: Vec<Capability>,
    /// What happens where untrusted text, private data and an effect on the outside come together.
    pub(crate) rule: RuleOfTwo,
    /// How private a content the models of a provider may be sent.
    max_labels: BTreeMap<String, Privacy>,
}

impl Standing {
    /// Reads the settings.
    pub(crate) fn of(settings: &Settings) -> Result<Self, StartError> {
        let private: Result<_, _> = settings.flow.private.value.iter().map(|path| private(path)).collect();
        let rule = match settings.flow.rule_of_two.value {
            boxagnts_settings::RuleOfTwo::Ask => RuleOfTwo::Ask,
            boxagnts_settings::RuleOfTwo::Deny => RuleOfTwo::Deny,
            boxagnts_settings::RuleOfTwo::Off => RuleOfTwo::Off,
        };
        let said = settings.models.iter().filter_map(|(provider, models)| Some((provider, models.max_label.as_ref()?)));
        let max_labels = said.map(|(provider, max_label)| (provider.clone(), privacy(max_label.value))).collect();
        Ok(Self { private: private?, rule, max_labels })
    }

    /// What files are by their places. A workspace that brings along what the person has not said yes to is a
    /// stranger's, with all that is in it.
    pub(crate) fn places(&self, trust: &TrustState) -> Places {
        let workspace = match trust {
            TrustState::Nothing | TrustState::Trusted { .. } => WorkspaceTrust::Trusted,
            TrustState::Untrusted | TrustState::Changed { .. } => WorkspaceTrust::Untrusted,
        };
        self.private.iter().cloned().fold(Places::new(workspace), Places::with_private)
    }

    /// How private a content a model may be sent: what the person said of its provider; else everything when it stays on
    /// this machine, and all but what is private when it does not.
    pub(crate) fn max_label(&self, model: &dyn Model) -> Privacy {
        let provider = model.name().split('/').next().unwrap_or_default();
        let by_place = if model.is_local() { Privacy::Private } else { Privacy::Internal };
        self.max_labels.get(provider).copied().unwrap_or(by_place)
    }
}

fn private(path: &str) -> Result<Capability, StartError> {
    let unusable = |why: String| StartError::Private { path: path.to_owned(), why };
    let paths: Capability = format!("fs.read:{path}").parse().map_err(|error| unusable(format!("{error}")))?;
    Ok(paths)
}

fn privacy(max_label: MaxLabel) -> Privacy {
    match max_label {
        MaxLabel::Public => Privacy::Public,
        MaxLabel::Internal => Privacy::Internal,
        MaxLabel::Private => Privacy::Private,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_model::{Failure, Piece, Request};
    use boxagnts_types::GuestPath;
    use futures::stream::{self, BoxStream, StreamExt as _};
    use std::path::Path;

    struct At {
        name: &'static str,
        is_local: bool,
    }

    impl Model for At {
        fn name(&self) -> &str {
            self.name
        }

        fn is_local(&self) -> bool {
            self.is_local
        }

        fn stream(&self, _: Request) -> BoxStream<'_, Result<Piece, Failure>> {
            stream::empty().boxed()
        }
    }

    fn standing(text: &str) -> Result<Standing, StartError> {
        let settings = Settings::default().under(text, Path::new("c.toml"))?;
        Standing::of(&settings)
    }

    #[test]
    fn a_model_elsewhere_is_sent_nothing_private_unless_the_person_says_so() {
        let (here, cloud) = (At { name: "a/x", is_local: true }, At { name: "b/y", is_local: false });
        let plain = standing("").unwrap();
        assert_eq!((plain.max_label(&here), plain.max_label(&cloud)), (Privacy::Private, Privacy::Internal));
        let said = standing("[models.a]\nmax-label = \"internal\"\n[models.b]\nmax-label = \"private\"").unwrap();
        assert_eq!((said.max_label(&here), said.max_label(&cloud)), (Privacy::Internal, Privacy::Private));
    }

    #[test]
    fn a_workspace_that_brings_along_what_nobody_trusts_is_a_strangers() {
        let standing = standing("").unwrap();
        let file = GuestPath::workspace().join("README.md").unwrap();
        let is_untrusted = |trust: TrustState| standing.places(&trust).label(&file).is_untrusted();
        assert!(!is_untrusted(TrustState::Nothing));
        assert!(!is_untrusted(TrustState::Trusted { digest: String::new() }));
        assert!(is_untrusted(TrustState::Untrusted));
        assert!(is_untrusted(TrustState::Changed { what: Vec::new() }));
    }

    #[test]
    fn a_path_that_can_name_nothing_stops_the_program() {
        assert!(matches!(standing("[flow]\nprivate = [\"~/.ssh\"]"), Err(StartError::Private { .. })));
    }
}
