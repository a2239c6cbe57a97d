//! `diff` of files and folders, in the normal, unified and context form.

mod compare;
mod options;
mod print;

use std::collections::BTreeSet;

use bashkit::{Builtin, BuiltinContext, ExecResult, FileType, Metadata, Result, async_trait};

use self::options::{Options, Style};
use super::{read, reason, result};

/// Deeper folders are a loop of links.
const DEEPEST: usize = 40;

pub(super) struct Diff;

#[async_trait]
impl Builtin for Diff {
    async fn execute(&self, context: BuiltinContext<'_>) -> Result<ExecResult> {
        let options = match options::parse(context.args) {
            Ok(options) => options,
            Err(error) => return Ok(result(Vec::new(), format!("diff: {error}\n"), 2)),
        };
        let [mut old, mut new] = options.files.clone();
        // A file and a folder: the file of the same name in the folder.
        match (is_folder(&context, &old).await, is_folder(&context, &new).await) {
            (true, false) if new != "-" => old = inside(&old, last_part(&new)),
            (false, true) if old != "-" => new = inside(&new, last_part(&old)),
            _ => {}
        }
        let mut report = Report::default();
        let mut steps = vec![Step::Pair { old, new, depth: 0 }];
        while let Some(step) = steps.pop() {
            match step {
                Step::Pair { old, new, depth } => {
                    let below = pair(&context, &options, &old, &new, depth, &mut report).await;
                    steps.extend(below.into_iter().rev());
                }
                Step::Only { folder, name } => only(&folder, &name, &mut report),
            }
        }
        Ok(result(report.text, report.errors, report.status))
    }
}

/// What is to be done, in order. A list of it stands in for recursion, which a small stack would not bear.
enum Step {
    Pair { old: String, new: String, depth: usize },
    Only { folder: String, name: String },
}

/// What was found so far.
#[derive(Default)]
struct Report {
    text: Vec<u8>,
    errors: String,
    status: i32,
}

impl Report {
    fn line(&mut self, line: &str) {
        self.text.extend(line.bytes());
        self.text.push(b'\n');
    }

    fn different(&mut self) {
        self.status = self.status.max(1);
    }

    fn trouble(&mut self, path: &str, reason: &str) {
        self.errors.extend(["diff: ", path, ": ", reason, "\n"]);
        self.status = 2;
    }
}

async fn is_folder(context: &BuiltinContext<'_>, path: &str) -> bool {
    path != "-" && stat(context, path).await.is_ok_and(|stat| stat.file_type == FileType::Directory)
}

async fn stat(context: &BuiltinContext<'_>, path: &str) -> std::result::Result<Metadata, String> {
    context.fs.stat(&context.cwd.join(path)).await.map_err(|error| reason(&error))
}

/// Compares two paths, which were found in `depth` folders; of folders, what is to be done in them comes back.
async fn pair(
    context: &BuiltinContext<'_>,
    options: &Options,
    old: &str,
    new: &str,
    depth: usize,
    report: &mut Report,
) -> Vec<Step> {
    let mut are = (is_folder(context, old).await, is_folder(context, new).await);
    if options.new_file && are.0 != are.1 {
        let missing = if are.0 { new } else { old };
        if stat(context, missing).await.is_err() {
            are = (true, true);
        }
    }
    match are {
        (true, true) if depth == 0 || options.recursive => {
            return folders(context, options, old, new, depth, report).await;
        }
        (true, true) => report.line(&format!("Common subdirectories: {old} and {new}")),
        (false, false) => files(context, options, old, new, 0 < depth, report).await,
        (old_is, _) => {
            let kind = |folder| if folder { "directory" } else { "regular file" };
            report.line(&format!("File {old} is a {} while file {new} is a {}", kind(old_is), kind(!old_is)));
            report.different();
        }
    }
    Vec::new()
}

