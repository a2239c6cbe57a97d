//! What was said so far, always in the form that a model may be asked with.
//!
//! The live turn and the rebuilding from the journal ([`crate::history`]) both go through this one type, so that a
//! resumed session reads exactly as it did before.

use crate::repeats::{Repeats, Round};
use crate::withhold::withheld;
use boxagnts_types::{CallRequest, Content, Label, Message, Outcome, Privacy, ToolAnswer};

/// The messages of one agent in one session.
///
/// Each call of a message gets exactly one answer: a first one counts, a second one is ignored, and a call that never
/// got one is answered by [`Conversation::close`] before anything else is said.
#[derive(Debug, Clone)]
pub struct Conversation {
    messages: Vec<Message>,
    /// One for each message: what whoever said it had read, or what came back.
    labels: Vec<Label>,
    /// What the model may be sent at most.
    most: Privacy,
    open: Vec<Open>,
    /// How many of the open calls, from the first on, were looked at for repetitions.
    judged: usize,
    repeats: Repeats,
    turns: u32,
}

/// A call of the latest message.
#[derive(Debug, Clone)]
struct Open {
    request: CallRequest,
    answer: Option<ToolAnswer>,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            labels: Vec::new(),
            most: Privacy::Private,
            open: Vec::new(),
            judged: 0,
            repeats: Repeats::default(),
            turns: 0,
        }
    }
}

impl Conversation {
    /// Nothing was said yet, and the model may be sent everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps from the model what is more private than this.
    pub fn limit_to(&mut self, most: Privacy) {
        self.most = most;
    }

    /// The label of all that the model was sent, which is what its calls may pass on: results that are above its limit
    /// are none of it. A result counts once its message is complete, for no call of that message was chosen by it.
    pub fn context(&self) -> Label {
        let mut context = Label::PUBLIC;
        for (message, label) in self.messages.iter().zip(&self.labels) {
            match message {
                Message::Tool { answers } => {
                    for answer in answers.iter().filter(|answer| answer.label.privacy() <= self.most) {
                        context.add(&answer.label);
                    }
                }
                Message::User { .. } | Message::Assistant { .. } if label.privacy() <= self.most => context.add(label),
                Message::User { .. } | Message::Assistant { .. } => {}
            }
        }
        context
    }

    /// The messages as the model of this name may be sent them.
    pub fn shown_to(&self, model: &str) -> Vec<Message> {
        withheld(&self.messages, &self.labels, self.most, model)
    }

    /// The messages, oldest first. While calls are running their message is the last one.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// How many turns were begun.
    pub fn turns(&self) -> u32 {
        self.turns
    }

    /// The person says something: a new turn.
    pub fn user(&mut self, content: Vec<Content>) {
        self.close(never_answered);
        self.repeats.forget();
        self.turns = self.turns.saturating_add(1);
        // What the person says to a model is meant for it.
        self.push(Message::User { content }, Label::PUBLIC);
    }

    /// The model says something. A message of nothing is left out, since vendors refuse to be shown one.
    pub fn assistant(&mut self, text: String, calls: Vec<CallRequest>) {
        self.close(never_answered);
        self.said(text, calls, self.context());
    }

    /// The same with the label of what the model had read when it said so.
    pub fn said(&mut self, text: String, calls: Vec<CallRequest>, label: Label) {
        self.close(never_answered);
        if text.is_empty() && calls.is_empty() {
            return;
        }
        self.open = calls.iter().map(|request| Open { request: request.clone(), answer: None }).collect();
        self.push(Message::Assistant { text, calls }, label);
    }

    /// A call of the latest message has its answer. Answers may come in any order and stand in that of the calls.
    ///
    /// A note for a model that runs in a circle is put behind the answer that closes it. Answers are looked at in the
    /// order of the calls too, so one that comes early is judged only once all before it are here: what a session reads
    /// as must not depend on which of two calls was faster.
    pub fn answer(&mut self, answer: ToolAnswer) -> Round {
        let is_asked = |open: &&mut Open| open.request.id == answer.call && open.answer.is_none();
        let Some(open) = self.open.iter_mut().find(is_asked) else { return Round::Usual };
        open.answer = Some(answer);
        let round = self.judge();
        if self.open.iter().all(|open| open.answer.is_some()) {
            self.close(never_answered);
        }
        round
    }

    /// Answers the calls that have no answer with what `why` says about each, and puts the answers down.
    pub fn close(&mut self, why: impl Fn(&CallRequest) -> String) {
        if self.open.is_empty() {
            return;
        }
        for Open { request, answer } in &mut self.open {
            answer.get_or_insert_with(|| ToolAnswer {
                call: request.id,
                content: vec![Content::text(why(request))],
                model_id: request.model_id.clone(),
                outcome: Outcome::Cancelled,
                label: Label::PUBLIC,
            });
        }
        self.judge();
        self.judged = 0;
        let answers: Vec<ToolAnswer> = self.open.drain(..).filter_map(|open| open.answer).collect();
        let mut label = Label::PUBLIC;
        for answer in &answers {
            label.add(&answer.label);
        }
        self.push(Message::Tool { answers }, label);
    }

    fn push(&mut self, message: Message, label: Label) {
        self.messages.push(message);
        self.labels.push(label);
    }

