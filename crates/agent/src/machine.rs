//! The loop of a turn as a closed machine: what may happen goes in, what is to be done comes out.
//!
//! It does no I/O, awaits nothing and reads no clock, so that each of its ways can be tried in a test. [`Machine::on`]
//! has the one `match` that shows all that can wake it; [`crate::turn`] carries its actions out.

use crate::calls::Calls;
use crate::conversation::Conversation;
use crate::limits::Limits;
use crate::repeats::Round;
use crate::reply::Reply;
use crate::report::TurnReport;
use boxagnts_model::{Failure, Stop};
use boxagnts_types::stream::StopReason;
use boxagnts_types::{CallRequest, Content, Label, Message, StreamEvent, ToolAnswer, Usage};
use std::time::Duration;

/// What may happen to a turn.
#[derive(Debug)]
pub enum Input {
    /// The person said something. It begins the turn.
    UserMessage(Vec<Content>),
    /// The model is being asked, as [`Action::Ask`] said.
    Asked,
    /// The model will be asked again after a wait.
    ModelWaits {
        /// Why there is no reply yet.
        why: String,
        /// How long the wait lasts.
        wait: Duration,
    },
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
    /// A call that was to be run or skipped has its answer.
    CallAnswered {
        /// What the model will read.
        answer: ToolAnswer,
        /// Why the tool cannot be used any more, if so.
        broken: Option<String>,
        /// Whether a question to the person became a no because nobody was there.
        unanswered: bool,
    },
    /// The person wants the turn to end. The answers of the calls that are under way still follow.
    Cancelled,
    /// A limit of the session keeps the turn from going on, for the reason that the person reads. The answers of the
    /// calls that are under way still follow.
    LimitReached(String),
    /// Something could not be written to the journal.
    RecordFailed(String),
}

/// What is to be done next, in order. When nothing is left to do, the machine waits for the answer of a call that is
/// under way, and when there is none for the model.
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
    /// Begin to run one call; its answer comes back as an input. Others may be begun before it does.
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

/// Says for each call of a message after which earlier ones it must wait, by their places; without I/O.
pub type Order<'a> = &'a (dyn Fn(&[CallRequest]) -> Vec<Vec<usize>> + Sync);

