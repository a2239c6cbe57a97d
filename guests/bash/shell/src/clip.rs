//! Output with a bound: its beginning and its end are kept.

use std::collections::VecDeque;

/// Bytes of which at most a beginning and an end are kept, whatever comes.
#[derive(Debug)]
pub struct Clip {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    total: u64,
}

impl Clip {
    /// Keeps at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), half: most / 2, total: 0 }
    }

    /// Takes more bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.half - self.head.len();
        let (first, rest) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(first);
        let rest = &rest[rest.len().saturating_sub(self.half)..];
        let surplus = (self.tail.len() + rest.len()).saturating_sub(self.half);
        self.tail.drain(..surplus);
        self.tail.extend(rest);
    }

    /// How many bytes came in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The bytes, when all of them were kept.
    pub fn whole(&self) -> Option<Vec<u8>> {
        (self.left_out() == 0).then(|| self.head.iter().chain(&self.tail).copied().collect())
    }

    /// What was kept as text, with a line between beginning and end that says how much is missing.
    pub fn text(&self) -> String {
        if let Some(whole) = self.whole() {
            return String::from_utf8_lossy(&whole).into_owned();
        }
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        let (head, tail) = (up_to_a_line(&self.head), from_a_line(&tail));
        let left_out = self.total - (head.len() + tail.len()) as u64;
        let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        format!("{head}[… {left_out} bytes left out …]\n{tail}")
    }

    fn left_out(&self) -> u64 {
        self.total - (self.head.len() + self.tail.len()) as u64
    }
}

/// The beginning without its last, broken line; a single long line stays.
fn up_to_a_line(head: &[u8]) -> &[u8] {
    head.iter().rposition(|&byte| byte == b'\n').map_or(head, |end| &head[..=end])
}

/// The end without its first, broken line; a single long line stays.
fn from_a_line(tail: &[u8]) -> &[u8] {
    match tail.iter().position(|&byte| byte == b'\n') {
        Some(end) if end + 1 < tail.len() => &tail[end + 1..],
        _ => tail,
    }
}

#[cfg(test)]
mod tests {
    use super::Clip;

    #[test]
    fn little_is_kept_whole() {
        let mut clip = Clip::new(10);
        clip.push(b"hello");
        clip.push(b"world");
        assert_eq!(clip.text(), "helloworld");
        assert_eq!(clip.whole().as_deref(), Some(&b"helloworld"[..]));
    }

    #[test]
    fn of_much_the_beginning_and_the_end_are_kept() {
        let mut clip = Clip::new(40);
        for number in 0..1000 {
            clip.push(format!("line {number}\n").as_bytes());
        }
        assert_eq!(clip.text(), "line 0\nline 1\n[… 8858 bytes left out …]\nline 998\nline 999\n");
        assert_eq!(clip.total(), 8890);
        assert_eq!(clip.whole(), None);
    }

    #[test]
    fn one_endless_line_is_cut_too() {
        let mut clip = Clip::new(4);
        clip.push(&[b'a'; 100]);
        clip.push(b"yz");
        assert_eq!(clip.text(), "aa[… 98 bytes left out …]\nyz");
    }
}
