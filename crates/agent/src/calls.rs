//! The calls of one message, from the moment they are recorded until each has its answer.

use boxagnts_types::{CallId, CallRequest};

/// The calls, in the order of the message.
#[derive(Debug)]
pub(crate) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    request: CallRequest,
    /// Why it will not be run, if it is known already.
    barred: Option<String>,
    /// The earlier calls, by their places, that must have their answers before it starts.
    after: Vec<usize>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    UnderWay,
    Answered,
}

impl Calls {
    /// Nothing is under way yet. `after` has a list for each call; a missing one is empty.
    pub(crate) fn new(calls: impl IntoIterator<Item = (CallRequest, Option<String>)>, after: Vec<Vec<usize>>) -> Self {
        let after = after.into_iter().chain(std::iter::repeat_with(Vec::new));
        let call = |((request, barred), after)| Call { request, barred, after, stage: Stage::Waiting };
        Self(calls.into_iter().zip(after).map(call).collect())
    }

    /// The calls that are to be dealt with from now on, so that `most` are under way: each with the reason why it is
    /// not to be run, if there is one. Once `ending` says why the turn will end, none is run any more.
    pub(crate) fn start(&mut self, most: usize, ending: Option<&str>) -> Vec<(CallRequest, Option<String>)> {
        let mut room = most.saturating_sub(self.count(Stage::UnderWay));
        let mut started = Vec::new();
        for place in 0..self.0.len() {
            if room == 0 {
                break;
            }
            let call = &self.0[place];
            let why = ending.map(str::to_owned).or_else(|| call.barred.clone());
            let is_free = call.after.iter().all(|earlier| self.is_answered(*earlier));
            if call.stage == Stage::Waiting && (why.is_some() || is_free) {
                started.push((call.request.clone(), why));
                self.0[place].stage = Stage::UnderWay;
                room -= 1;
            }
        }
        started
    }

    /// A call has its answer. False when no such call is under way.
    pub(crate) fn answered(&mut self, id: CallId) -> bool {
        let is_meant = |call: &&mut Call| call.request.id == id && call.stage == Stage::UnderWay;
        let Some(call) = self.0.iter_mut().find(is_meant) else { return false };
        call.stage = Stage::Answered;
        true
    }

    /// Whether each has its answer.
    pub(crate) fn are_over(&self) -> bool {
        self.count(Stage::Answered) == self.0.len()
    }

    fn count(&self, stage: Stage) -> usize {
        self.0.iter().filter(|call| call.stage == stage).count()
    }

    fn is_answered(&self, place: usize) -> bool {
        self.0.get(place).is_none_or(|call| call.stage == Stage::Answered)
    }
}
