//! The live rulebook of a session.

use crate::flow::Crossing;
use crate::mode::Mode;
use crate::rulebook::Rulebook;
use crate::rules::{Layer, Rule};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Holds the rulebook that counts now. Clones are handles to the same one; permits keep one too, so that a rule that
/// is taken away is missed at the very next effect.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Live>);

#[derive(Debug)]
struct Live {
    /// Changes with the rulebook, so that a permit sees without a lock that nothing changed.
    generation: AtomicU64,
    book: RwLock<Arc<Rulebook>>,
}

/// A rulebook and the generation that it has.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub(crate) generation: u64,
    pub(crate) book: Arc<Rulebook>,
}

impl Authority {
    /// An authority that begins with this rulebook.
    pub fn new(book: Rulebook) -> Self {
        Self(Arc::new(Live { generation: AtomicU64::new(0), book: RwLock::new(Arc::new(book)) }))
    }

    /// The rulebook as it stands.
    pub fn book(&self) -> Arc<Rulebook> {
        self.edition().book
    }

    /// Puts another rulebook in its place.
    pub fn replace(&self, book: Rulebook) {
        self.change(|_| book);
    }

    /// Treats asks in another way from now on. Rules and answers stay.
    pub fn set_mode(&self, mode: Mode) {
        self.change(|book| book.clone().with_mode(mode));
    }

    /// Adds a rule.
    pub fn add(&self, rule: Rule) {
        self.change(|book| book.clone().with(rule));
    }

    /// Remembers for the session that the person said yes to a flow: for these labels, towards this host by this method.
    pub fn allow_flow(&self, crossing: &Crossing) {
        self.change(|book| book.clone().with_flow_answered(crossing));
    }

    /// Puts other rules in place of those of one layer; every other rule stays, the answers of this session too. Each
    /// comes with the place where it stands, in words for a person.
    pub fn replace_layer(&self, layer: Layer, rules: &[(Rule, String)]) {
        self.change(|book| book.clone().with_layer(layer, rules));
    }

    /// The rulebook with its generation, as one.
    pub(crate) fn edition(&self) -> Edition {
        // A rulebook is replaced whole, so that a writer that died left a good one behind.
        let book = self.0.book.read().unwrap_or_else(PoisonError::into_inner);
        Edition { generation: self.0.generation.load(Ordering::Acquire), book: Arc::clone(&book) }
    }

    /// The generation alone, without a lock.
    pub(crate) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    fn change(&self, changed: impl FnOnce(&Rulebook) -> Rulebook) {
        let mut book = self.0.book.write().unwrap_or_else(PoisonError::into_inner);
        *book = Arc::new(changed(&book));
        self.0.generation.fetch_add(1, Ordering::AcqRel);
    }
}
