//! What the arguments of `ls` ask for.

use bashkit::{FileType, Metadata};

/// What comes first.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Order {
    #[default]
    Name,
    Time,
    Size,
    Extension,
    None,
}

/// The marks behind names.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Marks {
    #[default]
    None,
    Folders,
    All,
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(super) struct Options {
    pub(super) operands: Vec<String>,
    pub(super) order: Order,
    pub(super) marks: Marks,
    pub(super) long: bool,
    pub(super) hidden: bool,
    pub(super) dots: bool,
    pub(super) reverse: bool,
    pub(super) recursive: bool,
    pub(super) folder_itself: bool,
    pub(super) human: bool,
}

pub(super) fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut only_operands = false;
    for argument in arguments {
        match argument.strip_prefix('-').filter(|rest| !only_operands && !rest.is_empty()) {
            Some("-") => only_operands = true,
            Some(rest) => match rest.strip_prefix('-') {
                Some(long) => word(&mut options, long)?,
                None => rest.chars().try_for_each(|letter| short(&mut options, letter))?,
            },
            None => options.operands.push(argument.clone()),
        }
    }
    if options.operands.is_empty() {
        options.operands.push(".".to_owned());
    }
    Ok(options)
}

fn short(options: &mut Options, letter: char) -> Result<(), String> {
    match letter {
        'a' => (options.hidden, options.dots) = (true, true),
        'A' => (options.hidden, options.dots) = (true, false),
        'f' => (options.hidden, options.dots, options.order) = (true, true, Order::None),
        'l' | 'n' | 'g' | 'o' => options.long = true,
        'h' => options.human = true,
        't' => options.order = Order::Time,
        'S' => options.order = Order::Size,
        'X' => options.order = Order::Extension,
        'U' => options.order = Order::None,
        'r' => options.reverse = true,
        'R' => options.recursive = true,
        'd' => options.folder_itself = true,
        'F' => options.marks = Marks::All,
        'p' => options.marks = Marks::Folders,
        // One name per line is what comes anyway; quoting, colours and columns are for terminals.
        '1' | 'C' | 'x' | 'm' | 'b' | 'q' | 'N' | 'G' | 'k' | 'v' | 'c' | 'u' | 'w' => {}
        _ => {
            return Err(format!(
                "this shell's ls has no option '{letter}'; it knows -aAlhtSXUrRdFp1 (see also stat -c)"
            ));
        }
    }
    Ok(())
}

fn word(options: &mut Options, name: &str) -> Result<(), String> {
    match name {
        "all" => short(options, 'a'),
        "almost-all" => short(options, 'A'),
        "human-readable" => short(options, 'h'),
        "reverse" => short(options, 'r'),
        "recursive" => short(options, 'R'),
        "directory" => short(options, 'd'),
        "classify" => short(options, 'F'),
        "sort=time" => short(options, 't'),
        "sort=size" => short(options, 'S'),
        "sort=extension" => short(options, 'X'),
        "sort=none" => short(options, 'U'),
        "color" | "color=auto" | "color=always" | "color=never" | "group-directories-first" | "full-time" => Ok(()),
        _ if name.starts_with("time-style=") => Ok(()),
        _ => Err(format!("unrecognized option '--{name}'")),
    }
}

impl Options {
    /// A number of bytes as `-h` or its absence asks for; `plain` is what stands for it without.
    pub(super) fn size(&self, bytes: u64, plain: u64) -> String {
        if !self.human || bytes < 1024 {
            return if self.human { bytes.to_string() } else { plain.to_string() };
        }
        let (mut unit, mut letter) = (1024_u64, 'K');
        for next in ['M', 'G', 'T'] {
            // 1023.5K is written as 1.0M.
            if bytes.div_ceil(unit) < 1024 {
                break;
            }
            (unit, letter) = (unit * 1024, next);
        }
        let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(unit));
        if tenths < 100 {
            format!("{}.{}{letter}", tenths / 10, tenths % 10)
        } else {
            format!("{}{letter}", bytes.div_ceil(unit))
        }
    }

    pub(super) fn size_of(&self, metadata: &Metadata) -> String {
        self.size(metadata.size, metadata.size)
    }

    pub(super) fn mark(&self, metadata: &Metadata) -> &'static str {
        match (self.marks, metadata.file_type) {
            (Marks::None, _) => "",
            (_, FileType::Directory) => "/",
            (Marks::All, FileType::Symlink) => "@",
            (Marks::All, FileType::File) if metadata.mode & 0o111 != 0 => "*",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, parse};

    #[test]
    fn sizes_for_people_are_rounded_up() {
        let options = Options { human: true, ..Options::default() };
        let size = |bytes| options.size(bytes, bytes);
        assert_eq!([size(1023), size(1024), size(1025), size(10 * 1024)], ["1023", "1.0K", "1.1K", "10K"]);
        assert_eq!([size(1024 * 1024), size(1024 * 1024 - 1)], ["1.0M", "1.0M"]);
    }

    #[test]
    fn letters_stand_together() {
        let options = parse(&["-ltr".to_owned(), "src".to_owned()]).expect("they are fine");
        assert!(options.long && options.reverse && options.operands == ["src"]);
        assert!(parse(&["-Z".to_owned()]).is_err());
    }
}
