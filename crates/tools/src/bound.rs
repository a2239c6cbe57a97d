//! The bound on what a model reads of one call.

use boxagnts_types::Content;

/// Text and JSON of one result together, in bytes. More would push the rest of a conversation out of a model's window.
pub const TO_MODEL: usize = 64 * 1024;

/// Images of one result together, in bytes; vendors refuse larger ones.
pub const IMAGES_TO_MODEL: usize = 8 * 1024 * 1024;

/// Cuts content to the bounds: `most` bytes of text and JSON, and [`IMAGES_TO_MODEL`]. Says in the text what was left out, and returns whether anything was.
pub fn bound(content: Vec<Content>, most: usize) -> (Vec<Content>, bool) {
    let mut room = most;
    let mut image_room = IMAGES_TO_MODEL;
    let mut cut = false;
    let mut kept = Vec::with_capacity(content.len());
    for item in content {
        match item {
            Content::Image { bytes, media_type } => {
                if bytes.len() <= image_room {
                    image_room -= bytes.len();
                    kept.push(Content::Image { media_type, bytes });
                } else {
                    cut = true;
                    kept.push(Content::text(format!("[{media_type} of {} bytes left out: too large]", bytes.len())));
                }
            }
            small if small.size() <= room => {
                room -= small.size();
                kept.push(small);
            }
            Content::Text { text } => {
                cut = true;
                kept.push(Content::Text { text: shorten(&text, std::mem::take(&mut room)) });
            }
            Content::Json { value } => {
                cut = true;
                kept.push(Content::Text { text: shorten(&value.to_string(), std::mem::take(&mut room)) });
            }
            Content::File { .. } => cut = true,
        }
    }
    (kept, cut)
}

/// Keeps three quarters of the room from the start and a quarter from the end, where errors usually stand.
fn shorten(text: &str, room: usize) -> String {
    let head = &text[..text.floor_char_boundary(room / 4 * 3)];
    let tail = &text[text.ceil_char_boundary(text.len() - room / 4)..];
    let left_out = text.len() - head.len() - tail.len();
    format!("{head}\n[… {left_out} bytes left out …]\n{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_not_touched() {
        let content = vec![Content::text("混ぜる\r\n"), Content::text("")];
        assert_eq!(bound(content.clone(), TO_MODEL), (content, false));
    }

    #[test]
    fn the_bound_holds_over_all_items_and_characters_stay_whole() {
        let content = vec![Content::text("é".repeat(TO_MODEL)), Content::text("x".repeat(TO_MODEL))];
        let (kept, cut) = bound(content, TO_MODEL);
        assert!(cut);
        let total: usize = kept.iter().map(Content::size).sum();
        assert!(total < TO_MODEL + 200, "{total}");
        assert!(matches!(&kept[0], Content::Text { text } if text.contains("bytes left out")));
    }

    #[test]
    fn an_image_beyond_its_bound_becomes_a_sentence() {
        let image = Content::Image { media_type: "image/png".to_owned(), bytes: vec![0; IMAGES_TO_MODEL + 1] };
        let (kept, cut) = bound(vec![image], TO_MODEL);
        assert!(cut);
        assert!(matches!(&kept[0], Content::Text { text } if text.contains("too large")));
    }
}
