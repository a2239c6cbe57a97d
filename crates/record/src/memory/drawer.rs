//! What stands beside the events of one session, and what a commit is about to change of it.

use crate::account::{Account, Reservation};
use crate::approval::Approval;
use crate::effect::{Effect, EffectState};
use crate::moves::Rows;
use crate::name::Name;
use crate::outbox::Letter;
use crate::snapshot::{Head, Snapshot};
use crate::store::StoreError;
use crate::timer::Timer;
use boxagnts_types::CallId;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of one session.
#[derive(Default)]
pub(super) struct Drawer {
    effects: BTreeMap<CallId, Effect>,
    approvals: BTreeMap<(CallId, String), Approval>,
    timers: BTreeMap<Name, Timer>,
    accounts: BTreeMap<Name, Account>,
    reservations: BTreeMap<Name, Reservation>,
}

/// Rows that a commit has changed and not yet made true.
pub(super) struct Pending<'a> {
    kept: &'a Drawer,
    new: Changes,
}

/// What becomes true with a commit.
#[derive(Default)]
pub(super) struct Changes {
    rows: Drawer,
    settled: BTreeSet<Name>,
    pub(super) letters: Vec<Letter>,
}

impl Drawer {
    /// Nothing is changed yet.
    pub(super) fn pending(&self) -> Pending<'_> {
        Pending { kept: self, new: Changes::default() }
    }

    /// Makes it true.
    pub(super) fn keep(&mut self, Changes { rows, settled, letters: _ }: Changes) {
        let Self { effects, approvals, timers, accounts, reservations } = rows;
        self.effects.extend(effects);
        self.approvals.extend(approvals);
        self.timers.extend(timers);
        self.accounts.extend(accounts);
        self.reservations.retain(|name, _| !settled.contains(name));
        self.reservations.extend(reservations);
    }

    /// The timers that are set.
    pub(super) fn timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values().filter(|timer| timer.at.is_some())
    }

    /// What is not settled.
    pub(super) fn snapshot(&self, head: Head) -> Snapshot {
        let open = |effect: &&Effect| effect.state == EffectState::Intended;
        Snapshot {
            head,
            effects: self.effects.values().filter(open).copied().collect(),
            approvals: self.approvals.values().filter(|approval| approval.is_open()).cloned().collect(),
            timers: self.timers().cloned().collect(),
            accounts: self.accounts.values().cloned().collect(),
            reservations: self.reservations.values().cloned().collect(),
        }
    }
}

impl Pending<'_> {
    /// What is to become true.
    pub(super) fn changes(self) -> Changes {
        self.new
    }
}

impl Rows for Pending<'_> {
    fn effect(&self, call: CallId) -> Result<Option<Effect>, StoreError> {
        Ok(self.new.rows.effects.get(&call).or_else(|| self.kept.effects.get(&call)).copied())
    }

    fn put_effect(&mut self, effect: Effect) -> Result<(), StoreError> {
        self.new.rows.effects.insert(effect.call, effect);
        Ok(())
    }

    fn approval(&self, call: CallId, fingerprint: &str) -> Result<Option<Approval>, StoreError> {
        let key = (call, fingerprint.to_owned());
        Ok(self.new.rows.approvals.get(&key).or_else(|| self.kept.approvals.get(&key)).cloned())
    }

    fn put_approval(&mut self, approval: Approval) -> Result<(), StoreError> {
        self.new.rows.approvals.insert((approval.call, approval.fingerprint.clone()), approval);
        Ok(())
    }

    fn timer(&self, name: &Name) -> Result<Option<Timer>, StoreError> {
        Ok(self.new.rows.timers.get(name).or_else(|| self.kept.timers.get(name)).cloned())
    }

    fn put_timer(&mut self, timer: Timer) -> Result<(), StoreError> {
        self.new.rows.timers.insert(timer.name.clone(), timer);
        Ok(())
    }

    fn account(&self, name: &Name) -> Result<Option<Account>, StoreError> {
        Ok(self.new.rows.accounts.get(name).or_else(|| self.kept.accounts.get(name)).cloned())
    }

    fn put_account(&mut self, account: Account) -> Result<(), StoreError> {
        self.new.rows.accounts.insert(account.name.clone(), account);
        Ok(())
    }

    fn reservation(&self, name: &Name) -> Result<Option<Reservation>, StoreError> {
        let kept = || self.kept.reservations.get(name).filter(|_| !self.new.settled.contains(name));
        Ok(self.new.rows.reservations.get(name).or_else(kept).cloned())
    }

    fn put_reservation(&mut self, reservation: Reservation) -> Result<(), StoreError> {
        self.new.rows.reservations.insert(reservation.name.clone(), reservation);
        Ok(())
    }

    fn drop_reservation(&mut self, name: &Name) -> Result<(), StoreError> {
        self.new.rows.reservations.remove(name);
        self.new.settled.insert(name.clone());
        Ok(())
    }

    fn send(&mut self, letter: Letter) -> Result<(), StoreError> {
        self.new.letters.push(letter);
        Ok(())
    }
}
