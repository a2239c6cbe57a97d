//! The columns of `ls -l`. Owners and numbers of links do not exist here and are always the same.

use std::time::{Duration, SystemTime};

use bashkit::{FileType, Metadata};

use crate::commands::calendar::Date;

/// Half a year, from which on the year stands in place of the time of day.
const RECENT: Duration = Duration::from_secs(31_556_952 / 2);

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Everything before the name.
pub(super) fn columns(metadata: &Metadata, size: &str, width: usize) -> String {
    format!("{} 1 user user {size:>width$} {} ", mode(metadata), date(metadata.modified))
}

/// The room of a file on a disk with blocks of 4 KiB, in KiB.
pub(super) fn blocks(metadata: &Metadata) -> u64 {
    match metadata.file_type {
        FileType::Symlink => 0,
        _ => metadata.size.div_ceil(4096) * 4,
    }
}

fn mode(metadata: &Metadata) -> String {
    let mut text = String::from(match metadata.file_type {
        FileType::Directory => "d",
        FileType::Symlink => "l",
        FileType::Fifo => "p",
        FileType::File => "-",
    });
    for shift in [6, 3, 0] {
        let bits = metadata.mode >> shift;
        for (bit, letter) in [(4, 'r'), (2, 'w'), (1, 'x')] {
            text.push(if bits & bit == 0 { '-' } else { letter });
        }
    }
    text
}

fn date(modified: SystemTime) -> String {
    let date = Date::of(modified);
    let month = usize::try_from(date.month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"???");
    let is_recent = SystemTime::now().duration_since(modified).is_ok_and(|age| age < RECENT);
    if is_recent {
        format!("{month} {:2} {:02}:{:02}", date.day, date.hour, date.minute)
    } else {
        format!("{month} {:2}  {:04}", date.day, date.year)
    }
}