/// One turn.
pub struct Machine<'a> {
    conversation: &'a mut Conversation,
    order: Order<'a>,
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
    /// Some of these are being run or skipped. A call starts as soon as no earlier one that could notice it, or that it
    /// could notice, is without its answer.
    Calling(Calls),
    /// Nothing wakes it any more but a failure to write its end down.
    Over,
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
    /// A turn that has not begun, going on with `conversation`. `order` is asked once for each message with calls.
    pub fn new(conversation: &'a mut Conversation, limits: Limits, order: Order<'a>) -> Self {
        Self {
            conversation,
            order,
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

    /// The same as the model of this name may be sent it.
    pub fn shown_to(&self, model: &str) -> Vec<Message> {
        self.conversation.shown_to(model)
    }

    /// The label of all that the model was sent.
    pub fn context(&self) -> Label {
        self.conversation.context()
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
            (State::Ready | State::AboutToAsk, Input::LimitReached(why)) => {
                self.finish(StopReason::BudgetLimit, Some(why))
            }

            (State::Asking(reply), Input::ModelWaits { why, wait }) => self.model_waits(reply, why, wait),
            (State::Asking(reply), Input::ModelText(text)) => self.text_piece(reply, text),
            (State::Asking(reply), Input::ModelThinking(text)) => self.thinking_piece(reply, text),
            (State::Asking(reply), Input::ModelCall(request)) => self.call_piece(reply, request),
            (State::Asking(reply), Input::ModelUsage(usage)) => self.usage_piece(reply, usage),
            (State::Asking(reply), Input::ModelEnded(stop)) => self.reply_ended(reply, stop),
            (State::Asking(reply), Input::ModelFailed(failure)) => self.reply_failed(reply, &failure),
            (State::Asking(reply), Input::Cancelled) => self.reply_broke_off(reply, StopReason::Interrupted, None),
            (State::Asking(reply), Input::LimitReached(why)) => {
                self.reply_broke_off(reply, StopReason::BudgetLimit, Some(why))
            }

            (State::Calling(calls), Input::CallAnswered { answer, broken, unanswered }) => {
                self.call_answered(calls, answer, broken, unanswered)
            }
            (State::Calling(calls), Input::Cancelled) => {
                self.end_after_calls(StopReason::Interrupted, None, "the person interrupted the turn");
                self.stay(State::Calling(calls))
            }
            (State::Calling(calls), Input::LimitReached(why)) => {
                self.end_after_calls(StopReason::BudgetLimit, Some(why), "a limit of the session is reached");
                self.stay(State::Calling(calls))
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

    fn model_waits(&mut self, reply: Reply, why: String, wait: Duration) -> Vec<Action> {
        self.state = State::Asking(reply);
        let (message, seconds) = (self.steps, wait.as_secs_f64());
        vec![Action::Tell(StreamEvent::ModelWaiting { message, why, seconds })]
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
        let offset = reply.thinking_bytes as u64;
        if let Err(failure) = reply.take_thinking(&text, &self.limits) {
            return self.reply_failed(reply, &failure);
        }
        self.state = State::Asking(reply);
        vec![Action::Tell(StreamEvent::ThinkingDelta { message: self.steps, offset, text })]
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
        let (most, heard) = (self.limits.calls_per_message, reply.calls.len());
        // A port hands over whole calls only, but one that errs does it in the last of a cut message, and half a file
        // must not be written as if it were the whole.
        let whole = if stop == Stop::Length { heard - 1 } else { heard };
        let bar = |(place, request)| {
            let barred = if most <= place {
                Some(format!("too many calls in one message; at most {most} are run"))
            } else if whole <= place {
                Some("the message was cut at the model's limit on output, so this call may be incomplete".to_owned())
            } else {
                None
            };
            (request, barred)
        };
        let after = (self.order)(&reply.calls[..whole.min(most)]);
        let calls = Calls::new(reply.calls.iter().cloned().enumerate().map(bar), after);
        let mut actions = self.take_reply(reply.text, reply.calls, reply.usage);
        actions.extend(self.next_calls(calls));
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

    fn next_calls(&mut self, mut calls: Calls) -> Vec<Action> {
        if calls.are_over() {
            return match self.ending.take() {
                Some(Ending { reason, error, .. }) => self.finish(reason, error),
                None => self.next_step(),
            };
        }
        let started = calls.start(self.limits.calls_at_once.max(1), self.ending.as_ref().map(|ending| ending.why));
        self.state = State::Calling(calls);
        let act = |(request, why)| match why {
            None => Action::Call(request),
            Some(why) => Action::Skip { request, why },
        };
        started.into_iter().map(act).collect()
    }

    fn call_answered(
        &mut self,
        mut calls: Calls,
        answer: ToolAnswer,
        broken: Option<String>,
        unanswered: bool,
    ) -> Vec<Action> {
        if !calls.answered(answer.call) {
            return self.stay(State::Calling(calls));
        }
        self.unanswered += u32::from(unanswered);
        let round = self.conversation.answer(answer);
        if let Some(error) = broken {
            self.end_after_calls(StopReason::ToolBroken, Some(error), "a tool broke and ended the turn");
        } else if let Round::Stop { calls, rounds, tool } = round {
            let what = if calls == 1 { "the same call".to_owned() } else { format!("the same {calls} calls") };
            let error =
                format!("the model made {what} {rounds} times in a row with the same answer, the last to {tool:?}");
            self.end_after_calls(StopReason::Repeats, Some(error), "the turn was stopped because it ran in a circle");
        }
        self.next_calls(calls)
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
