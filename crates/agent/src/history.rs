//! A conversation, rebuilt from the events of a journal: pure, and never a second opinion about what was said.

use crate::conversation::Conversation;
use crate::left_open::{NOT_DONE, UNKNOWN};
use boxagnts_record::{Body, Event};
use boxagnts_types::{CallId, CallRequest, Label, Message, ToolAnswer};
use std::collections::{HashMap, HashSet};

/// The messages of a session's own agent, oldest first, as a model may be asked with them.
pub fn messages_from(events: &[Event]) -> Vec<Message> {
    conversation_from(events).messages().to_vec()
}

/// The conversation of a session's own agent, ready to go on.
///
/// What an executor did belongs to its own conversation and is left out. A call that has no result, because the
/// program ended before, is answered with what is known about it; it is never run again from here.
pub fn conversation_from(events: &[Event]) -> Conversation {
    let mut rebuilt = Rebuilt::default();
    for event in events.iter().filter(|event| event.parent_run.is_none()) {
        rebuilt.take(event);
    }
    rebuilt.close();
    rebuilt.conversation
}

#[derive(Default)]
struct Rebuilt {
    conversation: Conversation,
    /// Calls that may have changed something, from the moment before they did.
    intended: HashSet<CallId>,
    /// The model's own ids of the calls that have no result yet.
    open: HashMap<CallId, String>,
}

impl Rebuilt {
    fn take(&mut self, event: &Event) {
        match &event.body {
            Body::TurnStarted { prompt, .. } => {
                self.close();
                self.conversation.user(prompt.clone());
            }
            Body::Message { text, calls, label, .. } => {
                self.close();
                self.open = calls.iter().map(|call| (call.id, call.model_id.clone())).collect();
                // Where nobody wrote down what the model had read, it had read everything.
                let label = label.clone().unwrap_or_else(|| self.conversation.context());
                self.conversation.said(text.clone(), calls.clone(), label);
            }
            Body::CallIntended { .. } => self.intended.extend(event.call),
            Body::CallFinished { outcome, content, label, .. } => {
                let Some(call) = event.call else { return };
                // A call that no message asked for came from outside of the conversation.
                let Some(model_id) = self.open.remove(&call) else { return };
                let (content, label) = (content.clone(), label.clone().unwrap_or_else(Label::unlabelled));
                self.conversation.answer(ToolAnswer { call, model_id, outcome: *outcome, content, label });
            }
            Body::TurnFinished { .. } => self.close(),
            Body::SessionStarted { .. }
            | Body::CallDecided { .. }
            | Body::ApprovalRequested { .. }
            | Body::ApprovalResolved { .. }
            | Body::FileBefore { .. }
            | Body::Effect { .. } => {}
        }
    }

    fn close(&mut self) {
        self.open.clear();
        self.conversation.close(|request| what_is_known(&self.intended, request));
    }
}

