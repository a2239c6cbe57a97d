//! What a file is by the place where it lies.

use crate::effect::Effect;
use crate::text::Capability;
use boxagnts_types::{GuestPath, Label};

/// Folders of what others wrote and a tool fetched. Whatever lies in one, at any depth, is untrusted. Letters count in
/// either case.
const FOREIGN: [&str; 14] = [
    "node_modules",
    "bower_components",
    "vendor",
    "third_party",
    "target",
    ".venv",
    "venv",
    "site-packages",
    ".tox",
    ".cargo",
    ".gradle",
    "Pods",
    "deps",
    "Downloads",
];

/// Whole outputs of earlier calls: what they were made of is not told by their place.
const RESULTS: &str = "results";

/// Where the workspace's own files stand.
const WORKSPACE: &str = "workspace";

/// Whether the person trusts what stands in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkspaceTrust {
    /// Its files are the person's own.
    Trusted,
    /// Somebody else's: a repository that was only just fetched.
    Untrusted,
}

/// Says what a file is by its place: private where the person marked it, untrusted in folders of foreign code.
#[derive(Debug, Clone)]
pub struct Places {
    /// As capabilities to read.
    private: Vec<Capability>,
    workspace: WorkspaceTrust,
}

impl Places {
    /// Nothing is private yet.
    pub fn new(workspace: WorkspaceTrust) -> Self {
        Self { private: Vec::new(), workspace }
    }

    /// Marks the paths of a capability to read (`fs.read:/workspace/.env*`) as private. In doubt about a character it
    /// marks more, as a deny does.
    #[must_use]
    pub fn with_private(mut self, paths: Capability) -> Self {
        self.private.push(paths);
        self
    }

    /// The label of the file or folder at a path.
    pub fn label(&self, path: &GuestPath) -> Label {
        let mut label = Label::INTERNAL;
        if let Some(foreign) = self.foreign(path) {
            label.add(&Label::untrusted(foreign));
        }
        if !self.private.is_empty() && self.is_private(path) {
            label.add(&Label::private(path.as_str()));
        }
        label
    }

    /// The folder that makes what lies in it untrusted.
    fn foreign<'p>(&self, path: &'p GuestPath) -> Option<&'p str> {
        let text = path.as_str();
        let mut end = 0;
        for (depth, part) in path.parts().enumerate() {
            end += 1 + part.len();
            let is_ours = depth == 0 && part == WORKSPACE && self.workspace == WorkspaceTrust::Trusted;
            let is_foreign = match depth {
                0 => part == RESULTS || (part == WORKSPACE && !is_ours),
                _ => FOREIGN.iter().any(|name| name.eq_ignore_ascii_case(part)),
            };
            if is_foreign {
                return text.get(..end);
            }
        }
        None
    }

    fn is_private(&self, path: &GuestPath) -> bool {
        let read = Effect::Read(path.clone());
        self.private.iter().any(|private| private.catches(&read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use boxagnts_types::Privacy;

    fn places(trust: WorkspaceTrust) -> Places {
        Places::new(trust).with_private("fs.read:/workspace/.env*".parse().unwrap())
    }

    fn label(text: &str) -> Label {
        places(WorkspaceTrust::Trusted).label(&GuestPath::parse(text).unwrap())
    }

    #[test]
    fn what_a_person_works_on_is_trusted_and_internal() {
        for path in ["src/main.rs", "/workspace", "/folders/notes/a", "/tmp/x", "vendored/x", "src/target.rs"] {
            assert_eq!(label(path), Label::INTERNAL, "{path}");
        }
    }

    #[test]
    fn folders_of_foreign_code_are_untrusted_at_any_depth_and_in_either_case() {
        for path in ["node_modules", "web/node_modules/x/index.js", "Vendor/x.go", "/folders/a/downloads/page.html"] {
            assert!(label(path).is_untrusted(), "{path}");
            assert_eq!(label(path).privacy(), Privacy::Internal, "{path}");
        }
        assert_eq!(label("web/node_modules/x/index.js").origins(), "/workspace/web/node_modules");
        assert!(label("/results/1").is_untrusted());
    }

    #[test]
    fn what_the_person_marked_is_private_and_what_is_beside_it_is_not() {
        for (path, is_private) in [(".env", true), (".env.local", true), ("env", false), ("sub/.env", false)] {
            assert_eq!(label(path).privacy() == Privacy::Private, is_private, "{path}");
        }
        assert_eq!(label(".env").private_places(), "/workspace/.env");
    }

    #[test]
    fn files_of_a_workspace_that_nobody_trusts_are_untrusted_and_its_neighbours_are_not() {
        let untrusting = places(WorkspaceTrust::Untrusted);
        let label = |text: &str| untrusting.label(&GuestPath::parse(text).unwrap());
        assert!(label("README.md").is_untrusted() && label("/workspace").is_untrusted());
        assert!(!label("/folders/notes/a").is_untrusted() && !label("/tmp/x").is_untrusted());
    }
}
