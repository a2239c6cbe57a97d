//! The loop of a turn as a closed machine: what may happen goes in, what is to be done comes out.
//!
//! It does no I/O, awaits nothing and reads no clock, so that each of its ways can be tried in a test. [`Machine::on`]
//! has the one `match` that shows all that can wake it; [`crate::turn`] carries its actions out.

use crate::conversation::Conversation;
use crate::limits::Limits;
use crate::repeats::Round;
use crate::reply::Reply;
use crate::report::TurnReport;
use boxagnts_model::{Failure, Stop};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{CallRequest, Content, Message, StreamEvent, ToolAnswer, Usage};
use std::collections::VecDeque;

/// What may happen to a turn.
#[derive(Debug)]
pub enum Input {
    /// The person said something. It begins the turn.
    UserMessage(Vec<Content>),
    /// The model is being asked, as [`Action::Ask`] said.
    Asked,
    /// More of the model's text.
    ModelText(String),
    /// More of the model's reasoning.
    ModelThinking(String),
    /// The model asks for a call, under an id of ours.
    ModelCall(CallRequest),
    /// What the running request has cost so far.
    ModelUsage(Usage),
    /// The reply is complete.
    ModelEnded(Stop),
    /// There is no reply, or it broke off.
    ModelFailed(Failure),
    /// The call that was to be run or skipped has its answer.
    CallAnswered {
        /// What the model will read.
        answer: ToolAnswer,
        /// Why the tool cannot be used any more, if so.
        broken: Option<String>,
        /// Whether a question to the person became a no because nobody was there.
        unanswered: bool,
    },
    /// The person wants the turn to end. While a call is under way its answer still follows.
    Cancelled,
    /// Something could not be written to the journal.
    RecordFailed(String),
}

/// What is to be done next, in order. When nothing is left to do, the machine waits for the model.
#[derive(Debug, PartialEq)]
pub enum Action {
    /// Show something.
    Tell(StreamEvent),
    /// Ask the model with [`Machine::messages`]; its pieces come back as inputs.
    Ask,
    /// Write the model's message to the journal. No call may start before it is written.
    Record {
        /// What it said.
        text: String,
        /// The calls it asks for.
        calls: Vec<CallRequest>,
        /// What the request cost.
        usage: Usage,
    },
    /// Run one call; its answer comes back as an input.
    Call(CallRequest),
    /// Answer a call without running it; the answer comes back as an input.
    Skip {
        /// The call.
        request: CallRequest,
        /// Why it is not run.
        why: String,
    },
    /// The turn is over.
    Finish(TurnReport),
}

/// One turn.
#[derive(Debug)]
pub struct Machine<'a> {
    conversation: &'a mut Conversation,
    limits: Limits,
    state: State,
    ending: Option<Ending>,
    text: String,
    usage: Usage,
    steps: u32,
    unanswered: u32,
}

#[derive(Debug)]
enum State {
    /// Nothing happened yet.
    Ready,
    /// The model is to be asked.
    AboutToAsk,
    /// The model is being asked.
    Asking(Reply),
    /// The first of these is being run or skipped. They go one by one; running several at once would begin here, by
    /// handing out more than the first and waiting for all of them.
    Calling(VecDeque<Waiting>),
    /// Nothing wakes it any more but a failure to write its end down.
    Over,
}

/// A call that has no answer yet.
#[derive(Debug)]
struct Waiting {
    request: CallRequest,
    /// Why it will not be run, if it is known already.
    barred: Option<String>,
}

/// How the turn will end once every call has its answer.
#[derive(Debug)]
struct Ending {
    reason: StopReason,
    error: Option<String>,
    /// What the calls that were not started are told.
    why: &'static str,
}

impl<'a> Machine<'a> {
    /// A turn that has not begun, going on with `conversation`.
    pub fn new(conversation: &'a mut Conversation, limits: Limits) -> Self {
        Self {
            conversation,
            limits,
            state: State::Ready,
            ending: None,
            text: String::new(),
            usage: Usage::default(),
            steps: 0,
            unanswered: 0,
        }
    }

    /// What the model is to be asked with.
    pub fn messages(&self) -> &[Message] {
        self.conversation.messages()
    }

    /// Which request to the model is the latest, counted from 1.
    pub fn step(&self) -> u32 {
        self.steps
    }

