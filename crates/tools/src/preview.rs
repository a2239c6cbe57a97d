//! What a call's input says that it would make of a file, so that a person can be shown the difference.

use crate::comparison::{Comparison, Side};
use crate::witness::Sights;
use boxagnts_types::GuestPath;

/// What a call would make of one file, as far as its input says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The file.
    pub path: GuestPath,
    /// What becomes of it.
    pub content: PreviewContent,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewContent {
    /// It has this content afterwards.
    Whole(String),
    /// This part of it is replaced.
    Part {
        /// The text that goes.
        old: String,
        /// The text that comes.
        new: String,
        /// Whether every place is meant, rather than the only one.
        everywhere: bool,
    },
}

impl Preview {
    /// As a text for the person.
    pub(crate) fn text(&self, sights: &Sights) -> String {
        let mut comparison = Comparison::default();
        let absent = Side::absent();
        let old = sights.side(&self.path).unwrap_or(&absent);
        match &self.content {
            PreviewContent::Whole(content) => {
                let what = if old.size.is_some() { "changed" } else { "new file" };
                comparison.file(&self.path, what, old, &Side::of(content.clone().into_bytes()));
            }
            PreviewContent::Part { old: from, new, everywhere } => {
                let what = part(old, from, *everywhere);
                let (from, new) = (Side::of(from.clone().into_bytes()), Side::of(new.clone().into_bytes()));
                comparison.file(&self.path, &what, &from, &new);
            }
        }
        comparison.into_text()
    }
}

/// How often the part stands in the file that is there. The tool itself may be more lenient than this count.
fn part(file: &Side, from: &str, everywhere: bool) -> String {
    let found = file.text.as_ref().filter(|_| !from.is_empty()).map(|text| text.matches(from).count());
    let places = match found {
        Some(1) => "one place".to_owned(),
        Some(count) if everywhere => format!("{count} places"),
        // The tool refuses what is not there, or not unique, and nothing changes.
        Some(count) => format!("a text that stands there {count} times"),
        None => "a part".to_owned(),
    };
    format!("{places} replaced")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::witness::{Sight, Witness};
    use boxagnts_capability::Effect;
    use futures::future::BoxFuture;

    struct Holds(&'static str);

    impl Witness for Holds {
        fn look<'a>(&'a self, _: &'a GuestPath) -> BoxFuture<'a, Sight> {
            let side = Some(Side::of(self.0.as_bytes().to_vec()));
            Box::pin(std::future::ready(Sight { mark: self.0.to_owned(), side }))
        }
    }

    async fn text(file: &'static str, content: PreviewContent) -> String {
        let path = GuestPath::parse("a.txt").unwrap();
        let sights = Sights::of(&Holds(file), &[Effect::Write(path.clone())]).await;
        Preview { path, content }.text(&sights)
    }

    #[tokio::test]
    async fn a_whole_file_is_compared_with_the_one_that_is_there() {
        let text = text("one\ntwo\n", PreviewContent::Whole("one\n2\n".to_owned())).await;
        assert!(text.starts_with("/workspace/a.txt: changed, 8 bytes become 6\n"), "{text}");
        assert!(text.contains("-two\n+2\n"), "{text}");
    }

    #[tokio::test]
    async fn a_part_is_shown_with_the_places_where_it_stands() {
        let part = |everywhere| PreviewContent::Part { old: "x".to_owned(), new: "y".to_owned(), everywhere };
        assert!(text("x x", part(true)).await.contains(": 2 places replaced"));
        assert!(text("x x", part(false)).await.contains(": a text that stands there 2 times replaced"));
        assert!(text("x", part(false)).await.contains(": one place replaced"));
    }
}
