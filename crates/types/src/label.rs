//! Where a piece of content came from, and how private it is.
//!
//! A label has two sides: whether untrusted text is in the content, with the places that it came from, and how private
//! the content is, with the places that made it so. Labels are joined and never fade: what is made of two things is as
//! untrusted and as private as both. The join is commutative, associative and idempotent, so that the order in which
//! things were read does not matter.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many places of each side are kept by name. More of them than this are as many as a person looks at; that there
/// were more is kept.
const MOST_SOURCES: usize = 16;

/// The longest name of a place, in bytes; a longer one is cut.
const LONGEST_SOURCE: usize = 256;

/// Stands in the written form for the places beyond [`MOST_SOURCES`].
const OTHERS: &str = "…";

/// Where content without a label came from: a journal of a program that did not label yet.
const UNLABELLED: &str = "a result from before results were labelled";

/// How private something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Privacy {
    /// Anybody may have it.
    Public,
    /// The person's own work, which is no secret from the services that they chose to work with.
    #[default]
    Internal,
    /// What the person marked as private.
    Private,
}

impl Privacy {
    /// All of them, the most public one first.
    pub const ALL: [Self; 3] = [Self::Public, Self::Internal, Self::Private];

    /// The word that people write.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Private => "private",
        }
    }
}

impl fmt::Display for Privacy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The label of a piece of content. Written as `{}` when it is trusted and internal, as most things are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Label {
    /// Where untrusted text in it came from; trusted when there is none.
    #[serde(default, skip_serializing_if = "Sources::is_empty")]
    untrusted: Sources,
    #[serde(default, skip_serializing_if = "is_internal")]
    privacy: Privacy,
    /// What made it private.
    #[serde(default, skip_serializing_if = "Sources::is_empty")]
    private: Sources,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_internal(privacy: &Privacy) -> bool {
    *privacy == Privacy::Internal
}

impl Label {
    /// Trusted and public: nothing was read.
    pub const PUBLIC: Self = Self::trusted(Privacy::Public);

    /// Trusted and internal: what a person works on.
    pub const INTERNAL: Self = Self::trusted(Privacy::Internal);

    /// Trusted, and this private.
    const fn trusted(privacy: Privacy) -> Self {
        Self { untrusted: Sources::NONE, privacy, private: Sources::NONE }
    }

    /// Untrusted and public: what a stranger says, such as the page of this origin.
    #[must_use]
    pub fn untrusted(origin: &str) -> Self {
        Self { untrusted: Sources::one(origin), ..Self::PUBLIC }
    }

    /// Trusted and private, because of this place.
    #[must_use]
    pub fn private(place: &str) -> Self {
        Self { private: Sources::one(place), ..Self::trusted(Privacy::Private) }
    }

    /// What a result has that was recorded without a label. Before there were labels nothing could be marked private,
    /// and nobody knew where a result came from.
    #[must_use]
    pub fn unlabelled() -> Self {
        Self::untrusted(UNLABELLED).join(&Self::INTERNAL)
    }

    /// The label of what is made of both.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    /// Joins another one into this one. Costs nothing where the other one adds nothing.
    pub fn add(&mut self, other: &Self) {
        self.privacy = self.privacy.max(other.privacy);
        self.untrusted.add(&other.untrusted);
        self.private.add(&other.private);
    }

    /// Whether the other one says all that this one says.
    pub fn is_within(&self, other: &Self) -> bool {
        other.clone().join(self) == *other
    }

    /// Whether nothing untrusted is in it and nothing private.
    pub fn is_ordinary(&self) -> bool {
        !self.is_untrusted() && self.privacy < Privacy::Private
    }

    /// Whether untrusted text is in it.
    pub fn is_untrusted(&self) -> bool {
        !self.untrusted.is_empty()
    }

    /// How private it is.
    pub fn privacy(&self) -> Privacy {
        self.privacy
    }

    /// Whether it names fewer places than there were, so that two equal labels may stand for different things.
    pub fn is_cut(&self) -> bool {
        self.untrusted.others || self.private.others
    }

    /// The places that untrusted text in it came from, on one line; empty when it is trusted.
    pub fn origins(&self) -> String {
        self.untrusted.to_string()
    }

    /// The places that made it private, on one line.
    pub fn private_places(&self) -> String {
        self.private.to_string()
    }
}

impl fmt::Display for Label {
    /// For people: `untrusted (https://docs.example.com), private (/workspace/.env)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_untrusted() {
            write!(f, "untrusted ({}), ", self.untrusted)?;
        } else {
            f.write_str("trusted, ")?;
        }
        self.privacy.fmt(f)?;
        if self.private.is_empty() { Ok(()) } else { write!(f, " ({})", self.private) }
    }
}

