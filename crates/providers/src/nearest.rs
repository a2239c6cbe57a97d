//! Which known name a person most likely meant.

/// Longer texts are no slips of a short name, and comparing them would cost the square of their length.
const LONGEST: usize = 64;

/// The known name that is nearest to `name`, if one is near enough to be worth naming.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if LONGEST < name.len() {
        return None;
    }
    let name = name.trim().to_lowercase();
    let near = |candidate: &'a str| {
        let is_half = candidate.split('/').any(|half| half == name);
        let distance = if is_half { 0 } else { distance(&name, candidate) };
        // A third of the letters may differ; more is another word.
        (distance <= candidate.chars().count() / 3).then_some((distance, candidate))
    };
    known.filter_map(near).min().map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out or exchanged (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, letter) in a.chars().enumerate() {
        let mut corner = row;
        above[0] = row + 1;
        for (column, other) in b.iter().enumerate() {
            let exchanged = corner + usize::from(letter != *other);
            corner = above[column + 1];
            above[column + 1] = exchanged.min(corner + 1).min(above[column] + 1);
        }
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_counted_in_letters() {
        for (a, b, wanted) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("é", "e", 1), ("abc", "abc", 0)]
        {
            assert_eq!(distance(a, b), wanted, "{a} {b}");
            assert_eq!(distance(b, a), wanted, "{b} {a}");
        }
    }

    #[test]
    fn another_word_is_not_near() {
        assert_eq!(nearest("anthropic/claude", ["demo/tour"].into_iter()), None);
        assert_eq!(nearest("demo/tours", ["demo/tour", "demo/tower"].into_iter()), Some("demo/tour"));
    }
}