fn what_is_known(intended: &HashSet<CallId>, request: &CallRequest) -> String {
    if intended.contains(&request.id) { UNKNOWN.to_owned() } else { NOT_DONE.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_record::event::VERSION;
    use boxagnts_types::stream::StopReason;
    use boxagnts_types::{Content, Outcome, PrincipalId, RunId, Time, Usage};
    use std::str::FromStr;

    fn id<T: FromStr<Err: std::fmt::Debug>>(number: u64) -> T {
        format!("{number:026}").parse().unwrap()
    }

    fn event(seq: u64, call: Option<u64>, body: Body) -> Event {
        Event {
            v: VERSION,
            seq,
            id: id(seq),
            time: Time::from_micros(0),
            workspace: id(1),
            principal: PrincipalId::local(),
            session: id(2),
            run: Some(id(3)),
            parent_run: None,
            agent: None,
            turn: None,
            step: None,
            call: call.map(id),
            cause: None,
            body,
        }
    }

    /// Numbers the bodies; the second of a pair is the call they belong to.
    fn journal(bodies: Vec<(Body, Option<u64>)>) -> Vec<Event> {
        (1..).zip(bodies).map(|(seq, (body, call))| event(seq, call, body)).collect()
    }

    fn started(prompt: &str) -> (Body, Option<u64>) {
        let prompt = vec![Content::text(prompt)];
        (
            Body::TurnStarted {
                prompt,
                model: "demo/x".to_owned(),
                mode: "ask".to_owned(),
                tools: Vec::new(),
                max_label: None,
            },
            None,
        )
    }

    fn said(text: &str, calls: &[u64]) -> (Body, Option<u64>) {
        let call = |number: &u64| CallRequest {
            id: id(*number),
            model_id: format!("m{number}"),
            tool: "read".to_owned(),
            input: "{}".to_owned(),
        };
        let calls = calls.iter().map(call).collect();
        (Body::Message { text: text.to_owned(), calls, usage: Usage::default(), label: None }, None)
    }

    fn answered(call: u64, text: &str) -> (Body, Option<u64>) {
        let content = vec![Content::text(text)];
        let tool = "read".to_owned();
        (
            Body::CallFinished { tool, outcome: Outcome::Done, content, truncated: false, micros: 1, label: None },
            Some(call),
        )
    }

    fn finished() -> (Body, Option<u64>) {
        let (text, usage) = (String::new(), Usage::default());
        (Body::TurnFinished { reason: StopReason::Answered, text, usage, steps: 1, error: None }, None)
    }

    /// One line per message: who speaks and what is in it.
    fn told(messages: &[Message]) -> String {
        let one = |content: &[Content]| match content {
            [Content::Text { text }, ..] => text.clone(),
            _ => String::new(),
        };
        let lines = |message: &Message| match message {
            Message::User { content } => vec![format!("user: {}\n", one(content))],
            Message::Assistant { text, calls } => vec![format!("assistant: {text} ({} calls)\n", calls.len())],
            Message::Tool { answers } => {
                let line = |a: &ToolAnswer| format!("  {} {}: {}\n", a.model_id, a.outcome, one(&a.content));
                answers.iter().map(line).collect()
            }
        };
        messages.iter().flat_map(lines).collect()
    }

    #[test]
    fn a_finished_session_reads_as_it_was() {
        let events = journal(vec![
            started("hello"),
            said("I look.", &[7, 8]),
            answered(8, "eight"),
            answered(7, "seven"),
            said("Done.", &[]),
            finished(),
            started("more"),
        ]);
        expect_test::expect![[r"
            user: hello
            assistant: I look. (2 calls)
              m7 done: seven
              m8 done: eight
            assistant: Done. (0 calls)
            user: more
        "]]
        .assert_eq(&told(&messages_from(&events)));
        assert_eq!(conversation_from(&events).turns(), 2);
    }

    #[test]
    fn a_call_without_a_result_is_answered_with_what_is_known() {
        let intended = (Body::CallIntended { fingerprint: String::new() }, Some(7));
        let events = journal(vec![started("go"), said("", &[7, 8, 9]), answered(9, "nine"), intended]);
        let told = told(&messages_from(&events));
        assert!(told.contains("m7 cancelled: unknown"), "{told}");
        assert!(told.contains("m8 cancelled: not done"), "{told}");
        assert!(told.contains("m9 done: nine"), "{told}");
    }

    #[test]
    fn a_result_that_nobody_asked_for_and_a_second_one_are_left_out() {
        let events = journal(vec![
            answered(1, "from the command line"),
            started("go"),
            said("", &[7]),
            answered(7, "first"),
            answered(7, "second"),
        ]);
        let told = told(&messages_from(&events));
        assert!(told.contains("first") && !told.contains("second") && !told.contains("command line"), "{told}");
    }

    #[test]
    fn what_an_executor_did_is_left_out() {
        let mut events = journal(vec![started("go"), said("I am the executor", &[]), said("I am the agent", &[])]);
        events[1].parent_run = Some(id::<RunId>(4));
        let told = told(&messages_from(&events));
        assert!(told.contains("the agent") && !told.contains("the executor"), "{told}");
    }

    #[test]
    fn a_cut_journal_always_gives_a_conversation_with_one_answer_per_call() {
        let events = journal(vec![
            started("go"),
            said("a", &[1, 2, 3]),
            answered(2, "x"),
            answered(1, "x"),
            answered(3, "x"),
            said("b", &[4]),
            answered(4, "x"),
            said("c", &[]),
            finished(),
        ]);
        for length in 0..=events.len() {
            let messages = messages_from(&events[..length]);
            for (at, message) in messages.iter().enumerate() {
                let Message::Assistant { calls, .. } = message else { continue };
                let asked: Vec<CallId> = calls.iter().map(|call| call.id).collect();
                let answers = match messages.get(at + 1) {
                    Some(Message::Tool { answers }) => answers.iter().map(|answer| answer.call).collect(),
                    _ => Vec::new(),
                };
                assert_eq!(asked, answers, "journal of {length} events");
            }
        }
    }
}
