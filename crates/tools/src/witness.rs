//! The port to the files that a question is about: an answer binds to them, and a person sees what would change.

use crate::comparison::Side;
use boxagnts_capability::Effect;
use boxagnts_types::GuestPath;
use futures::future::BoxFuture;

/// Looks at files for the person, not for the call: what it sees goes into a digest and onto the screen, never to a
/// tool or a model.
pub trait Witness: Send + Sync {
    /// What stands at a path now, links not followed.
    fn look<'a>(&'a self, path: &'a GuestPath) -> BoxFuture<'a, Sight>;
}

/// What stands at a path at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// Another one whenever something else stands there: for a file the digest of its content, else what it is.
    pub mark: String,
    /// The content for a comparison, where it is a file or nothing at all.
    pub side: Option<Side>,
}

/// Sees nothing: for a door without files behind it.
pub struct Blind;

impl Witness for Blind {
    fn look<'a>(&'a self, _: &'a GuestPath) -> BoxFuture<'a, Sight> {
        Box::pin(std::future::ready(Sight { mark: "unseen".to_owned(), side: None }))
    }
}

/// The files that some effects name, as they stood when a question about them was made.
#[derive(Default)]
pub(crate) struct Sights(Vec<(GuestPath, Sight)>);

impl Sights {
    /// Looks at every path that the effects name.
    pub(crate) async fn of(witness: &dyn Witness, effects: &[Effect]) -> Self {
        let mut sights: Vec<(GuestPath, Sight)> = Vec::new();
        for path in effects.iter().filter_map(Effect::path) {
            if !sights.iter().any(|(seen, _)| seen == path) {
                sights.push((path.clone(), witness.look(path).await));
            }
        }
        Self(sights)
    }

    /// What an answer binds to: each path with its mark.
    pub(crate) fn marks(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(path, sight)| (path.as_str(), sight.mark.as_str())).collect()
    }

    /// The content at a path, for a comparison.
    pub(crate) fn side(&self, path: &GuestPath) -> Option<&Side> {
        self.0.iter().find(|(seen, _)| seen == path).and_then(|(_, sight)| sight.side.as_ref())
    }

    /// Whether something else stands at one of the paths by now.
    pub(crate) async fn have_changed(&self, witness: &dyn Witness) -> bool {
        for (path, sight) in &self.0 {
            if witness.look(path).await.mark != sight.mark {
                return true;
            }
        }
        false
    }
}