/// The names of a few places, sorted: of more than [`MOST_SOURCES`] the first ones, and that there were others.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
struct Sources {
    names: Vec<String>,
    others: bool,
}

impl Default for Sources {
    fn default() -> Self {
        Self::NONE
    }
}

impl Sources {
    const NONE: Self = Self { names: Vec::new(), others: false };

    fn one(name: &str) -> Self {
        let name = name[..name.floor_char_boundary(LONGEST_SOURCE)].to_owned();
        Self { names: vec![name], others: false }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty() && !self.others
    }

    fn add(&mut self, other: &Self) {
        self.others |= other.others;
        for name in &other.names {
            if let Err(place) = self.names.binary_search(name) {
                self.names.insert(place, name.clone());
            }
        }
        // The smallest names of a union are the same in whatever order it is made.
        if MOST_SOURCES < self.names.len() {
            self.names.truncate(MOST_SOURCES);
            self.others = true;
        }
    }
}

impl From<Vec<String>> for Sources {
    fn from(names: Vec<String>) -> Self {
        names.iter().fold(Self::NONE, |mut all, name| {
            if name == OTHERS {
                all.others = true;
            } else {
                all.add(&Self::one(name));
            }
            all
        })
    }
}

impl From<Sources> for Vec<String> {
    fn from(sources: Sources) -> Self {
        let others = sources.others.then(|| OTHERS.to_owned());
        sources.names.into_iter().chain(others).collect()
    }
}

impl fmt::Display for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::show::visible_line(&self.names.join(", ")))?;
        if self.others { f.write_str(" and others") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn label() -> impl Strategy<Value = Label> {
        // More places than are kept, so that the bound is met often.
        let sources = || prop::collection::vec(0..40_u8, 0..24);
        let named = |numbers: Vec<u8>| {
            Sources::from(numbers.into_iter().map(|number| format!("s{number}")).collect::<Vec<_>>())
        };
        let privacy = (0..3_usize).prop_map(|place| Privacy::ALL[place]);
        (sources(), privacy, sources()).prop_map(move |(untrusted, privacy, private)| Label {
            untrusted: named(untrusted),
            privacy,
            private: named(private),
        })
    }

    proptest! {
        #[test]
        fn joining_is_a_semilattice(a in label(), b in label(), c in label()) {
            let join = |x: &Label, y: &Label| x.clone().join(y);
            prop_assert_eq!(join(&a, &b), join(&b, &a));
            prop_assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            prop_assert_eq!(join(&a, &a), a.clone());
            prop_assert_eq!(join(&a, &Label::PUBLIC), a);
        }

        #[test]
        fn a_join_never_fades_and_keeps_the_order(a in label(), b in label(), c in label()) {
            let both = a.clone().join(&b);
            prop_assert!(a.is_within(&both) && b.is_within(&both));
            prop_assert_eq!(a.is_untrusted() || b.is_untrusted(), both.is_untrusted());
            prop_assert_eq!(a.privacy().max(b.privacy()), both.privacy());
            prop_assert!(a.clone().join(&c).is_within(&both.join(&c)));
        }

        #[test]
        fn what_is_written_is_read_again(a in label()) {
            let text = serde_json::to_string(&a).expect("a label is JSON");
            prop_assert_eq!(serde_json::from_str::<Label>(&text).expect("it reads back"), a);
        }
    }

    #[test]
    fn the_usual_label_is_written_in_two_bytes() {
        assert_eq!(serde_json::to_string(&Label::INTERNAL).unwrap(), "{}");
        let both = Label::untrusted("https://a.test").join(&Label::private("/workspace/.env"));
        let text = r#"{"untrusted":["https://a.test"],"privacy":"private","private":["/workspace/.env"]}"#;
        assert_eq!(serde_json::to_string(&both).unwrap(), text);
        assert_eq!(both.to_string(), "untrusted (https://a.test), private (/workspace/.env)");
    }

    #[test]
    fn a_label_stays_small_and_says_that_there_was_more() {
        let all = (0..1000).map(|number| Label::untrusted(&format!("https://h{number}.test{}", "x".repeat(1000))));
        let label = all.fold(Label::PUBLIC, |all, one| all.join(&one));
        assert!(label.is_cut() && label.to_string().len() < 8000);
        assert!(label.origins().ends_with("and others"));
        assert!(!label.is_ordinary());
    }

    #[test]
    fn what_was_recorded_without_a_label_is_not_trusted() {
        assert!(Label::unlabelled().is_untrusted());
        assert_eq!(Label::unlabelled().privacy(), Privacy::Internal);
    }
}
