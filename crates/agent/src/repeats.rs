//! Notices a model that runs in a circle: the same calls with the same answers, again and again.
//!
//! A call counts as the same when tool, input (in its canonical form, so that spaces and the order of keys do not
//! hide a repetition) and answer are the same. A model that polls something that changes is therefore never stopped.

use boxagnts_types::canonical::{canonical_json, sha256_hex};
use boxagnts_types::{CallInput, CallRequest, ToolAnswer};

/// The round at which the model is told: twice can be a second look, three times never brings anything new.
pub const NOTE_AT: usize = 3;

/// The round at which the turn ends: the model had the note for two rounds and went on.
pub const STOP_AT: usize = 5;

/// How many different calls may make up a circle: A A A, A B A B and A B C A B C are noticed. Longer circles meet the
/// limit on steps.
const LONGEST_CIRCLE: usize = 3;

/// What the latest call means for the turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round {
    /// Nothing to say.
    Usual,
    /// The model should be told that the last `calls` calls came `rounds` times.
    Note {
        /// How many calls make up the circle.
        calls: usize,
        /// How often it was run.
        rounds: usize,
    },
    /// The turn should end.
    Stop {
        /// How many calls make up the circle.
        calls: usize,
        /// How often it was run.
        rounds: usize,
        /// The tool of its last call.
        tool: String,
    },
}

/// The fingerprints of the latest calls of a turn, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Repeats(Vec<String>);

impl Repeats {
    /// A call was run and answered.
    pub fn answered(&mut self, request: &CallRequest, answer: &ToolAnswer) -> Round {
        if self.0.len() == LONGEST_CIRCLE * STOP_AT {
            self.0.remove(0);
        }
        self.0.push(fingerprint(request, answer));
        let tool = &request.tool;
        (1..=LONGEST_CIRCLE)
            .map(|calls| self.round(calls, tool))
            .find(|round| *round != Round::Usual)
            .unwrap_or(Round::Usual)
    }

    /// Forgets everything: what the person says makes an old call new.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// Whether the latest call completes another round of a circle of `calls` calls.
    fn round(&self, calls: usize, tool: &str) -> Round {
        let latest = self.0.iter().rev();
        let same = latest.clone().zip(latest.skip(calls)).take_while(|(newer, older)| newer == older).count();
        let rounds = same / calls + 1;
        match (same % calls, rounds) {
            (0, STOP_AT..) => Round::Stop { calls, rounds, tool: tool.to_owned() },
            (0, NOTE_AT) => Round::Note { calls, rounds },
            _ => Round::Usual,
        }
    }
}

fn fingerprint(request: &CallRequest, answer: &ToolAnswer) -> String {
    let input = CallInput::parse(&request.input)
        .ok()
        .and_then(|input| canonical_json(&input).ok())
        .unwrap_or_else(|| request.input.clone());
    let whole = (&request.tool, &input, answer.outcome, &answer.content);
    // Every part is text or JSON, which has a canonical form; the plain form would only tell more calls apart.
    let text = canonical_json(&whole).unwrap_or_else(|_| format!("{whole:?}"));
    sha256_hex(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_types::{Content, Label, Outcome};

    fn request(tool: &str, input: &str) -> CallRequest {
        let id = format!("{:026}", 0).parse().unwrap();
        CallRequest { id, model_id: String::new(), tool: tool.to_owned(), input: input.to_owned() }
    }

    fn answer(text: &str) -> ToolAnswer {
        let call = format!("{:026}", 0).parse().unwrap();
        ToolAnswer {
            call,
            model_id: String::new(),
            outcome: Outcome::Done,
            content: vec![Content::text(text)],
            label: Label::INTERNAL,
        }
    }

    /// Runs one call per letter, the letter being the tool, and says what came of each.
    fn rounds(tools: &str) -> String {
        let mut repeats = Repeats::default();
        let say = |round| match round {
            Round::Usual => '.',
            Round::Note { .. } => 'n',
            Round::Stop { .. } => 's',
        };
        tools.chars().map(|tool| say(repeats.answered(&request(&tool.to_string(), "{}"), &answer("same")))).collect()
    }

    #[test]
    fn one_call_again_and_again_is_noted_at_three_and_stopped_at_five() {
        assert_eq!(rounds("AAAAA"), "..n.s");
    }

    #[test]
    fn calls_that_take_turns_are_a_circle_too() {
        assert_eq!(rounds("ABABABABAB"), ".....n...s");
        assert_eq!(rounds("ABCABCABCABCABC"), "........n.....s");
    }

    #[test]
    fn a_different_call_breaks_the_circle() {
        assert_eq!(rounds("AABAABAAC"), ".........");
        assert_eq!(rounds("AAAABAAAAB"), "..n....n..");
    }

    #[test]
    fn many_calls_before_it_do_not_hide_a_circle() {
        assert_eq!(rounds("BCDEFGHIJKLMNAAAAA"), "...............n.s");
        assert_eq!(rounds("CDEFGHIJKLMNOPQABABAB"), "....................n");
    }

    #[test]
    fn spaces_and_the_order_of_keys_do_not_hide_a_repetition() {
        let mut repeats = Repeats::default();
        let inputs = [r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, r#"{ "a": 1.0, "b": 2 }"#];
        let last = &inputs.map(|input| repeats.answered(&request("t", input), &answer("x")))[2];
        assert_eq!(*last, Round::Note { calls: 1, rounds: 3 });
    }

    #[test]
    fn an_answer_that_changes_is_no_repetition() {
        let mut repeats = Repeats::default();
        for number in 0..20 {
            let round = repeats.answered(&request("poll", "{}"), &answer(&number.to_string()));
            assert_eq!(round, Round::Usual);
        }
    }

    #[test]
    fn an_input_that_is_no_json_is_compared_as_text() {
        let mut repeats = Repeats::default();
        let last = &["{", "{", "{"].map(|input| repeats.answered(&request("t", input), &answer("x")))[2];
        assert_eq!(*last, Round::Note { calls: 1, rounds: 3 });
    }
}
