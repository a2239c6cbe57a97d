//! Budgets: a tree of accounts, from which is reserved before something is spent, and settled after.
//!
//! A reservation counts in its account and in every one above it, and never exceeds what any of them may hold. What was
//! reserved and not settled stands in the snapshot after a crash, so that whoever goes on can settle it.

use crate::name::Name;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How deep a tree of accounts may be: a delegate of a delegate and so on.
pub const DEEPEST: usize = 32;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Messages of the person.
    Turns,
    /// Requests to a model.
    Steps,
    /// Tokens, read and written.
    Tokens,
    /// Millionths of a US dollar.
    MicroDollars,
    /// Wall time.
    Milliseconds,
}

impl Unit {
    /// Every unit, in the order in which limits are looked at.
    pub const ALL: [Self; 5] = [Self::Turns, Self::Steps, Self::Tokens, Self::MicroDollars, Self::Milliseconds];
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Turns => "turns",
            Self::Steps => "steps",
            Self::Tokens => "tokens",
            Self::MicroDollars => "micro-dollars",
            Self::Milliseconds => "milliseconds",
        })
    }
}

/// So much of each unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Amounts {
    /// Messages of the person.
    #[serde(skip_serializing_if = "is_zero")]
    pub turns: u64,
    /// Requests to a model.
    #[serde(skip_serializing_if = "is_zero")]
    pub steps: u64,
    /// Tokens, read and written.
    #[serde(skip_serializing_if = "is_zero")]
    pub tokens: u64,
    /// Millionths of a US dollar.
    #[serde(skip_serializing_if = "is_zero")]
    pub micro_dollars: u64,
    /// Wall time.
    #[serde(skip_serializing_if = "is_zero")]
    pub milliseconds: u64,
}

/// How much of each unit there may be; `None` bounds nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<u64>,
    /// Requests to a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    /// Tokens, read and written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Millionths of a US dollar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub micro_dollars: Option<u64>,
    /// Wall time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Amounts {
    /// How much of one unit.
    pub fn of(&self, unit: Unit) -> u64 {
        match unit {
            Unit::Turns => self.turns,
            Unit::Steps => self.steps,
            Unit::Tokens => self.tokens,
            Unit::MicroDollars => self.micro_dollars,
            Unit::Milliseconds => self.milliseconds,
        }
    }

    fn each(self, other: Self, fold: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            turns: fold(self.turns, other.turns),
            steps: fold(self.steps, other.steps),
            tokens: fold(self.tokens, other.tokens),
            micro_dollars: fold(self.micro_dollars, other.micro_dollars),
            milliseconds: fold(self.milliseconds, other.milliseconds),
        }
    }

    /// The sum, held at the largest number.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        self.each(other, u64::saturating_add)
    }

    /// What is left, held at zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.each(other, u64::saturating_sub)
    }
}

impl Limits {
    /// The limit of one unit.
    pub fn of(&self, unit: Unit) -> Option<u64> {
        match unit {
            Unit::Turns => self.turns,
            Unit::Steps => self.steps,
            Unit::Tokens => self.tokens,
            Unit::MicroDollars => self.micro_dollars,
            Unit::Milliseconds => self.milliseconds,
        }
    }
}

/// One account and what stands on it, those below included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name in the session.
    pub name: Name,
    /// The one above.
    pub parent: Option<Name>,
    /// How much there may be.
    pub limits: Limits,
    /// How much is set aside and not settled.
    pub reserved: Amounts,
    /// How much was really spent. It may be more than was reserved, and so more than the limit: then nothing further
    /// can be reserved.
    pub spent: Amounts,
}

/// An amount that is set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// Its name in the session.
    pub name: Name,
    /// The account that it was made on.
    pub account: Name,
    /// How much.
    pub amounts: Amounts,
}

/// What the holder of a session does with its budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountMove {
    /// Opens an account, below another one or on its own.
    Open {
        /// Its name in the session, new.
        account: Name,
        /// The one above.
        parent: Option<Name>,
        /// How much there may be.
        limits: Limits,
    },
    /// Gives an account other limits. What is spent and set aside stays.
    Limit {
        /// Its name.
        account: Name,
        /// How much there may be.
        limits: Limits,
    },
    /// Sets an amount aside.
    Reserve {
        /// A name for it that is not in use.
        reservation: Name,
        /// The account.
        account: Name,
        /// How much.
        amounts: Amounts,
    },
    /// Ends a reservation with what was really spent.
    Settle {
        /// Its name.
        reservation: Name,
        /// How much it was.
        spent: Amounts,
    },
    /// Ends a reservation of which nothing was spent.
    Release(Name),
}

/// Why a step cannot follow on what is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The account, or one above it, does not hold so much.
    #[error("account {account} has {left} of {limit} {unit} left, and {asked} were to be reserved")]
    Exceeded {
        /// The account whose limit it is.
        account: Name,
        /// Of what there is too little.
        unit: Unit,
        /// How much there may be.
        limit: u64,
        /// How much is neither spent nor set aside.
        left: u64,
        /// How much was asked for.
        asked: u64,
    },
    /// No such account.
    #[error("there is no account {0}")]
    Absent(Name),
    /// The name is taken.
    #[error("there is an account {0} already")]
    Exists(Name),
    /// The tree would become too deep.
    #[error("account {0} would lie too deep below others")]
    Deep(Name),
    /// The reservation's name is taken.
    #[error("the reservation {0} is open already")]
    Reserved(Name),
    /// No such reservation is open.
    #[error("there is no open reservation {0}")]
    NotReserved(Name),
}

impl Account {
    /// A fresh one.
    pub fn open(name: Name, parent: Option<Name>, limits: Limits) -> Self {
        Self { name, parent, limits, reserved: Amounts::default(), spent: Amounts::default() }
    }

    /// How much of a unit is neither spent nor set aside; `None` without a limit.
    pub fn left(&self, unit: Unit) -> Option<u64> {
        let taken = self.reserved.plus(self.spent).of(unit);
        self.limits.of(unit).map(|limit| limit.saturating_sub(taken))
    }

    /// The account with so much more set aside.
    pub fn reserve(self, amounts: Amounts) -> Result<Self, AccountError> {
        for unit in Unit::ALL {
            let asked = amounts.of(unit);
            // An account that is overdrawn refuses what costs something, and nothing else.
            if let (Some(limit), Some(left)) = (self.limits.of(unit), self.left(unit))
                && left < asked
            {
                return Err(AccountError::Exceeded { account: self.name, unit, limit, left, asked });
            }
        }
        Ok(Self { reserved: self.reserved.plus(amounts), ..self })
    }

    /// The account with a reservation ended and so much spent.
    #[must_use]
    pub fn settle(self, reserved: Amounts, spent: Amounts) -> Self {
        Self { reserved: self.reserved.minus(reserved), spent: self.spent.plus(spent), ..self }
    }
}
