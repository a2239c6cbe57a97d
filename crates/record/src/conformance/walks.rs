//! Long random walks through all moves, beside a model that is too plain to be wrong.
//!
//! The model keeps lists of what happened and adds them up anew for each question; it shares no line with
//! [`crate::moves`]. The walk is the same each time: it takes its chances from a fixed sequence.

use super::{Fresh, Stage, block_on, call, name};
use crate::account::{AccountMove, Amounts, Limits, Unit};
use crate::approval::{Answer, ApprovalMove};
use crate::commit::{Commit, Lease};
use crate::effect::{EffectClass, EffectMove};
use crate::moves::Move;
use crate::name::Name;
use crate::outbox::Letter;
use crate::timer::TimerMove;
use boxagnts_types::{CallId, Time};
use std::collections::BTreeMap;

/// How many commits a walk has.
const STEPS: u64 = 600;

/// Some names, few enough that moves meet.
const NAMES: [&str; 4] = ["root", "left", "right", "leaf"];

/// Whatever moves are tried on two sessions by turns, the backend takes and refuses what the model does, and holds what
/// the model holds.
pub fn random_moves_agree_with_a_plain_model(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let mut sides = [1, 2].map(|number| Side { lease: stage.held(number), model: Model::default() });
    let (mut letters, mut chance) = (Vec::new(), Chance(7));
    let mut taken = 0;
    for step in 0..STEPS {
        let side = &mut sides[usize::from(chance.below(3) == 0)];
        if chance.below(20) == 0 {
            block_on(stage.store.release(side.lease.clone())).expect("a lease can be given back");
            side.lease = stage.claim(side.lease.session, "another").expect("it was given back");
        }
        if chance.below(4) == 0 {
            let (call, fingerprint) = (call(chance.below(3)), NAMES[chance.index()].to_owned());
            let (answer, by) = (format!("answer {step}"), "a walk".to_owned());
            let expected = side.model.answer(call, &fingerprint, &answer);
            let given = Answer { session: side.lease.session, call, fingerprint, answer, by };
            assert_eq!(block_on(stage.store.answer(given)).is_ok(), expected, "step {step}");
        }
        let moves: Vec<Move> = (0..=chance.below(3)).map(|_| chance.step()).collect();
        let mut next = side.model.clone();
        let expected = moves.iter().all(|step| next.take(step));
        if expected {
            letters.append(&mut next.letters);
            side.model = next;
            taken += 1;
        }
        let batch = moves.iter().cloned().fold(Commit::new(side.lease.clone()), Commit::with);
        let result = stage.try_write(batch);
        assert_eq!(result.is_ok(), expected, "step {step}: {moves:?}: {result:?}");
        for side in &sides {
            compare(&stage, side, step);
        }
        let waiting = block_on(stage.store.letters(name("root"), 0, usize::MAX)).expect("letters can be read");
        assert_eq!(waiting.into_iter().map(|seen| seen.letter.body).collect::<Vec<_>>(), letters, "step {step}");
    }
    // A walk that is nearly always refused, or never, would say nothing.
    assert!((STEPS / 5..STEPS * 4 / 5).contains(&taken), "{taken} of {STEPS} were taken");
}

/// A session and what it should hold.
struct Side {
    lease: Lease,
    model: Model,
}

fn compare(stage: &Stage, Side { lease, model }: &Side, step: u64) {
    let seen = stage.snapshot(lease);
    let effects: Vec<_> = seen.effects.iter().map(|effect| (effect.call, effect.class)).collect();
    assert_eq!(effects, model.open_calls(), "step {step}");
    let questions = seen.approvals.iter().map(|open| ((open.call, open.fingerprint.clone()), open.answer.clone()));
    assert_eq!(questions.collect::<Vec<_>>(), model.open_questions(), "step {step}");
    let timers: Vec<_> = seen.timers.iter().map(|timer| (timer.name.clone(), timer.at)).collect();
    let set = model.timers.iter().filter(|(_, (at, _))| at.is_some()).map(|(name, (at, _))| (name.clone(), *at));
    assert_eq!(timers, set.collect::<Vec<_>>(), "step {step}");
    for account in &seen.accounts {
        let left = model.left(&account.name);
        assert_eq!(account.left(Unit::Tokens), left, "step {step}: {}", account.name);
        assert_eq!(account.spent.tokens, model.sum(&account.name, &model.spent), "step {step}: {}", account.name);
    }
    assert_eq!(seen.accounts.len(), model.accounts.len(), "step {step}");
    assert_eq!(seen.reservations.len(), model.reserved.len(), "step {step}");
}

