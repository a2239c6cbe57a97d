//! Looks whether everything is as it should be, and says what to do where it is not.

use crate::config::SessionOptions;
use crate::house::Runtime;
use crate::law;
use crate::trust::TrustState;
use boxagnts_capability::Mode;
use std::error::Error;
use std::fmt::Write as _;

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is.
    pub name: &'static str,
    /// How it is.
    pub state: CheckState,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckState {
    /// As it should be.
    Well,
    /// It works, and could be better.
    Warns,
    /// It does not work.
    Wrong,
}

impl Check {
    fn well(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, state: CheckState::Well, text: text.into(), cure: None }
    }

    fn warns(name: &'static str, text: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { name, state: CheckState::Warns, text: text.into(), cure: Some(cure.into()) }
    }

    fn wrong(name: &'static str, error: &dyn Error, cure: impl Into<String>) -> Self {
        Self { name, state: CheckState::Wrong, text: with_causes(error), cure: Some(cure.into()) }
    }
}

impl Runtime {
    /// Looks at everything that a session needs. Nothing is changed.
    pub async fn doctor(&self) -> Vec<Check> {
        vec![
            self.check_wall(),
            self.check_tools().await,
            self.check_law(),
            self.check_settings(),
            self.check_trust(),
            self.check_journal().await,
            self.check_log(),
            self.check_models(),
        ]
    }

    fn check_wall(&self) -> Check {
        let wall = self.wall();
        if wall.stands() {
            return Check::well("second wall", format!("the kernel holds the threads of tools: {wall}"));
        }
        let cure = "Use a kernel with Landlock (Linux 5.13 or newer) and have it switched on; see SECURITY.md.";
        Check::warns("second wall", format!("the kernel does not stand behind the sandbox ({wall})"), cure)
    }

    async fn check_tools(&self) -> Check {
        match self.all_tools().await {
            Ok((tools, _)) if tools.is_empty() => {
                Check::warns("tools", "there are none in this program", "Build it with: cargo xtask build")
            }
            Ok((tools, left_out)) if left_out.is_empty() => {
                Check::well("tools", format!("{} can be used", tools.len()))
            }
            Ok((_, left_out)) => Check::warns("tools", left_out.join("; "), "Mend the package, then trust it again."),
            Err(error) => Check::wrong("tools", &error, "Build the program again with: cargo xtask build"),
        }
    }

    fn check_law(&self) -> Check {
        let options = SessionOptions::new(Mode::Ask, false);
        match law::rulebook(self, &options) {
            Ok(book) => {
                Check::well("policy", format!("{} rules under {} ceilings", book.rules().len(), book.ceilings().len()))
            }
            Err(error) => Check::wrong("policy", &error, "Nothing is allowed before that is mended."),
        }
    }

    fn check_settings(&self) -> Check {
        match self.settings_file() {
            Ok(file) => match file.problem {
                Some(problem) => Check {
                    name: "settings",
                    state: CheckState::Wrong,
                    text: problem,
                    cure: Some(format!("Mend {}; the program does not start with it.", file.path.display())),
                },
                None if file.is_newer => {
                    Check::warns("settings", "they were changed since this program started", "Start it again.")
                }
                None => Check::well("settings", format!("{} can be understood", file.path.display())),
            },
            Err(error) => Check::wrong("settings", &error, "Look at the file's rights."),
        }
    }

    fn check_trust(&self) -> Check {
        match self.trust_state() {
            Ok(TrustState::Nothing) => Check::well("trust", "the workspace brings nothing along"),
            Ok(TrustState::Trusted { .. }) => Check::well("trust", "what the workspace brings along is trusted"),
            Ok(TrustState::Untrusted) => {
                let cure = "Look at it and decide: boxagnts trust";
                Check::warns("trust", "what the workspace brings along does not count", cure)
            }
            Ok(TrustState::Changed { what }) => {
                let text = format!("what was trusted has changed: {}", what.join(", "));
                Check::warns("trust", text, "Look at it again: boxagnts trust")
            }
            Err(error) => Check::wrong("trust", &error, "Move the named file away to begin anew."),
        }
    }

    async fn check_journal(&self) -> Check {
        match (self.found().await, self.sessions(1).await) {
            (Ok(Some(found)), _) => {
                let text = format!("a journal from elsewhere may belong here: {}", found.folder.display());
                Check::warns("journal", text, "See what it is: boxagnts session adopt")
            }
            (Ok(None), Ok(_)) => Check::well("journal", "it can be read"),
            (Err(error), _) | (_, Err(error)) => {
                Check::wrong("journal", &error, "Keep the file as it is, and look at its folder and the disk.")
            }
        }
    }

    fn check_log(&self) -> Check {
        match self.audit(Vec::new()) {
            Ok(verdict) if verdict.is_intact() => {
                Check::well("receipts", format!("{} records are as they were written", verdict.records))
            }
            Ok(verdict) => Check {
                name: "receipts",
                state: CheckState::Wrong,
                text: verdict.bad.map_or_else(|| "the log is not what was written".to_owned(), |bad| bad.to_string()),
                cure: Some("See what is wrong: boxagnts audit verify".to_owned()),
            },
            Err(error) => Check::wrong("receipts", &error, "Look at the journal's folder and the disk."),
        }
    }

    fn check_models(&self) -> Check {
        let ready: Vec<String> =
            self.vendors().into_iter().filter(|vendor| vendor.missing.is_none()).map(|vendor| vendor.name).collect();
        if ready.iter().any(|name| name != "demo") {
            return Check::well("models", format!("can be asked: {}", ready.join(", ")));
        }
        let cure = "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, and start the program again.";
        Check::warns("models", "there is no key and no server of a model; the demo is a script", cure)
    }
}

fn with_causes(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        // Writing to a string cannot fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}
