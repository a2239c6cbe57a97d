//! Values that must not be seen.

use std::fmt;
use zeroize::Zeroizing;

/// What stands in the place of a secret.
const STARS: &str = "***";

/// A key or a password: it cannot be printed or serialised, and its memory is overwritten when it is dropped.
///
/// Comparing two of them is left out on purpose: whoever must do it chooses how long it may take.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value over. Copies that the caller keeps are the caller's.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value, for the one place that puts it on the wire.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text with the value struck out wherever it stands in it verbatim: a server may repeat a key that it refuses.
    pub fn struck_from(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(self.0.as_str(), STARS) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_as_stars_whatever_holds_it() {
        let secret = Some((Secret::new("sk-1234"), "x"));
        assert_eq!(format!("{secret:?}"), "Some((***, \"x\"))");
        assert_eq!(Secret::new("sk-1234").expose(), "sk-1234");
    }

    #[test]
    fn a_text_that_repeats_it_is_shown_without_it() {
        assert_eq!(Secret::new("sk-1").struck_from("bad key sk-1, yes sk-1"), "bad key ***, yes ***");
        assert_eq!(Secret::new("").struck_from("nothing to strike"), "nothing to strike");
    }
}