/// What has happened, added up anew for each question.
#[derive(Default, Clone)]
struct Model {
    /// The class, and whether it is settled.
    calls: BTreeMap<CallId, (EffectClass, bool)>,
    /// The answer, and whether the question is closed.
    questions: BTreeMap<(CallId, String), (Option<String>, bool)>,
    /// What it is set to, and each time that it fired.
    timers: BTreeMap<Name, (Option<Time>, Vec<Time>)>,
    /// The parent and the limit.
    accounts: BTreeMap<Name, (Option<Name>, u64)>,
    /// By reservation: the account and the amount.
    reserved: BTreeMap<Name, (Name, u64)>,
    spent: Vec<(Name, u64)>,
    /// Those of the commit that is under way.
    letters: Vec<String>,
}

impl Model {
    fn take(&mut self, step: &Move) -> bool {
        match step {
            Move::Effect(step) => self.effect(*step),
            Move::Approval(step) => self.approval(step),
            Move::Timer(step) => self.timer(step),
            Move::Account(step) => self.account(step),
            Move::Send(letter) => {
                self.letters.push(letter.body.clone());
                true
            }
        }
    }

    fn effect(&mut self, step: EffectMove) -> bool {
        let known = self.calls.get(&step.call()).copied();
        match (step, known) {
            (EffectMove::Intend { call, class }, None) => self.calls.insert(call, (class, false)).is_none(),
            (EffectMove::Intend { class: EffectClass::Reads, .. }, Some((EffectClass::Reads, false))) => true,
            (EffectMove::Done(call) | EffectMove::Unknown(call), Some((class, false))) => {
                self.calls.insert(call, (class, true)).is_some()
            }
            _ => false,
        }
    }

    fn approval(&mut self, step: &ApprovalMove) -> bool {
        let (call, fingerprint) = step.key();
        let key = (call, fingerprint.to_owned());
        match (step, self.questions.get(&key).cloned()) {
            (ApprovalMove::Ask { .. }, None) => self.questions.insert(key, (None, false)).is_none(),
            (ApprovalMove::Ask { .. }, Some((_, closed))) => !closed,
            (ApprovalMove::Use { .. }, Some((answer @ Some(_), false)))
            | (ApprovalMove::Withdraw { .. }, Some((answer, false))) => {
                self.questions.insert(key, (answer, true)).is_some()
            }
            _ => false,
        }
    }

    fn answer(&mut self, call: CallId, fingerprint: &str, answer: &str) -> bool {
        match self.questions.get_mut(&(call, fingerprint.to_owned())) {
            Some((empty @ None, false)) => {
                *empty = Some(answer.to_owned());
                true
            }
            _ => false,
        }
    }

    fn timer(&mut self, step: &TimerMove) -> bool {
        let (set, fired) = self.timers.entry(step.timer().clone()).or_default();
        match step {
            TimerMove::Set { at, .. } if fired.iter().all(|earlier| earlier < at) => *set = Some(*at),
            TimerMove::Cancel(_) => *set = None,
            TimerMove::Fire { at, .. } if *set == Some(*at) => {
                *set = None;
                fired.push(*at);
            }
            _ => return false,
        }
        true
    }

    fn account(&mut self, step: &AccountMove) -> bool {
        match step {
            AccountMove::Open { account, parent, limits } => {
                let parent_is_there = parent.as_ref().is_none_or(|parent| self.accounts.contains_key(parent));
                let limit = limits.tokens.unwrap_or(u64::MAX);
                !self.accounts.contains_key(account)
                    && parent_is_there
                    && self.accounts.insert(account.clone(), (parent.clone(), limit)).is_none()
            }
            AccountMove::Limit { account, limits } => match self.accounts.get_mut(account) {
                Some((_, limit)) => {
                    *limit = limits.tokens.unwrap_or(u64::MAX);
                    true
                }
                None => false,
            },
            AccountMove::Reserve { reservation, account, amounts } => {
                let fits = |name: &Name| self.left(name).is_none_or(|left| amounts.tokens <= left);
                let fits = self.accounts.contains_key(account)
                    && !self.reserved.contains_key(reservation)
                    && self.accounts.keys().filter(|above| self.lies_below(account, above)).all(fits);
                fits && self.reserved.insert(reservation.clone(), (account.clone(), amounts.tokens)).is_none()
            }
            AccountMove::Settle { reservation, spent } => self.settle(reservation, spent.tokens),
            AccountMove::Release(reservation) => self.settle(reservation, 0),
        }
    }

