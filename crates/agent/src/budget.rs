//! What a session may use up over all its turns: reserved before it is spent, settled after.
//!
//! The account lives in the record, below that of whoever delegated, so that no crash and no second process gives back
//! what was spent. Here is only how a turn speaks to it.

use boxagnts_model::Price;
use boxagnts_record::account::{AccountError, AccountMove, Amounts, Limits, Unit};
use boxagnts_record::{Commit, Name, Snapshot, StoreError};
use boxagnts_types::{Content, Message, RunId, Usage};
use std::time::Duration;
use tokio::time::Instant;

/// Bytes of text that make up a token, at the least that vendors count.
const BYTES_OF_TOKEN: usize = 4;

/// Tokens that even the shortest answer takes.
const SHORTEST_ANSWER: u64 = 64;

/// The account that a run spends from, and how much of the clock it had left when this turn began.
#[derive(Debug, Clone)]
pub struct Budget {
    account: Name,
    limits: Limits,
    /// What tokens cost; without it money is not counted.
    price: Option<Price>,
}

/// What one turn has set aside.
#[derive(Debug)]
pub(crate) struct Spending {
    budget: Option<Budget>,
    run: RunId,
    turn: u32,
    began: Instant,
    /// When the time of the session is up.
    end: Option<Instant>,
    /// The turn's own reservation is there.
    begun: bool,
    /// The request that is not settled yet.
    open: Option<Name>,
}

/// The name of a session's own account.
///
/// # Panics
/// Never: the word is a name.
pub fn session_account() -> Name {
    "session".parse().expect("the word is a name")
}

impl Budget {
    /// A budget of this session with these limits.
    pub fn of_session(limits: Limits) -> Self {
        Self { account: session_account(), limits, price: None }
    }

    /// The same, with money counted at this price.
    #[must_use]
    pub fn priced(self, price: Option<Price>) -> Self {
        Self { price, ..self }
    }

    fn cost(&self, usage: Usage) -> u64 {
        self.price.map_or(0, |price| price.of(usage))
    }

    /// Opens the account, or gives the one that is there these limits; what a program that ended had set aside counts as
    /// spent, since nobody can say any more how much of it was.
    pub fn open(&self, mut batch: Commit, snapshot: &Snapshot) -> Commit {
        let limits = self.limits;
        let is_there = snapshot.accounts.iter().any(|account| account.name == self.account);
        batch = if is_there {
            batch.account(AccountMove::Limit { account: self.account.clone(), limits })
        } else {
            batch.account(AccountMove::Open { account: self.account.clone(), parent: None, limits })
        };
        for reservation in &snapshot.reservations {
            let mut spent = reservation.amounts;
            // Time passed only while a program ran; the rest of it was set aside and not spent.
            spent.milliseconds = 0;
            batch = batch.account(AccountMove::Settle { reservation: reservation.name.clone(), spent });
        }
        batch
    }
}

impl Spending {
    pub(crate) fn new(budget: Option<Budget>, run: RunId, turn: u32) -> Self {
        Self { budget, run, turn, began: Instant::now(), end: None, begun: false, open: None }
    }

    /// Sets the turn and all time that is left aside.
    pub(crate) fn begin(&mut self, batch: Commit, snapshot: Option<&Snapshot>) -> Commit {
        let (Some(budget), Some(snapshot)) = (&self.budget, snapshot) else { return batch };
        let account = snapshot.accounts.iter().find(|account| account.name == budget.account);
        let left = account.and_then(|account| account.left(Unit::Milliseconds));
        // With no time left at all the reservation of one moment fails, and says so.
        let milliseconds = left.map_or(0, |left| left.max(1));
        self.begun = true;
        self.end = left.map(|left| self.began + Duration::from_millis(left));
        let amounts = Amounts { turns: 1, milliseconds, ..Amounts::default() };
        batch.account(AccountMove::Reserve { reservation: self.name("turn"), account: budget.account.clone(), amounts })
    }