    /// Looks for repetitions in the answers that are here without a gap. The gravest finding counts.
    fn judge(&mut self) -> Round {
        let mut gravest = Round::Usual;
        for Open { request, answer } in &mut self.open[self.judged..] {
            let Some(answer) = answer else { break };
            self.judged += 1;
            // A call that did not run says nothing about what the model would do with its result.
            if answer.outcome == Outcome::Cancelled {
                continue;
            }
            let round = self.repeats.answered(request, answer);
            if let Round::Note { calls, rounds } = round {
                answer.content.push(Content::text(note(calls, rounds)));
            }
            if !matches!((&gravest, &round), (_, Round::Usual) | (Round::Stop { .. }, _)) {
                gravest = round;
            }
        }
        gravest
    }
}

fn never_answered(_: &CallRequest) -> String {
    "no result was recorded for this call".to_owned()
}

fn note(calls: usize, rounds: usize) -> String {
    let what = if calls == 1 { "this call".to_owned() } else { format!("these last {calls} calls") };
    format!(
        "[note of the runtime: {what} came {rounds} times in a row with the same answer. Another round will not change \
         it, and the turn ends if it goes on. Try something else, or answer with what you have.]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_types::CallId;

    fn id(number: u128) -> CallId {
        format!("{number:026}").parse().unwrap()
    }

    fn request(number: u128) -> CallRequest {
        let id = id(number);
        CallRequest { id, model_id: "same".to_owned(), tool: "t".to_owned(), input: "{}".to_owned() }
    }

    fn answer(number: u128, text: &str) -> ToolAnswer {
        let call = id(number);
        let content = vec![Content::text(text)];
        ToolAnswer { call, model_id: "same".to_owned(), outcome: Outcome::Done, content, label: Label::INTERNAL }
    }

    fn texts(message: &Message) -> Vec<String> {
        let Message::Tool { answers } = message else { return Vec::new() };
        answers.iter().map(|answer| format!("{:?}", answer.content)).collect()
    }

    #[test]
    fn answers_stand_in_the_order_of_the_calls_whatever_their_own() {
        let mut conversation = Conversation::new();
        conversation.assistant(String::new(), vec![request(1), request(2)]);
        conversation.answer(answer(2, "two"));
        assert_eq!(conversation.messages().len(), 1, "a call is open");
        conversation.answer(answer(1, "one"));
        let [one, two] = &texts(&conversation.messages()[1])[..] else { panic!("two answers") };
        assert!(one.contains("one") && two.contains("two"));
    }

    #[test]
    fn which_call_was_faster_does_not_change_what_is_said_to_the_model() {
        let play = |order: [u128; 4]| {
            let mut conversation = Conversation::new();
            conversation.assistant(String::new(), [1, 2, 3, 4].map(request).into());
            let noted = order.map(|number| conversation.answer(answer(number, "same")) != Round::Usual);
            (conversation.messages().to_vec(), noted)
        };
        let (in_order, noted) = play([1, 2, 3, 4]);
        assert_eq!(noted, [false, false, true, false]);
        let (backwards, noted) = play([4, 3, 2, 1]);
        assert_eq!((&backwards, noted), (&in_order, [false, false, false, true]));
        assert!(format!("{in_order:?}").contains("came 3 times"));
    }

    #[test]
    fn a_second_answer_and_one_that_nobody_asked_for_change_nothing() {
        let mut conversation = Conversation::new();
        conversation.assistant(String::new(), vec![request(1), request(2)]);
        conversation.answer(answer(1, "first"));
        conversation.answer(answer(1, "second"));
        conversation.answer(answer(9, "stranger"));
        conversation.answer(answer(2, "two"));
        conversation.answer(answer(2, "late"));
        assert_eq!(conversation.messages().len(), 2);
        let texts = texts(&conversation.messages()[1]).concat();
        assert!(texts.contains("first") && !texts.contains("second") && !texts.contains("stranger"));
    }

    #[test]
    fn an_open_call_is_answered_before_the_person_speaks() {
        let mut conversation = Conversation::new();
        conversation.assistant(String::new(), vec![request(1)]);
        conversation.user(vec![Content::text("go on")]);
        let roles: Vec<bool> = conversation.messages().iter().map(|m| matches!(m, Message::Tool { .. })).collect();
        assert_eq!(roles, [false, true, false]);
    }

    #[test]
    fn calls_that_did_not_run_are_no_repetition() {
        let mut conversation = Conversation::new();
        conversation.assistant(String::new(), (0..10).map(request).collect());
        for number in 0..10 {
            let skipped = ToolAnswer { outcome: Outcome::Cancelled, ..answer(number, "not started") };
            assert_eq!(conversation.answer(skipped), Round::Usual);
        }
    }

    #[test]
    fn a_message_of_nothing_is_left_out() {
        let mut conversation = Conversation::new();
        conversation.assistant(String::new(), Vec::new());
        assert!(conversation.messages().is_empty());
    }

    #[test]
    fn a_new_turn_forgets_what_was_repeated() {
        let mut conversation = Conversation::new();
        for number in 0..10 {
            conversation.user(vec![Content::text("again")]);
            conversation.assistant(String::new(), vec![request(number)]);
            assert_eq!(conversation.answer(answer(number, "same")), Round::Usual);
        }
    }
}
