//! Inputs: kept ones and soups of words, with a few edits.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::Arc;

/// Longer inputs say nothing new and take longer.
const LONGEST: usize = 16 * 1024;

/// Bytes that mean something to most readers.
const SIGNS: &[u8] = b"\0\t\n\r \"#$%&'*+,-./0:;<=>?@A[\\]^_`a{|}~\x7f\x80\xbf\xc2\xed\xef\xf0\xff";

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    Flip { at: Index, bit: u8 },
    Set { at: Index, sign: u8 },
    Insert { at: Index, word: Index },
    Remove { at: Index, length: usize },
    Repeat { at: Index, length: usize, times: usize },
    Splice { at: Index, other: Index, from: Index },
    Swap { one: Index, two: Index, length: usize },
}

/// What inputs are made of.
struct Stock {
    kept: Vec<Vec<u8>>,
    words: &'static [&'static str],
}

/// Inputs of a target with these kept ones and these words.
pub(crate) fn inputs(kept: Vec<Vec<u8>>, words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let kept = if kept.is_empty() { vec![Vec::new()] } else { kept };
    let stock = Arc::new(Stock { kept: kept.clone(), words });
    let soup = prop::collection::vec(select(words), 0..12).prop_map(|words| words.concat().into_bytes());
    let base = prop_oneof![3 => select(kept), 2 => soup];
    let edits = prop_oneof![
        1 => Just(Vec::new()).boxed(),
        6 => prop::collection::vec(edit(), 0..6).boxed(),
    ];
    (base, edits).prop_map(move |(input, edits)| edits.iter().fold(input, |input, edit| edit.applied(input, &stock)))
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        2 => (at(), 0_u8..8).prop_map(|(at, bit)| Edit::Flip { at, bit }),
        2 => (at(), select(SIGNS)).prop_map(|(at, sign)| Edit::Set { at, sign }),
        4 => (at(), at()).prop_map(|(at, word)| Edit::Insert { at, word }),
        2 => (at(), 1_usize..20).prop_map(|(at, length)| Edit::Remove { at, length }),
        1 => (at(), 1_usize..20, 1_usize..40).prop_map(|(at, length, times)| Edit::Repeat { at, length, times }),
        2 => (at(), at(), at()).prop_map(|(at, other, from)| Edit::Splice { at, other, from }),
        1 => (at(), at(), 1_usize..8).prop_map(|(one, two, length)| Edit::Swap { one, two, length }),
    ]
}

impl Edit {
    fn applied(&self, mut input: Vec<u8>, stock: &Stock) -> Vec<u8> {
        let place = |at: &Index| at.index(input.len() + 1);
        let part = |at: usize, length: usize| at..input.len().min(at + length);
        match self {
            Self::Flip { at, bit } => {
                let at = place(at);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Self::Set { at, sign } => {
                let at = place(at);
                if let Some(byte) = input.get_mut(at) {
                    *byte = *sign;
                }
            }
            Self::Insert { at, word } => {
                let at = place(at);
                let word = stock.words[word.index(stock.words.len())].bytes();
                input.splice(at..at, word);
            }
            Self::Remove { at, length } => {
                let part = part(place(at), *length);
                input.drain(part);
            }
            Self::Repeat { at, length, times } => {
                let part = part(place(at), *length);
                let (end, again) = (part.end, input[part].repeat(*times));
                input.splice(end..end, again);
            }
            Self::Splice { at, other, from } => {
                let other = &stock.kept[other.index(stock.kept.len())];
                input.truncate(place(at));
                input.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
            Self::Swap { one, two, length } => {
                let (one, two) = (part(place(one), *length), part(place(two), *length));
                let (first, second) = (input[one.clone()].to_vec(), input[two.clone()].to_vec());
                if one.end <= two.start {
                    input.splice(two, first);
                    input.splice(one, second);
                }
            }
        }
        input.truncate(LONGEST);
        input
    }
}
