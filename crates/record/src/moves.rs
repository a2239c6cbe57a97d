//! What changes beside events, and the one place that says what may follow on what. A backend only reads and writes
//! rows, so that two of them cannot differ.

use crate::account::{Account, AccountError, AccountMove, Amounts, DEEPEST, Reservation};
use crate::approval::{Answer, Approval, ApprovalError, ApprovalMove};
use crate::commit::Durability;
use crate::effect::{Effect, EffectClass, EffectMove};
use crate::listing::one_line;
use crate::name::Name;
use crate::outbox::Letter;
use crate::store::StoreError;
use crate::timer::{Timer, TimerMove};
use boxagnts_types::CallId;

/// The longest question or letter, in bytes. They are small texts that processes poll for; what is larger is a blob.
pub const LONGEST_TEXT: usize = 1 << 20;

/// Refuses a text that is no small one.
pub fn bounded(text: &str) -> Result<(), StoreError> {
    if text.len() <= LONGEST_TEXT { Ok(()) } else { Err(StoreError::TooLong(text.len())) }
}

/// One change beside the events of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// A call goes on.
    Effect(EffectMove),
    /// A question goes on.
    Approval(ApprovalMove),
    /// A timer is set, taken back or fires.
    Timer(TimerMove),
    /// A budget changes.
    Account(AccountMove),
    /// Somebody is told something.
    Send(Letter),
}

impl Move {
    /// How safe it must be before anybody builds on it.
    pub fn durability(&self) -> Durability {
        match self {
            // Before something may be changed, after a crash of whatever kind, that it was intended must be known.
            Self::Effect(EffectMove::Intend { class: EffectClass::Changes, .. } | EffectMove::Unknown(_))
            | Self::Approval(_)
            // What fired must not fire again after a loss of power.
            | Self::Timer(TimerMove::Fire { .. }) => Durability::Power,
            Self::Effect(_) | Self::Timer(_) | Self::Account(_) | Self::Send(_) => Durability::Crash,
        }
    }
}

/// The rows of one session as a backend keeps them. What is put is read back by the next question; all of it is taken
/// back when the commit is refused.
pub trait Rows {
    /// A call.
    fn effect(&self, call: CallId) -> Result<Option<Effect>, StoreError>;
    /// Keeps it.
    fn put_effect(&mut self, effect: Effect) -> Result<(), StoreError>;
    /// A question.
    fn approval(&self, call: CallId, fingerprint: &str) -> Result<Option<Approval>, StoreError>;
    /// Keeps it.
    fn put_approval(&mut self, approval: Approval) -> Result<(), StoreError>;
    /// A timer.
    fn timer(&self, name: &Name) -> Result<Option<Timer>, StoreError>;
    /// Keeps it.
    fn put_timer(&mut self, timer: Timer) -> Result<(), StoreError>;
    /// An account.
    fn account(&self, name: &Name) -> Result<Option<Account>, StoreError>;
    /// Keeps it.
    fn put_account(&mut self, account: Account) -> Result<(), StoreError>;
    /// An open reservation.
    fn reservation(&self, name: &Name) -> Result<Option<Reservation>, StoreError>;
    /// Keeps it.
    fn put_reservation(&mut self, reservation: Reservation) -> Result<(), StoreError>;
    /// Forgets it.
    fn drop_reservation(&mut self, name: &Name) -> Result<(), StoreError>;
    /// Keeps a letter under the next number.
    fn send(&mut self, letter: Letter) -> Result<(), StoreError>;
}

/// Makes the moves of one commit, in their order. After an error the caller takes back what was put.
pub fn apply(rows: &mut dyn Rows, moves: Vec<Move>) -> Result<(), StoreError> {
    for step in moves {
        match step {
            Move::Effect(step) => {
                let before = rows.effect(step.call())?;
                rows.put_effect(step.after(before)?)?;
            }
            Move::Approval(step) => {
                if let ApprovalMove::Ask { fingerprint, question, .. } = &step {
                    bounded(fingerprint)?;
                    bounded(question)?;
                }
                let (call, fingerprint) = step.key();
                let before = rows.approval(call, fingerprint)?;
                rows.put_approval(step.after(before)?)?;
            }
            Move::Timer(step) => {
                let before = rows.timer(step.timer())?;
                rows.put_timer(step.after(before)?)?;
            }
            Move::Account(step) => account(rows, step)?,
            Move::Send(letter) => {
                bounded(&letter.body)?;
                rows.send(letter)?;
            }
        }
    }
    Ok(())
}

/// Takes an answer from whoever is first.
pub fn answer(rows: &mut dyn Rows, given: Answer) -> Result<(), StoreError> {
    let Answer { session: _, call, fingerprint, answer, by } = given;
    let before = rows.approval(call, &fingerprint)?.ok_or(ApprovalError::Absent(call))?;
    // Both are shown to people, so they are one short line that deceives nobody.
    let line = |text: String| one_line(text.chars());
    rows.put_approval(before.answered(line(answer), line(by))?)
}

fn account(rows: &mut dyn Rows, step: AccountMove) -> Result<(), StoreError> {
    match step {
        AccountMove::Open { account, parent, limits } => {
            if rows.account(&account)?.is_some() {
                return Err(AccountError::Exists(account).into());
            }
            if let Some(parent) = &parent
                && lineage(rows, parent)?.len() == DEEPEST
            {
                return Err(AccountError::Deep(account).into());
            }
            rows.put_account(Account::open(account, parent, limits))
        }
        AccountMove::Limit { account, limits } => {
            let before = rows.account(&account)?.ok_or(AccountError::Absent(account))?;
            rows.put_account(Account { limits, ..before })
        }
        AccountMove::Reserve { reservation, account, amounts } => {
            if rows.reservation(&reservation)?.is_some() {
                return Err(AccountError::Reserved(reservation).into());
            }
            for before in lineage(rows, &account)? {
                rows.put_account(before.reserve(amounts)?)?;
            }
            rows.put_reservation(Reservation { name: reservation, account, amounts })
        }
        AccountMove::Settle { reservation, spent } => settle(rows, reservation, spent),
        AccountMove::Release(reservation) => settle(rows, reservation, Amounts::default()),
    }
}

fn settle(rows: &mut dyn Rows, name: Name, spent: Amounts) -> Result<(), StoreError> {
    let Some(Reservation { account, amounts, .. }) = rows.reservation(&name)? else {
        return Err(AccountError::NotReserved(name).into());
    };
    for before in lineage(rows, &account)? {
        rows.put_account(before.settle(amounts, spent))?;
    }
    rows.drop_reservation(&name)
}

/// An account and those above it.
fn lineage(rows: &dyn Rows, account: &Name) -> Result<Vec<Account>, StoreError> {
    let mut line: Vec<Account> = Vec::new();
    let mut next = Some(account.clone());
    while let Some(name) = next.take() {
        // Only damage can make a tree deeper than this, or a ring.
        if line.len() == DEEPEST {
            return Err(AccountError::Deep(name).into());
        }
        let account = rows.account(&name)?.ok_or(AccountError::Absent(name))?;
        next.clone_from(&account.parent);
        line.push(account);
    }
    Ok(line)
}
