//! Which known key a person most likely meant.

/// Longer texts are no slips of a short key, and comparing them would cost the square of their length.
const LONGEST: usize = 64;

/// The known key that is nearest, if at most a third of its letters, and never fewer than two, differ.
pub(crate) fn nearest<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if LONGEST < key.len() {
        return None;
    }
    let key = key.to_lowercase().replace('-', "_");
    let near = |candidate: &'k str| {
        let distance = distance(&key, candidate);
        (distance <= (candidate.chars().count() / 3).max(2)).then_some((distance, candidate))
    };
    known.filter_map(near).min().map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or exchanged (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in b.iter().enumerate() {
            let exchanged = diagonal + usize::from(letter != *other);
            diagonal = row[j + 1];
            row[j + 1] = exchanged.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