    fn settle(&mut self, reservation: &Name, spent: u64) -> bool {
        let Some((account, _)) = self.reserved.remove(reservation) else { return false };
        self.spent.push((account, spent));
        true
    }

    fn lies_below(&self, account: &Name, above: &Name) -> bool {
        let parent = || self.accounts.get(account).and_then(|(parent, _)| parent.as_ref());
        account == above || parent().is_some_and(|parent| self.lies_below(parent, above))
    }

    fn sum(&self, above: &Name, of: &[(Name, u64)]) -> u64 {
        of.iter().filter(|(account, _)| self.lies_below(account, above)).map(|(_, amount)| amount).sum()
    }

    fn left(&self, account: &Name) -> Option<u64> {
        let limit = self.accounts.get(account).map(|(_, limit)| *limit).filter(|limit| *limit != u64::MAX)?;
        let reserved: Vec<_> = self.reserved.values().cloned().collect();
        Some(limit.saturating_sub(self.sum(account, &self.spent) + self.sum(account, &reserved)))
    }

    fn open_calls(&self) -> Vec<(CallId, EffectClass)> {
        self.calls.iter().filter(|(_, (_, settled))| !settled).map(|(call, (class, _))| (*call, *class)).collect()
    }

    fn open_questions(&self) -> Vec<((CallId, String), Option<String>)> {
        let open = self.questions.iter().filter(|(_, (_, closed))| !closed);
        open.map(|(key, (answer, _))| (key.clone(), answer.clone())).collect()
    }
}

/// A fixed sequence that looks like chance: a linear congruential generator with Knuth's constants.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn index(&mut self) -> usize {
        usize::try_from(self.below(NAMES.len() as u64)).unwrap_or(0)
    }

    fn name(&mut self) -> Name {
        name(NAMES[self.index()])
    }

    fn step(&mut self) -> Move {
        // Calls grow in number, so that there are always new ones beside those that are settled.
        let recent = call(self.below(150));
        let (call, fingerprint) = (call(self.below(3)), NAMES[self.index()].to_owned());
        let tokens = Amounts { tokens: self.below(40), ..Amounts::default() };
        let at = Time::from_micros(i64::try_from(self.below(60)).unwrap_or(0));
        match self.below(16) {
            0 | 1 => Move::Effect(EffectMove::Intend { call: recent, class: EffectClass::Reads }),
            2 => Move::Effect(EffectMove::Intend { call: recent, class: EffectClass::Changes }),
            3 => Move::Effect(EffectMove::Done(recent)),
            4 => Move::Effect(EffectMove::Unknown(recent)),
            5 => Move::Approval(ApprovalMove::Ask { call, fingerprint, question: "?".to_owned() }),
            6 => Move::Approval(ApprovalMove::Use { call, fingerprint }),
            7 => Move::Approval(ApprovalMove::Withdraw { call, fingerprint }),
            8 | 9 => Move::Timer(TimerMove::Set { timer: self.name(), at }),
            10 => Move::Timer(match self.below(2) {
                0 => TimerMove::Cancel(self.name()),
                _ => TimerMove::Fire { timer: self.name(), at },
            }),
            11 => Move::Account(match self.below(2) {
                0 => AccountMove::Open { account: self.name(), parent: self.parent(), limits: self.limits() },
                _ => AccountMove::Limit { account: self.name(), limits: self.limits() },
            }),
            12 | 13 => {
                Move::Account(AccountMove::Reserve { reservation: self.name(), account: self.name(), amounts: tokens })
            }
            14 => Move::Account(AccountMove::Settle { reservation: self.name(), spent: tokens }),
            _ => Move::Send(Letter { to: name("root"), body: format!("{}", self.below(1000)) }),
        }
    }

    fn parent(&mut self) -> Option<Name> {
        match self.below(4) {
            0 => None,
            _ => Some(self.name()),
        }
    }

    fn limits(&mut self) -> Limits {
        let tokens = match self.below(5) {
            0 => None,
            _ => Some(self.below(500)),
        };
        Limits { tokens, ..Limits::default() }
    }
}