async fn folders(
    context: &BuiltinContext<'_>,
    options: &Options,
    old: &str,
    new: &str,
    depth: usize,
    report: &mut Report,
) -> Vec<Step> {
    if DEEPEST <= depth {
        report.trouble(old, "folders too deep");
        return Vec::new();
    }
    let (Some(olds), Some(news)) =
        (names(context, options, old, report).await, names(context, options, new, report).await)
    else {
        return Vec::new();
    };
    let step = |name: &String| {
        let only = |folder: &str| Step::Only { folder: folder.to_owned(), name: name.clone() };
        match (olds.contains(name), news.contains(name)) {
            (true, false) if !options.new_file => only(old),
            (false, true) if !options.new_file => only(new),
            _ => Step::Pair { old: inside(old, name), new: inside(new, name), depth: depth + 1 },
        }
    };
    olds.union(&news).filter(|name| !options.excludes(name)).map(step).collect()
}

fn only(folder: &str, name: &str, report: &mut Report) {
    report.line(&format!("Only in {}: {name}", folder.trim_end_matches('/')));
    report.different();
}

/// The names in a folder; with `-N`, a folder that is not there is an empty one.
async fn names(
    context: &BuiltinContext<'_>,
    options: &Options,
    folder: &str,
    report: &mut Report,
) -> Option<BTreeSet<String>> {
    let path = context.cwd.join(folder);
    match context.fs.read_dir(&path).await {
        Ok(entries) => Some(entries.into_iter().map(|entry| entry.name).collect()),
        Err(_) if options.new_file && !context.fs.exists(&path).await.unwrap_or(false) => Some(BTreeSet::new()),
        Err(error) => {
            report.trouble(folder, &reason(&error));
            None
        }
    }
}

async fn files(
    context: &BuiltinContext<'_>,
    options: &Options,
    old: &str,
    new: &str,
    in_folders: bool,
    report: &mut Report,
) {
    let left = content(context, options, old).await;
    let right = content(context, options, new).await;
    let (left, right) = match (left, right) {
        (Ok(left), Ok(right)) => (left, right),
        (left, right) => {
            left.err().into_iter().for_each(|error| report.trouble(old, &error));
            right.err().into_iter().for_each(|error| report.trouble(new, &error));
            return;
        }
    };
    let binary = |bytes: &[u8]| bytes.iter().take(4096).any(|&byte| byte == 0);
    if !options.text && left != right && (binary(&left) || binary(&right)) {
        report.line(&format!("Binary files {old} and {new} differ"));
        return report.different();
    }
    let changes = compare::changes(&left, &right, options);
    if changes.is_same() {
        if options.report_same {
            report.line(&format!("Files {old} and {new} are identical"));
        }
        return;
    }
    report.different();
    if options.brief {
        return report.line(&format!("Files {old} and {new} differ"));
    }
    if in_folders {
        report.line(&format!("diff {}{} {}", options.given, quoted(old), quoted(new)));
    }
    let heads = [head(context, options, 0, old).await, head(context, options, 1, new).await];
    match options.style {
        Style::Normal => print::normal(&changes, &mut report.text),
        Style::Unified(lines) => print::unified(&changes, lines, &heads, &mut report.text),
        Style::Context(lines) => print::context(&changes, lines, &heads, &mut report.text),
    }
}

async fn content(context: &BuiltinContext<'_>, options: &Options, path: &str) -> std::result::Result<Vec<u8>, String> {
    if options.new_file && path != "-" && !context.fs.exists(&context.cwd.join(path)).await.unwrap_or(false) {
        return Ok(Vec::new());
    }
    read(context, path).await
}

/// The name of a file above its changes.
async fn head(context: &BuiltinContext<'_>, options: &Options, side: usize, path: &str) -> String {
    if let Some(label) = options.labels.get(side) {
        return label.clone();
    }
    let modified = match stat(context, path).await {
        Ok(stat) => stat.modified,
        Err(_) if path == "-" => std::time::SystemTime::now(),
        Err(_) => std::time::SystemTime::UNIX_EPOCH,
    };
    format!("{path}\t{}", print::time(modified))
}

fn inside(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn quoted(path: &str) -> String {
    if path.contains([' ', '\'', '"', '$', '\\']) { format!("'{path}'") } else { path.to_owned() }
}