    /// Sets a request with these messages aside.
    pub(crate) fn ask(&mut self, batch: Commit, step: u32, messages: &[Message]) -> Option<Commit> {
        let budget = self.budget.as_ref()?;
        let name = self.name(&format!("step:{step}"));
        let tokens = estimate(messages);
        let micro_dollars = budget.cost(Usage { input: tokens, output: 0 });
        let amounts = Amounts { steps: 1, tokens, micro_dollars, ..Amounts::default() };
        self.open = Some(name.clone());
        Some(batch.account(AccountMove::Reserve { reservation: name, account: budget.account.clone(), amounts }))
    }

    /// The turn was refused, so that nothing is set aside for it.
    pub(crate) fn not_begun(&mut self) {
        (self.begun, self.end) = (false, None);
    }

    /// The request was refused, so that nothing is set aside for it.
    pub(crate) fn not_asked(&mut self) {
        self.open = None;
    }

    /// Ends the open request with what it really took.
    pub(crate) fn answered(&mut self, batch: Commit, usage: Usage) -> Commit {
        let Some(reservation) = self.open.take() else { return batch };
        let (tokens, cost) =
            (usage.input.saturating_add(usage.output), self.budget.as_ref().map(|budget| budget.cost(usage)));
        let spent = Amounts { steps: 1, tokens, micro_dollars: cost.unwrap_or_default(), ..Amounts::default() };
        batch.account(AccountMove::Settle { reservation, spent })
    }

    /// Ends the turn with the time it really took.
    pub(crate) fn end(&mut self, batch: Commit) -> Commit {
        if !std::mem::take(&mut self.begun) {
            return batch;
        }
        let milliseconds = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let batch = self.answered(batch, Usage::default());
        let spent = Amounts { turns: 1, milliseconds, ..Amounts::default() };
        batch.account(AccountMove::Settle { reservation: self.name("turn"), spent })
    }

    /// Waits until the time of the session is up; for ever when it has no bound.
    pub(crate) async fn time_is_up(&self) {
        match self.end {
            Some(end) => tokio::time::sleep_until(end).await,
            None => std::future::pending().await,
        }
    }

    /// What a person reads when the time is up.
    pub(crate) fn why_time_is_up(&self) -> String {
        let limit = self.budget.as_ref().and_then(|budget| budget.limits.milliseconds).unwrap_or_default();
        format!("the limit of {} s of time for this session is reached", Duration::from_millis(limit).as_secs_f32())
    }

    /// A name that no other reservation of the session has.
    fn name(&self, what: &str) -> Name {
        format!("{}:{}:{what}", self.run, self.turn).parse().expect("ids, numbers and words make a name")
    }
}

/// What a person reads when a limit keeps something from being spent; `None` for another failure of the record.
pub(crate) fn exhausted(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Account(AccountError::Exceeded { unit: Unit::MicroDollars, left, limit, .. }) => Some(format!(
            "the limit of ${} for this session is reached (${} left, and the next request costs more)",
            dollars(*limit),
            dollars(*left)
        )),
        StoreError::Account(AccountError::Exceeded { unit, left, limit, .. }) => Some(format!(
            "the limit of {limit} {unit} for this session is reached ({left} left, and the next request needs more)"
        )),
        _ => None,
    }
}

/// Millionths as people write money: at least two digits behind the point, and no more than mean something.
fn dollars(micro: u64) -> String {
    let text = format!("{}.{:06}", micro / 1_000_000, micro % 1_000_000);
    let end = text.trim_end_matches('0').len().max(text.len() - 4);
    text[..end].to_owned()
}

/// About how many tokens a request takes at the least. What it really took is settled when it is known.
fn estimate(messages: &[Message]) -> u64 {
    let content = |content: &[Content]| content.iter().map(Content::size).sum::<usize>();
    let size = |message: &Message| match message {
        Message::User { content: said } => content(said),
        Message::Assistant { text, calls } => text.len() + calls.iter().map(|call| call.input.len()).sum::<usize>(),
        Message::Tool { answers } => answers.iter().map(|answer| content(&answer.content)).sum(),
    };
    let bytes: usize = messages.iter().map(size).sum();
    u64::try_from(bytes / BYTES_OF_TOKEN).unwrap_or(u64::MAX).saturating_add(SHORTEST_ANSWER)
}
