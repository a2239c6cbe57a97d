//! The running account of one call: which effects were allowed or refused, by which rule.

use boxagnts_capability::Refusal;
use boxagnts_types::show::visible_line;
use boxagnts_types::stream::Decided;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Refused effects keep a line of their own up to this many; the rest are folded into a count, so that a call that
/// tries a million times cannot fill the journal.
pub const MOST_REFUSALS: usize = 100;

/// Allowed effects are folded by kind and rule. Kinds and rules are few, so this bound is only met by a defect.
const MOST_FOLDS: usize = 256;

/// What effects touched is kept by name up to this many names; a search over a large tree has more, and still ends.
const MOST_NAMES: usize = 10_000;

/// The same in bytes.
const LONGEST_NAMES: usize = 1 << 20;

/// One line of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The effect as capability text; the first one where several are folded.
    pub effect: String,
    /// What was decided.
    pub decision: Decided,
    /// The rule that said so.
    pub rule: String,
    /// What to ask for, when something can be asked for.
    pub needs: Option<String>,
    /// How many effects this line stands for.
    pub count: u64,
    /// Bytes read or written under it.
    pub bytes: u64,
    /// What the effects touched, in no order; empty when that is the one effect alone.
    pub names: Vec<Box<str>>,
    /// Further effects on what is not among the names, because there are too many.
    pub further: u64,
}

/// The account that a tool writes and the door reads.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Account>>);

#[derive(Default)]
struct Account {
    allowed: Vec<Fold>,
    refused: Vec<Entry>,
    more_refused: u64,
}

/// Effects of one kind (`fs.read`, `fs.write` …) under one rule.
struct Fold {
    kind: &'static str,
    entry: Entry,
    names: Names,
}

/// What effects touched.
#[derive(Default)]
struct Names {
    kept: HashSet<Box<str>>,
    bytes: usize,
    further: u64,
}

impl Names {
    fn add(&mut self, name: &str) {
        if self.kept.contains(name) {
            return;
        }
        if self.kept.len() < MOST_NAMES && self.bytes + name.len() <= LONGEST_NAMES {
            self.bytes += name.len();
            self.kept.insert(name.into());
        } else {
            self.further += 1;
        }
    }
}

impl Fold {
    fn entry(&self) -> Entry {
        let Names { kept, further, .. } = &self.names;
        // The first effect stands in the line itself.
        let names = if kept.len() <= 1 && *further == 0 { Vec::new() } else { kept.iter().cloned().collect() };
        Entry { names, further: *further, ..self.entry.clone() }
    }
}

impl Ledger {
    /// An empty account.
    pub fn new() -> Self {
        Self::default()
    }

    /// An effect was allowed by `rule`. `kind` is the capability's word, for example `fs.read`; `effect` makes the
    /// text of the first effect of its kind and rule and is not called for the others.
    pub fn allowed(&self, kind: &'static str, rule: &str, effect: impl FnOnce() -> String) {
        self.allow(kind, rule, None, effect);
    }

    /// The same, with the name of what the effect touches: a path, an address.
    pub fn allowed_at(&self, kind: &'static str, rule: &str, name: &str, effect: impl FnOnce() -> String) {
        self.allow(kind, rule, Some(name), effect);
    }

    fn allow(&self, kind: &'static str, rule: &str, name: Option<&str>, effect: impl FnOnce() -> String) {
        let mut account = self.lock();
        if let Some(fold) = account.allowed.iter_mut().find(|fold| fold.kind == kind && fold.entry.rule == rule) {
            fold.entry.count += 1;
            if let Some(name) = name {
                fold.names.add(name);
            }
        } else if account.allowed.len() < MOST_FOLDS {
            let entry = Entry {
                effect: effect(),
                decision: Decided::Allowed,
                rule: rule.to_owned(),
                needs: None,
                count: 1,
                bytes: 0,
                names: Vec::new(),
                further: 0,
            };
            let mut names = Names::default();
            if let Some(name) = name {
                names.add(name);
            }
            account.allowed.push(Fold { kind, entry, names });
        }
    }

