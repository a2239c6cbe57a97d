//! Which files ignore files leave out: `.ignore`, `.gitignore` and `.git/info/exclude`, by git's rules.
//!
//! As in ripgrep, the nearest file with an opinion decides, `.ignore` before `.gitignore` before
//! `exclude`, and the rules of git do not reach into a repository inside another one. A `.gitignore`
//! counts outside of repositories too: a workspace often becomes one only later.

use boxagnts_guest_sdk::files::{Entry, File, Folder, Kind, open_folder};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Bytes of an ignore file that count. Its patterns are compiled within the memory of a guest.
const LARGEST: usize = 128 * 1024;

/// The ignore files of the current folder and of those above it.
pub(crate) struct Rules {
    levels: Vec<Level>,
}

/// The ignore files of one folder.
struct Level {
    /// Where a path inside of this folder begins to be relative to it.
    base: usize,
    /// `.ignore`
    plain: Gitignore,
    /// `.gitignore`
    git: Gitignore,
    /// `.git/info/exclude`
    exclude: Gitignore,
    /// Whether a repository begins here.
    is_repository: bool,
}

impl Rules {
    /// The rules of the folders above `start`, from the outermost on.
    pub(crate) fn above(start: &str) -> Self {
        let mut rules = Self { levels: Vec::new() };
        for (end, _) in start.match_indices('/').filter(|(end, _)| 0 < *end) {
            let above = &start[..end];
            if let Ok(folder) = open_folder(above) {
                let level = Level::read(&folder, above, |_| true);
                rules.levels.extend(level);
            }
        }
        rules
    }

    /// Takes in the ignore files of a folder. The answer is for [`leave`](Self::leave).
    pub(crate) fn enter(&mut self, folder: &Folder, path: &str, entries: &[Entry]) -> usize {
        let before = self.levels.len();
        // The entries are sorted, as the walk needs them.
        let is_there = |name: &str| entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).is_ok();
        self.levels.extend(Level::read(folder, path, is_there));
        before
    }

    /// Forgets the ignore files since [`enter`](Self::enter).
    pub(crate) fn leave(&mut self, before: usize) {
        self.levels.truncate(before);
    }

    /// Whether an ignore file leaves out this path inside of the current folder.
    pub(crate) fn leave_out(&self, path: &str, is_folder: bool) -> bool {
        let (mut plain, mut git, mut exclude) = (None, None, None);
        let mut in_repository = true;
        for level in self.levels.iter().rev() {
            let Some(inside) = path.get(level.base..) else {
                continue;
            };
            let opinion = |rules: &Gitignore| match rules.matched(inside, is_folder) {
                Match::None => None,
                Match::Ignore(_) => Some(true),
                Match::Whitelist(_) => Some(false),
            };
            plain = plain.or_else(|| opinion(&level.plain));
            if in_repository {
                git = git.or_else(|| opinion(&level.git));
                exclude = exclude.or_else(|| opinion(&level.exclude));
            }
            in_repository &= !level.is_repository;
        }
        plain.or(git).or(exclude).unwrap_or(false)
    }
}

impl Level {
    /// Reads the ignore files of a folder, if it has any.
    fn read(folder: &Folder, path: &str, is_there: impl Fn(&str) -> bool) -> Option<Self> {
        let rules = |name: &str| {
            let file = is_there(name).then(|| folder.open_file(name).ok()).flatten();
            file.map_or_else(Gitignore::empty, |file| parse(&file))
        };
        let (plain, git) = (rules(".ignore"), rules(".gitignore"));
        let repository = is_there(".git").then(|| repository(folder)).flatten();
        if plain.is_empty() && git.is_empty() && repository.is_none() {
            return None;
        }
        Some(Self {
            base: path.len() + 1,
            plain,
            git,
            is_repository: repository.is_some(),
            exclude: repository.unwrap_or_else(Gitignore::empty),
        })
    }
}

/// What `.git` says, when there is one. In a worktree it is a file and says nothing here.
fn repository(folder: &Folder) -> Option<Gitignore> {
    let exclude =
        folder.open_folder(".git").and_then(|git| git.open_folder("info")).and_then(|info| info.open_file("exclude"));
    match exclude {
        Ok(file) => Some(parse(&file)),
        Err(_) if folder.open_folder(".git").is_ok() || is_file(folder, ".git") => Some(Gitignore::empty()),
        Err(_) => None,
    }
}

fn is_file(folder: &Folder, name: &str) -> bool {
    let file = folder.open_file(name).and_then(|file| file.stat());
    file.is_ok_and(|stat| stat.kind == Kind::File)
}

/// Reads patterns; a line that is no pattern counts as none, as for git.
fn parse(file: &File) -> Gitignore {
    let bytes = file.read_up_to(LARGEST).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let mut builder = GitignoreBuilder::new("");
    for line in text.trim_start_matches('\u{feff}').lines() {
        // An error is a line that is no pattern.
        let _ = builder.add_line(None, line);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}
