//! `ls`, as it writes into a pipe: one name per line, or the long form.

mod long;
mod options;

use bashkit::{Builtin, BuiltinContext, DirEntry, ExecResult, FileType, Metadata, Result, async_trait};

use self::options::{Options, Order};
use super::{reason, result};

pub(super) struct Ls;

/// Something to be listed.
struct Item {
    /// As it is written.
    name: String,
    /// Where it lies.
    path: String,
    metadata: Metadata,
}

#[async_trait]
impl Builtin for Ls {
    async fn execute(&self, context: BuiltinContext<'_>) -> Result<ExecResult> {
        let options = match options::parse(context.args) {
            Ok(options) => options,
            Err(error) => return Ok(result(Vec::new(), format!("ls: {error}\n"), 2)),
        };
        let mut listing =
            Listing { context: &context, options: &options, text: String::new(), errors: String::new(), status: 0 };
        listing.all().await;
        Ok(result(listing.text.into_bytes(), listing.errors, listing.status))
    }
}

struct Listing<'a, 'b> {
    context: &'a BuiltinContext<'b>,
    options: &'a Options,
    text: String,
    errors: String,
    status: i32,
}

impl Listing<'_, '_> {
    async fn all(&mut self) {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        for operand in &self.options.operands {
            let Some(item) = self.item(operand).await else { continue };
            let is_folder = item.metadata.file_type == FileType::Directory;
            if is_folder && !self.options.folder_itself { folders.push(item) } else { files.push(item) }
        }
        self.options.sort(&mut files);
        self.options.sort(&mut folders);
        self.items(&files).await;
        let headings = self.options.recursive || 1 < self.options.operands.len();
        folders.reverse();
        while let Some(folder) = folders.pop() {
            let below = self.folder(&folder.path, headings).await;
            folders.extend(below.into_iter().rev());
        }
    }

    /// What an operand stands for. A link to a folder is the folder, but for the long form.
    async fn item(&mut self, operand: &str) -> Option<Item> {
        let path = self.context.cwd.join(operand);
        let keeps_links = (self.options.long || self.options.folder_itself) && !operand.ends_with('/');
        let link = self.context.fs.lstat(&path).await;
        let metadata = match self.context.fs.stat(&path).await {
            Ok(metadata) if !keeps_links => Ok(metadata),
            _ => link,
        };
        match metadata {
            Ok(metadata) => Some(Item { name: operand.to_owned(), path: operand.to_owned(), metadata }),
            Err(error) => {
                self.trouble(&format!("cannot access '{operand}': {}", reason(&error)), 2);
                None
            }
        }
    }

    fn trouble(&mut self, what: &str, status: i32) {
        self.errors.extend(["ls: ", what, "\n"]);
        self.status = self.status.max(status);
    }

    /// Lists a folder; with `-R`, the folders in it come back.
    async fn folder(&mut self, folder: &str, heading: bool) -> Vec<Item> {
        let entries = match self.context.fs.read_dir(&self.context.cwd.join(folder)).await {
            Ok(entries) => entries,
            Err(error) => {
                self.trouble(&format!("cannot open directory '{folder}': {}", reason(&error)), 2);
                return Vec::new();
            }
        };
        if heading {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            self.text.extend([folder, ":\n"]);
        }
        let mut items = self.dots(folder).await;
        let shown = entries.into_iter().filter(|entry| self.options.hidden || !entry.name.starts_with('.'));
        items.extend(shown.map(|entry| inside(folder, entry)));
        self.options.sort(&mut items);
        if self.options.long {
            let blocks: u64 = items.iter().map(|item| long::blocks(&item.metadata)).sum();
            self.text.extend(["total ", &self.options.size(blocks * 1024, blocks), "\n"]);
        }
        self.items(&items).await;
        items.retain(|item| item.metadata.file_type == FileType::Directory && item.name != "." && item.name != "..");
        if self.options.recursive { items } else { Vec::new() }
    }

    /// `.` and `..`, which the disk does not list.
    async fn dots(&self, folder: &str) -> Vec<Item> {
        let mut dots = Vec::new();
        if self.options.dots {
            for name in [".", ".."] {
                let path = format!("{}/{name}", folder.trim_end_matches('/'));
                if let Ok(metadata) = self.context.fs.stat(&self.context.cwd.join(&path)).await {
                    dots.push(Item { name: name.to_owned(), path, metadata });
                }
            }
        }
        dots
    }

    async fn items(&mut self, items: &[Item]) {
        let width = items.iter().map(|item| self.options.size_of(&item.metadata).len()).max().unwrap_or(0);
        for item in items {
            let link = match item.metadata.file_type {
                FileType::Symlink if self.options.long => {
                    self.context.fs.read_link(&self.context.cwd.join(&item.path)).await.ok()
                }
                _ => None,
            };
            let target = link.map_or_else(String::new, |target| format!(" -> {}", target.display()));
            let mark = if target.is_empty() { self.options.mark(&item.metadata) } else { "" };
            if self.options.long {
                self.text.push_str(&long::columns(&item.metadata, &self.options.size_of(&item.metadata), width));
            }
            self.text.extend([&item.name, mark, &target, "\n"]);
        }
    }
}

fn inside(folder: &str, entry: DirEntry) -> Item {
    let path = format!("{}/{}", folder.trim_end_matches('/'), entry.name);
    Item { name: entry.name, path, metadata: entry.metadata }
}

impl Options {
    fn sort(&self, items: &mut [Item]) {
        match self.order {
            Order::None => return,
            Order::Name => items.sort_by(|a, b| a.name.cmp(&b.name)),
            Order::Time => {
                items.sort_by(|a, b| b.metadata.modified.cmp(&a.metadata.modified).then_with(|| a.name.cmp(&b.name)));
            }
            Order::Size => {
                items.sort_by(|a, b| b.metadata.size.cmp(&a.metadata.size).then_with(|| a.name.cmp(&b.name)));
            }
            Order::Extension => {
                let extension =
                    |item: &Item| item.name.rsplit_once('.').map_or(String::new(), |(_, end)| end.to_owned());
                items.sort_by_cached_key(|item| (extension(item), item.name.clone()));
            }
        }
        if self.reverse {
            items.reverse();
        }
    }
}