    /// Bytes went through an effect of `kind` that `rule` had allowed.
    pub fn bytes(&self, kind: &'static str, rule: &str, bytes: u64) {
        let mut account = self.lock();
        if let Some(fold) = account.allowed.iter_mut().find(|fold| fold.kind == kind && fold.entry.rule == rule) {
            fold.entry.bytes = fold.entry.bytes.saturating_add(bytes);
        }
    }

    /// The law refused an effect.
    pub fn refused(&self, refusal: &Refusal) {
        self.refuse(&refusal.effect, &refusal.rule, refusal.needs.as_deref());
    }

    /// Something that no grant lifts stood in the way of an effect, such as a link that leads out of its folder.
    pub fn blocked(&self, effect: &str, rule: &str) {
        self.refuse(&visible_line(effect), rule, None);
    }

    fn refuse(&self, effect: &str, rule: &str, needs: Option<&str>) {
        let mut account = self.lock();
        if let Some(entry) = account.refused.iter_mut().find(|entry| entry.effect == effect) {
            entry.count += 1;
        } else if account.refused.len() < MOST_REFUSALS {
            account.refused.push(Entry {
                effect: effect.to_owned(),
                decision: Decided::Refused,
                rule: rule.to_owned(),
                needs: needs.map(str::to_owned),
                count: 1,
                bytes: 0,
                names: Vec::new(),
                further: 0,
            });
        } else {
            account.more_refused += 1;
        }
    }

    /// The lines so far: allowed ones first, then each refusal, then one line for the refusals beyond the bound.
    pub fn entries(&self) -> Vec<Entry> {
        let account = self.lock();
        let mut entries: Vec<Entry> = account.allowed.iter().map(Fold::entry).collect();
        entries.extend(account.refused.iter().cloned());
        if 0 < account.more_refused {
            entries.push(Entry {
                effect: "further refused effects".to_owned(),
                decision: Decided::Refused,
                rule: "various".to_owned(),
                needs: None,
                count: account.more_refused,
                bytes: 0,
                names: Vec::new(),
                further: 0,
            });
        }
        entries
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        // A panic of another holder leaves counts at worst one behind, which is better than losing the account.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ledger: &Ledger, path: &str) {
        ledger.allowed_at("fs.read", "a rule", path, || format!("fs.read:{path}"));
    }

    fn only(ledger: &Ledger) -> Entry {
        let mut entries = ledger.entries();
        assert_eq!(entries.len(), 1);
        entries.remove(0)
    }

    #[test]
    fn one_name_stands_in_the_effect_itself_and_several_are_listed_once() {
        let ledger = Ledger::new();
        read(&ledger, "/workspace/a");
        read(&ledger, "/workspace/a");
        assert_eq!((only(&ledger).count, only(&ledger).names.len()), (2, 0));
        read(&ledger, "/workspace/b");
        let Entry { mut names, further, effect, .. } = only(&ledger);
        names.sort();
        assert_eq!((names.join(" ").as_str(), further), ("/workspace/a /workspace/b", 0));
        assert_eq!(effect, "fs.read:/workspace/a");
    }

    #[test]
    fn what_the_list_has_no_room_for_is_counted() {
        let ledger = Ledger::new();
        (0..MOST_NAMES + 5).for_each(|number| read(&ledger, &format!("/{number}")));
        assert_eq!((only(&ledger).names.len(), only(&ledger).further), (MOST_NAMES, 5));
        let ledger = Ledger::new();
        let long = "x".repeat(4000);
        (0..500).for_each(|number| read(&ledger, &format!("/{number:03}{long}")));
        let Entry { names, further, count, .. } = only(&ledger);
        assert!(names.iter().map(|name| name.len()).sum::<usize>() <= LONGEST_NAMES);
        assert_eq!((names.len() as u64 + further, count), (500, 500));
        assert!(0 < further);
    }
}
