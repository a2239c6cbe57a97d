//! What the arguments of `diff` ask for.

/// The form of the output.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Style {
    #[default]
    Normal,
    Unified(usize),
    Context(usize),
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of the command")]
pub(super) struct Options {
    pub(super) files: [String; 2],
    pub(super) style: Style,
    pub(super) brief: bool,
    pub(super) report_same: bool,
    pub(super) recursive: bool,
    pub(super) new_file: bool,
    pub(super) text: bool,
    pub(super) ignore_case: bool,
    pub(super) ignore_space: bool,
    pub(super) ignore_space_change: bool,
    pub(super) ignore_blank_lines: bool,
    pub(super) ignore_carriage_return: bool,
    pub(super) labels: Vec<String>,
    pub(super) exclude: Vec<String>,
    /// The options as they were given, for the line above each pair of files of folders.
    pub(super) given: String,
}

impl Options {
    pub(super) fn excludes(&self, name: &str) -> bool {
        self.exclude.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
    }
}

/// What a long or short option means.
fn apply(options: &mut Options, name: &str, value: Option<&str>) -> Result<(), String> {
    let lines = |value: Option<&str>| match value {
        None => Ok(3),
        Some(value) => value.parse().map_err(|_| format!("invalid context length '{value}'")),
    };
    match name {
        "u" | "unified" | "U" => options.style = Style::Unified(lines(value)?),
        "c" | "context" | "C" => options.style = Style::Context(lines(value)?),
        "normal" => options.style = Style::Normal,
        "q" | "brief" => options.brief = true,
        "s" | "report-identical-files" => options.report_same = true,
        "r" | "recursive" => options.recursive = true,
        "N" | "new-file" => options.new_file = true,
        "a" | "text" => options.text = true,
        "i" | "ignore-case" => options.ignore_case = true,
        "w" | "ignore-all-space" => options.ignore_space = true,
        "b" | "ignore-space-change" | "Z" | "ignore-trailing-space" => options.ignore_space_change = true,
        "B" | "ignore-blank-lines" => options.ignore_blank_lines = true,
        "strip-trailing-cr" => options.ignore_carriage_return = true,
        "label" | "L" => options.labels.extend(value.map(str::to_owned)),
        "exclude" | "x" => options.exclude.extend(value.map(str::to_owned)),
        "color" | "colour" | "d" | "minimal" | "p" | "t" | "expand-tabs" | "H" | "speed-large-files" => {}
        _ => {
            return Err(format!(
                "this shell's diff has no option '{name}'; it knows -u -U -c -C -q -s -r -N -i -w -b -B -a -x --label"
            ));
        }
    }
    Ok(())
}

fn takes_value(name: &str) -> bool {
    matches!(name, "U" | "C" | "label" | "L" | "exclude" | "x")
}

pub(super) fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut files = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            files.extend(rest.by_ref().cloned());
        } else if let Some(long) = argument.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let next = if takes_value(name) && value.is_none() { rest.next().map(String::as_str) } else { value };
            apply(&mut options, name, next)?;
        } else if let Some(letters) = argument.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            short(&mut options, letters, &mut rest)?;
        } else {
            files.push(argument.clone());
            continue;
        }
        if argument != "--" {
            options.given.push_str(argument);
            options.given.push(' ');
        }
    }
    let missing = |files: Vec<String>| match files.last() {
        Some(last) if files.len() < 2 => format!("missing operand after '{last}'"),
        Some(last) => format!("extra operand '{last}'"),
        None => "missing operand".to_owned(),
    };
    options.files = files.try_into().map_err(missing)?;
    Ok(options)
}

fn short<'a>(options: &mut Options, letters: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<(), String> {
    // The old form of a number of lines, as in -3u, is left out: nobody writes it any more.
    for (position, letter) in letters.char_indices() {
        let name = letter.to_string();
        if takes_value(&name) {
            let inside = &letters[position + letter.len_utf8()..];
            let value = if inside.is_empty() { rest.next().map(String::as_str) } else { Some(inside) };
            return apply(options, &name, value);
        }
        apply(options, &name, None)?;
    }
    Ok(())
}

/// A pattern of `*` and `?`, as `--exclude` takes it.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == name[from] => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((back, taken)) => {
                    at = back + 1;
                    from = taken + 1;
                    star = Some((back, taken + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::{Style, matches, parse};

    fn arguments(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn short_options_stand_together_and_take_values() {
        let options = parse(&arguments("-ruN -U5 -x *.o old new")).expect("they are fine");
        assert!(options.recursive && options.new_file && options.style == Style::Unified(5));
        assert!(options.excludes("a.o") && !options.excludes("a.c"));
        assert_eq!(options.given, "-ruN -U5 -x ");
    }

    #[test]
    fn two_files_are_needed() {
        assert!(parse(&arguments("-u one")).is_err());
        assert!(parse(&arguments("one two three")).is_err());
    }

    #[test]
    fn patterns_of_names() {
        assert!(matches(b"*.t?t", b"a.txt") && matches(b"*", b"") && !matches(b"a*b", b"ac"));
    }
}