    /// Whether it waits for a piece of the model's reply.
    pub fn is_asking(&self) -> bool {
        matches!(self.state, State::Asking(_))
    }

    /// Something happened; what is to be done?
    pub fn on(&mut self, input: Input) -> Vec<Action> {
        match (std::mem::replace(&mut self.state, State::Over), input) {
            (State::Ready, Input::UserMessage(content)) => self.begin(content),
            (State::Ready | State::AboutToAsk, Input::Cancelled) => self.finish(StopReason::Interrupted, None),
            (State::AboutToAsk, Input::Asked) => self.asked(),

            (State::Asking(reply), Input::ModelText(text)) => self.text_piece(reply, text),
            (State::Asking(reply), Input::ModelThinking(text)) => self.thinking_piece(reply, text),
            (State::Asking(reply), Input::ModelCall(request)) => self.call_piece(reply, request),
            (State::Asking(reply), Input::ModelUsage(usage)) => self.usage_piece(reply, usage),
            (State::Asking(reply), Input::ModelEnded(stop)) => self.reply_ended(reply, stop),
            (State::Asking(reply), Input::ModelFailed(failure)) => self.reply_failed(reply, &failure),
            (State::Asking(reply), Input::Cancelled) => self.reply_broke_off(reply, StopReason::Interrupted, None),

            (State::Calling(waiting), Input::CallAnswered { answer, broken, unanswered }) => {
                self.call_answered(waiting, answer, broken, unanswered)
            }
            (State::Calling(waiting), Input::Cancelled) => {
                self.end_after_calls(StopReason::Interrupted, None, "the person interrupted the turn");
                self.stay(State::Calling(waiting))
            }

            // Also when it is over: what it ended with may just have failed to be written.
            (_, Input::RecordFailed(error)) => self.finish(StopReason::RecordFailed, Some(error)),
            (State::Over, _) => Vec::new(),

            // What does not belong to a state comes from a driver's mistake, never from a model or a tool.
            (state, _) => self.stay(state),
        }
    }

    fn begin(&mut self, content: Vec<Content>) -> Vec<Action> {
        self.conversation.user(content);
        self.next_step()
    }

    fn next_step(&mut self) -> Vec<Action> {
        if self.limits.steps <= self.steps {
            let error = format!("the limit of {} requests to the model in one turn is reached", self.limits.steps);
            return self.finish(StopReason::StepLimit, Some(error));
        }
        self.state = State::AboutToAsk;
        vec![Action::Ask]
    }

    fn asked(&mut self) -> Vec<Action> {
        self.steps += 1;
        self.stay(State::Asking(Reply::default()))
    }

    fn text_piece(&mut self, mut reply: Reply, text: String) -> Vec<Action> {
        let offset = reply.text.len() as u64;
        if let Err(failure) = reply.take_text(&text, &self.limits) {
            return self.reply_failed(reply, &failure);
        }
        self.state = State::Asking(reply);
        vec![Action::Tell(StreamEvent::TextDelta { message: self.steps, offset, text })]
    }

    fn thinking_piece(&mut self, mut reply: Reply, text: String) -> Vec<Action> {
        if let Err(failure) = reply.take_thinking(&text, &self.limits) {
            return self.reply_failed(reply, &failure);
        }
        self.state = State::Asking(reply);
        vec![Action::Tell(StreamEvent::ThinkingDelta { message: self.steps, text })]
    }

    fn call_piece(&mut self, mut reply: Reply, request: CallRequest) -> Vec<Action> {
        if let Err(failure) = reply.take_call(request, &self.limits) {
            return self.reply_failed(reply, &failure);
        }
        self.stay(State::Asking(reply))
    }

    fn usage_piece(&mut self, mut reply: Reply, usage: Usage) -> Vec<Action> {
        reply.usage = usage;
        self.state = State::Asking(reply);
        vec![Action::Tell(StreamEvent::Usage { usage: self.usage.plus(usage) })]
    }

    fn reply_ended(&mut self, reply: Reply, stop: Stop) -> Vec<Action> {
        let failed = match stop {
            Stop::Refused => "the model or its vendor refused to go on",
            _ if !reply.calls.is_empty() => return self.run_calls(reply, stop),
            Stop::Length => "the reply was cut at the model's own limit on output",
            Stop::Calls => "the model waits for the answers to calls that it did not send",
            Stop::Finished if reply.text.is_empty() && self.steps == 1 => "the model's reply is empty",
            Stop::Finished => return self.reply_broke_off(reply, StopReason::Answered, None),
        };
        self.reply_broke_off(reply, StopReason::ModelFailed, Some(failed.to_owned()))
    }

