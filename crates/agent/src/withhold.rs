//! Keeps from a model what is more private than it may be sent.
//!
//! A configured model is a place outside like any other, with a ceiling of its own. What lies above it stays in the
//! conversation and in the journal; the model reads a note in its place, so that it can say what is missing.

use boxagnts_types::{Content, Label, Message, Privacy, ToolAnswer};

/// What a call's input is replaced by: a vendor wants an object there.
const NO_INPUT: &str = "{}";

/// The messages as a model may be sent them that reads up to `most`. `labels` has one label for each message.
pub(crate) fn withheld(messages: &[Message], labels: &[Label], most: Privacy, model: &str) -> Vec<Message> {
    let mut messages = messages.to_vec();
    for (message, label) in messages.iter_mut().zip(labels) {
        if label.privacy() <= most {
            continue;
        }
        match message {
            // What the person says to a model is for the model.
            Message::User { .. } => {}
            Message::Assistant { text, calls } => {
                if !text.is_empty() {
                    *text = note(label.privacy(), most, model);
                }
                for call in calls {
                    NO_INPUT.clone_into(&mut call.input);
                }
            }
            Message::Tool { answers } => {
                for answer in answers {
                    withhold(answer, most, model);
                }
            }
        }
    }
    messages
}

fn withhold(answer: &mut ToolAnswer, most: Privacy, model: &str) {
    if most < answer.label.privacy() {
        answer.content = vec![Content::text(note(answer.label.privacy(), most, model))];
    }
}

fn note(privacy: Privacy, most: Privacy, model: &str) -> String {
    let provider = model.split('/').next().unwrap_or(model);
    format!(
        "[withheld by the runtime: this is {privacy}, and the model {model} is allowed {most} content at most. A model \
         that runs on this machine may read it, or one whose max-label the person raises in the settings: \
         [models.{provider:?}].]"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Conversation;
    use boxagnts_types::{CallRequest, Outcome};

    fn request(number: u32, input: &str) -> CallRequest {
        let id = format!("{number:026}").parse().unwrap();
        CallRequest { id, model_id: "m".to_owned(), tool: "read".to_owned(), input: input.to_owned() }
    }

    fn answer(number: u32, text: &str, label: Label) -> ToolAnswer {
        let (call, content) = (format!("{number:026}").parse().unwrap(), vec![Content::text(text)]);
        ToolAnswer { call, model_id: "m".to_owned(), outcome: Outcome::Done, content, label }
    }

    /// Asks for two files, reads both, and says something of them.
    fn conversation(read_by: Privacy) -> Conversation {
        let mut conversation = Conversation::new();
        conversation.limit_to(read_by);
        conversation.user(vec![Content::text("go")]);
        conversation.assistant(String::new(), vec![request(1, "{}"), request(2, "{}")]);
        conversation.answer(answer(1, "KEY=canary", Label::private("/workspace/.env")));
        conversation.answer(answer(2, "plain words", Label::INTERNAL));
        conversation.assistant("The key is canary.".to_owned(), vec![request(3, r#"{"q":"canary"}"#)]);
        conversation.close(|_| "stopped".to_owned());
        conversation
    }

    #[test]
    fn a_private_result_is_kept_from_a_model_that_may_not_have_it_and_the_one_beside_it_is_not() {
        let mut conversation = conversation(Privacy::Private);
        assert!(format!("{:?}", conversation.shown_to("openai/x")).contains("canary"), "nothing is above private");
        conversation.limit_to(Privacy::Internal);
        let shown = format!("{:?}", conversation.shown_to("openai/x"));
        assert!(!shown.contains("canary"), "neither the result nor what a model said of it: {shown}");
        assert!(shown.contains("plain words") && shown.contains("allowed internal content at most"), "{shown}");
        assert!(shown.contains("go"), "what the person said is for the model");
    }

    #[test]
    fn what_a_model_was_not_shown_it_has_not_read() {
        assert_eq!(conversation(Privacy::Internal).context().privacy(), Privacy::Internal);
        assert_eq!(conversation(Privacy::Private).context().privacy(), Privacy::Private);
        let shown = format!("{:?}", conversation(Privacy::Internal).shown_to("openai/x"));
        assert!(shown.contains("The key is canary."), "it said so without having read it");
    }
}
