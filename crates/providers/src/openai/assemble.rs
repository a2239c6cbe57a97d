//! Puts a reply together from its events.
//!
//! Calls are held back until the server said why it stopped, because until then any of them may be cut. What is passed
//! on is what the model wrote: mending it is not done here.

use super::chunk::{CallDelta, Choice, Chunk, Delta, FunctionDelta};
use super::failure;
use boxagnts_model::{Failure, Piece, Stop};
use boxagnts_types::Usage;
use serde_json::{Map, Value};
use std::collections::{HashMap, VecDeque};

/// More calls than anything could want; it bounds what a server can make us hold.
const MOST_CALLS: usize = 4096;

/// What the last event of a stream says.
const DONE: &str = "[DONE]";

/// A reply that is arriving.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    calls: Vec<Open>,
    /// Where the call of an index is.
    places: HashMap<u64, usize>,
    /// Why the server says that it stopped.
    told: Option<String>,
    is_refused: bool,
    has_heard: bool,
    has_said: bool,
}

/// A call that may still grow.
#[derive(Debug, Default)]
struct Open {
    index: u64,
    id: String,
    name: String,
    input: String,
}

impl Assembler {
    /// Whether the server has said why it stopped: all that matters is here, and at most the usage follows.
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// Whether any event has come.
    pub(super) fn has_heard(&self) -> bool {
        self.has_heard
    }

    /// Takes the data of one event. True when it was the last.
    pub(super) fn take(&mut self, data: &str, pieces: &mut VecDeque<Piece>) -> Result<bool, Failure> {
        self.has_heard = true;
        if data.trim() == DONE {
            return Ok(true);
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            Failure::Garbled(format!("an event is not what it should be ({error}): {}", failure::cut(data)))
        })?;
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            return Err(failure::in_stream(&error));
        }
        for choice in chunk.choices.into_iter().flatten() {
            // One answer was asked for. Another that is sent anyway is not mixed into it, nor what follows its end.
            if choice.index.unwrap_or(0) == 0 && !self.is_told() {
                self.choice(choice, pieces)?;
            }
        }
        if let Some(tokens) = chunk.usage {
            let (input, output) = (tokens.prompt_tokens.unwrap_or(0), tokens.completion_tokens.unwrap_or(0));
            pieces.push_back(Piece::Usage(Usage { input, output }));
        }
        Ok(false)
    }

    /// The stream is over. What is still to be passed on ends the reply.
    pub(super) fn end(self) -> Result<Vec<Piece>, Failure> {
        let Some(told) = self.told else {
            let why = if self.has_heard { "it broke off before its end" } else { "it is empty" };
            return Err(Failure::Garbled(why.to_owned()));
        };
        let mut calls = self.calls;
        calls.sort_by_key(|call| call.index);
        let stop = match told.as_str() {
            _ if self.is_refused => Stop::Refused,
            "content_filter" => Stop::Refused,
            "length" => Stop::Length,
            _ if calls.is_empty() => Stop::Finished,
            _ => Stop::Calls,
        };
        match stop {
            // Half a call is never an object, and a whole one always is: it ends with its own brace.
            Stop::Length => calls.retain(|call| serde_json::from_str::<Map<String, Value>>(&call.input).is_ok()),
            Stop::Refused => calls.clear(),
            Stop::Finished | Stop::Calls => {}
        }
        let piece = |call: Open| Piece::Call { model_id: call.id, tool: call.name, input: call.input };
        Ok(calls.into_iter().map(piece).chain([Piece::End(stop)]).collect())
    }

    /// The server says that this was all, though it never said why it stopped. A text may be taken at that word; a call
    /// may not, since nothing says that it is whole.
    pub(super) fn take_at_its_word(&mut self) {
        if self.told.is_none() && self.has_said && self.calls.is_empty() {
            self.told = Some("stop".to_owned());
        }
    }

    fn choice(&mut self, choice: Choice, pieces: &mut VecDeque<Piece>) -> Result<(), Failure> {
        if let Some(delta) = choice.delta {
            self.delta(delta, pieces)?;
        }
        if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
            self.told = Some(reason);
        }
        Ok(())
    }

    fn delta(&mut self, delta: Delta, pieces: &mut VecDeque<Piece>) -> Result<(), Failure> {
        let some = |text: Option<String>| text.filter(|text| !text.is_empty());
        pieces.extend(some(delta.reasoning_content).or_else(|| some(delta.reasoning)).map(Piece::Thinking));
        let refusal = some(delta.refusal);
        self.is_refused |= refusal.is_some();
        for text in some(delta.content).into_iter().chain(refusal) {
            self.has_said = true;
            pieces.push_back(Piece::Text(text));
        }
        delta.tool_calls.into_iter().flatten().try_for_each(|call| self.call(call))
    }

    fn call(&mut self, delta: CallDelta) -> Result<(), Failure> {
        let CallDelta { index, id, function } = delta;
        let id = id.unwrap_or_default();
        let function = function.unwrap_or(FunctionDelta { name: None, arguments: None });
        let input = function.input().unwrap_or_default();
        let name = function.name.unwrap_or_default();
        let place = match self.place(index, &id, &name) {
            Some(place) => place,
            None => self.open(index)?,
        };
        let call = &mut self.calls[place];
        if call.id.is_empty() {
            call.id = id;
        }
        // Some servers repeat the name with every piece of the input, and some send it in pieces before any.
        if call.input.is_empty() && call.name != name {
            call.name.push_str(&name);
        }
        call.input.push_str(&input);
        Ok(())
    }

    /// The call that a piece belongs to; none when it begins one.
    fn place(&self, index: Option<u64>, id: &str, name: &str) -> Option<usize> {
        let place = match index {
            Some(index) => *self.places.get(&index)?,
            None => self.calls.len().checked_sub(1)?,
        };
        // Servers that do not count give each call the same index or none, and another id. Only what has a name of its
        // own is a call of its own.
        let known = &self.calls[place].id;
        let is_another = !id.is_empty() && !name.is_empty() && !known.is_empty() && known != id;
        (!is_another).then_some(place)
    }

    fn open(&mut self, index: Option<u64>) -> Result<usize, Failure> {
        let place = self.calls.len();
        if MOST_CALLS <= place {
            return Err(Failure::Garbled(format!("it asks for more than {MOST_CALLS} calls")));
        }
        let last = self.calls.last().map_or(0, |call| call.index);
        let index = index.unwrap_or(last);
        self.places.insert(index, place);
        self.calls.push(Open { index, ..Open::default() });
        Ok(place)
    }
}

#[cfg(test)]
mod tests;