    fn reply_failed(&mut self, reply: Reply, failure: &Failure) -> Vec<Action> {
        self.reply_broke_off(reply, StopReason::ModelFailed, Some(failure.to_string()))
    }

    /// Keeps what was said and ends the turn. Calls that the reply had asked for until here are not run, and not
    /// recorded either: what is not recorded was never asked for.
    fn reply_broke_off(&mut self, reply: Reply, reason: StopReason, error: Option<String>) -> Vec<Action> {
        let mut actions = self.take_reply(reply.text, Vec::new(), reply.usage);
        actions.extend(self.finish(reason, error));
        actions
    }

    fn run_calls(&mut self, reply: Reply, stop: Stop) -> Vec<Action> {
        let most = self.limits.calls_per_message;
        let last = reply.calls.len() - 1;
        let bar = |(index, request)| {
            let barred = if most <= index {
                Some(format!("too many calls in one message; at most {most} are run"))
            } else if stop == Stop::Length && index == last {
                // A port hands over whole calls only, but one that errs does it here, and half a file must not
                // be written as if it were the whole.
                Some("the message was cut at the model's limit on output, so this call may be incomplete".to_owned())
            } else {
                None
            };
            Waiting { request, barred }
        };
        let waiting = reply.calls.iter().cloned().enumerate().map(bar).collect();
        let mut actions = self.take_reply(reply.text, reply.calls, reply.usage);
        actions.extend(self.next_call(waiting));
        actions
    }

    fn take_reply(&mut self, text: String, calls: Vec<CallRequest>, usage: Usage) -> Vec<Action> {
        self.usage = self.usage.plus(usage);
        self.text.clone_from(&text);
        if text.is_empty() && calls.is_empty() && usage == Usage::default() {
            return Vec::new();
        }
        self.conversation.assistant(text.clone(), calls.clone());
        vec![Action::Record { text, calls, usage }]
    }

    fn next_call(&mut self, waiting: VecDeque<Waiting>) -> Vec<Action> {
        let Some(Waiting { request, barred }) = waiting.front() else {
            return match self.ending.take() {
                Some(Ending { reason, error, .. }) => self.finish(reason, error),
                None => self.next_step(),
            };
        };
        let request = request.clone();
        let why = self.ending.as_ref().map(|ending| ending.why.to_owned()).or_else(|| barred.clone());
        self.state = State::Calling(waiting);
        vec![match why {
            None => Action::Call(request),
            Some(why) => Action::Skip { request, why },
        }]
    }

    fn call_answered(
        &mut self,
        mut waiting: VecDeque<Waiting>,
        answer: ToolAnswer,
        broken: Option<String>,
        unanswered: bool,
    ) -> Vec<Action> {
        let tool = waiting.pop_front().map(|call| call.request.tool).unwrap_or_default();
        self.unanswered += u32::from(unanswered);
        let round = self.conversation.answer(answer);
        if let Some(error) = broken {
            self.end_after_calls(StopReason::ToolBroken, Some(error), "a tool broke and ended the turn");
        } else if let Round::Stop { calls, rounds } = round {
            let what = if calls == 1 { "the same call".to_owned() } else { format!("the same {calls} calls") };
            let error =
                format!("the model made {what} {rounds} times in a row with the same answer, the last to {tool:?}");
            self.end_after_calls(StopReason::Repeats, Some(error), "the turn was stopped because it ran in a circle");
        }
        self.next_call(waiting)
    }

    /// The first reason to end is the one that counts.
    fn end_after_calls(&mut self, reason: StopReason, error: Option<String>, why: &'static str) {
        self.ending.get_or_insert(Ending { reason, error, why });
    }

    fn stay(&mut self, state: State) -> Vec<Action> {
        self.state = state;
        Vec::new()
    }

    fn finish(&mut self, reason: StopReason, error: Option<String>) -> Vec<Action> {
        self.state = State::Over;
        self.conversation.close(|_| "the turn ended before this call was answered".to_owned());
        vec![Action::Finish(TurnReport {
            reason,
            text: self.text.clone(),
            usage: self.usage,
            steps: self.steps,
            unanswered: self.unanswered,
            error,
        })]
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
