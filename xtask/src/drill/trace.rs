//! strace, which knows and changes what a program asks of the system; and its account of what was done to files.

use super::disk::Deed;
use crate::command;
use std::collections::HashMap;
use std::path::Path;

/// How to get it.
pub(super) const INSTALL: &str = "install strace: `apt install strace` or `dnf install strace`";

/// The arguments for an account that [`deeds`] understands, of pages as a whole.
pub(super) const ACCOUNT: [&str; 6] = [
    "-f",
    "-y",
    "-xx",
    "-qq",
    "-s1000000",
    "-etrace=openat,pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,ftruncate,mkdir,mkdirat,linkat,rename,unlink",
];

/// Whether it is here.
pub(super) fn is_here() -> bool {
    command::answers("strace", &["--version"])
}

/// What was done to files, in order. A write counts from its beginning, everything else from its end.
pub(super) fn deeds(log: &str) -> Vec<Deed> {
    let mut account = Account::default();
    log.lines().filter_map(|line| account.line(line)).collect()
}

#[derive(Default)]
struct Account<'a> {
    /// The beginnings of calls that other threads' calls came between.
    begun: HashMap<&'a str, &'a str>,
    /// What a descriptor last meant.
    descriptors: HashMap<String, String>,
}

impl<'a> Account<'a> {
    fn line(&mut self, line: &'a str) -> Option<Deed> {
        let (thread, call) = line.split_once(' ')?;
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix("<unfinished ...>") {
            self.begun.insert(thread, begun);
            return if is_write(begun) { self.deed(begun) } else { None };
        }
        if call.starts_with("<...") {
            let begun = self.begun.remove(thread)?;
            let whole = format!("{begun}{}", call.split_once("resumed>")?.1);
            return if is_write(begun) { None } else { self.deed(&whole) };
        }
        self.deed(call)
    }

    fn deed(&mut self, call: &str) -> Option<Deed> {
        let (name, rest) = call.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(") ").unwrap_or((rest, ""));
        let result = result.trim_start().trim_start_matches("= ");
        if result.starts_with('-') {
            return None;
        }
        let (number, path) = descriptor(arguments).unwrap_or_default();
        if !path.is_empty() {
            self.descriptors.insert(number, path.clone());
        }
        let texts = texts(arguments);
        let text = |at: usize| texts.get(at).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        match name {
            "openat" => {
                let (number, opened) = descriptor(result)?;
                self.descriptors.insert(number, opened.clone());
                let creates = arguments.contains("O_CREAT") || arguments.contains("O_TMPFILE");
                let cuts = arguments.contains("O_TRUNC");
                if cuts { Some(Deed::Cut(opened, 0)) } else { creates.then_some(Deed::Create(opened)) }
            }
            "pwrite64" | "pwritev" => Some(Deed::Write(path, last_number(arguments), texts.concat())),
            "write" | "writev" | "pwritev2" => Some(Deed::Write(path, None, texts.concat())),
            "fsync" | "fdatasync" => Some(Deed::Sync(path)),
            "ftruncate" => Some(Deed::Cut(path, last_number(arguments)?)),
            "mkdir" => Some(Deed::Folder(text(0)?)),
            "mkdirat" => Some(Deed::Folder(Path::new(&path).join(text(0)?).display().to_string())),
            "rename" => Some(Deed::Name(text(0)?, text(1)?)),
            "unlink" => Some(Deed::Remove(text(0)?)),
            "linkat" => {
                let from = text(0)?;
                let from = from.strip_prefix("/proc/self/fd/").and_then(|number| self.descriptors.get(number))?;
                Some(Deed::Name(from.clone(), text(1)?))
            }
            _ => None,
        }
    }
}

fn is_write(call: &str) -> bool {
    ["pwrite64(", "pwritev", "write(", "writev("].iter().any(|name| call.starts_with(name))
}

/// `7<\x2f\x61>` as the number and the path.
fn descriptor(text: &str) -> Option<(String, String)> {
    let (number, rest) = text.split_once('<')?;
    if number != "AT_FDCWD" {
        number.parse::<u32>().ok()?;
    }
    let path = unescaped(rest.split_once('>')?.0);
    Some((number.to_owned(), String::from_utf8_lossy(&path).into_owned()))
}

/// Everything in quotes, which is in hexadecimal.
fn texts(arguments: &str) -> Vec<Vec<u8>> {
    arguments.split('"').skip(1).step_by(2).map(unescaped).collect()
}

fn unescaped(text: &str) -> Vec<u8> {
    if !text.starts_with("\\x") {
        return text.as_bytes().to_vec();
    }
    text.split("\\x").skip(1).filter_map(|hex| u8::from_str_radix(hex.get(..2)?, 16).ok()).collect()
}

fn last_number(arguments: &str) -> Option<usize> {
    arguments.rsplit(", ").next()?.trim().trim_end_matches(',').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_understood_also_where_threads_come_between() {
        let log = r#"7 openat(AT_FDCWD<\x2f>, "\x2f\x61", O_RDWR|O_CREAT, 0600) = 3<\x2f\x61>
7 pwrite64(3<\x2f\x61>, "\x41\x42", 2, 512 <unfinished ...>
8 mkdir("\x2f\x62", 0700) = -1 EEXIST (File exists)
7 <... pwrite64 resumed>)           = 2
7 fsync(3<\x2f\x61> <unfinished ...>
8 mkdir("\x2f\x63", 0700) = 0
7 <... fsync resumed>) = 0
8 linkat(AT_FDCWD<\x2f>, "\x2f\x70\x72\x6f\x63\x2f\x73\x65\x6c\x66\x2f\x66\x64\x2f\x33", AT_FDCWD<\x2f>, "\x2f\x65", AT_SYMLINK_FOLLOW) = 0
8 pwritev2(4<\x2f\x64>, [{iov_base="\x43", iov_len=1}], 1, 0, RWF_APPEND) = 1"#;
        let (a, owned) = (|| "/a".to_owned(), str::to_owned);
        let expected = [
            Deed::Create(a()),
            Deed::Write(a(), Some(512), b"AB".to_vec()),
            Deed::Folder(owned("/c")),
            Deed::Sync(a()),
            Deed::Name(a(), owned("/e")),
            Deed::Write(owned("/d"), None, b"C".to_vec()),
        ];
        assert_eq!(deeds(log), expected);
    }
}
