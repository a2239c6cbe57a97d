//! Programs that cannot exist here, and what to use instead.
//!
//! A model that calls `cargo` or `curl` in this shell should learn in one sentence how to go on, rather
//! than try the next program of the same kind. The status is 127, as of any name that is not found.

use std::sync::Arc;

use bashkit::{Builtin, BuiltinContext, CommandResolver, ExecResult, Result, async_trait};

const PROGRAM: &str = "programs of the host do not run in this shell; use the tool `exec` if there is one, or \
    tell the user what to run";
const GIT: &str = "git does not run in this shell; use the tool `exec` if there is one, or tell the user what to \
    run (files are read and searched with the usual commands)";
const NETWORK: &str = "this shell has no network; use the tool `web_fetch` if there is one";
const REMOTE: &str = "this shell has no network and no other machines; tell the user what to run";
const PYTHON: &str = "Python does not run in this shell; use the tool `python` if there is one, or awk, sed and jq";
const JAVASCRIPT: &str = "JavaScript does not run in this shell; use the tool `javascript` if there is one, or awk, \
    sed and jq";
const OTHER_LANGUAGE: &str = "this language does not run in this shell; use awk, sed, jq or the shell itself";
const PRIVILEGE: &str = "there are no other users and nothing to administer here; run the command without it";
const INSTALL: &str = "nothing can be installed in this shell; what it has is listed by `compgen -c`";
const CONTAINER: &str = "there are no containers and virtual machines here; tell the user what to run";
const SERVICE: &str = "this shell has no services and no processes of the host; tell the user what to run";
const EDITOR: &str = "interactive programs do not work here; use the tools `read`, `edit` and `write`, or sed";

/// What to say about a program, by its name.
fn advice(name: &str) -> Option<&'static str> {
    Some(match name {
        "git" | "hg" | "svn" | "jj" | "gh" | "git-lfs" => GIT,
        "cargo" | "rustc" | "rustup" | "rustfmt" | "gcc" | "g++" | "cc" | "c++" | "clang" | "clang++" | "ld" | "ar"
        | "gmake" | "cmake" | "ninja" | "meson" | "bazel" | "go" | "gofmt" | "zig" | "swift" | "javac" | "java"
        | "mvn" | "gradle" | "dotnet" | "ghc" | "cabal" | "stack" | "sbt" | "scala" | "kotlinc" | "pytest" | "tox"
        | "ruff" | "mypy" | "black" | "eslint" | "prettier" | "jest" | "vitest" | "tsc" | "vite" | "webpack"
        | "gdb" | "lldb" | "strace" | "valgrind" | "psql" | "mysql" | "sqlite3" | "redis-cli" | "mongosh"
        | "ffmpeg" | "convert" | "magick" | "pandoc" | "gpg" | "openssl" | "boxagnts" | "npm" | "npx" | "pnpm"
        | "yarn" | "bun" | "bunx" | "corepack" | "pip" | "pip3" | "pipx" | "uv" | "uvx" | "poetry" | "conda"
        | "gem" | "bundle" | "composer" => PROGRAM,
        "node" | "deno" | "ts-node" | "tsx" => JAVASCRIPT,
        "python" | "python2" | "python3" | "ipython" | "jupyter" => PYTHON,
        "perl" | "ruby" | "php" | "lua" | "R" | "Rscript" | "julia" | "elixir" | "erl" => OTHER_LANGUAGE,
        "curl" | "wget" | "http" | "https" | "httpie" | "aria2c" | "lynx" | "w3m" => NETWORK,
        "ssh" | "scp" | "sftp" | "rsync" | "ftp" | "telnet" | "nc" | "ncat" | "netcat" | "socat" | "ping" | "dig"
        | "nslookup" | "host" | "traceroute" | "ssh-keygen" | "aws" | "gcloud" | "az" | "terraform" | "ansible" => {
            REMOTE
        }
        "sudo" | "su" | "doas" | "mount" | "umount" | "useradd" | "passwd" | "modprobe" | "iptables" => PRIVILEGE,
        "apt" | "apt-get" | "dpkg" | "yum" | "dnf" | "rpm" | "pacman" | "apk" | "brew" | "snap" | "nix" | "choco" => {
            INSTALL
        }
        "docker" | "docker-compose" | "podman" | "kubectl" | "helm" | "minikube" | "qemu" | "vagrant" => CONTAINER,
        "systemctl" | "service" | "journalctl" | "crontab" | "tmux" | "screen" | "top" | "htop" | "lsof" => SERVICE,
        "vi" | "vim" | "nvim" | "nano" | "emacs" | "ed" | "code" | "subl" => EDITOR,
        _ => return None,
    })
}

/// Whether a command of the language stays. Those that only pretend to reach the world do not, so that
/// they are answered from here.
pub(crate) fn stays(name: &str) -> bool {
    advice(name).is_none()
}

/// Answers names that nothing else answers.
pub(crate) struct Advice;

impl CommandResolver for Advice {
    fn resolve(&self, name: &str) -> Option<Arc<dyn Builtin>> {
        let sentence = advice(name)?;
        Some(Arc::new(Missing { name: name.to_owned(), sentence }))
    }
}

struct Missing {
    name: String,
    sentence: &'static str,
}

#[async_trait]
impl Builtin for Missing {
    async fn execute(&self, _: BuiltinContext<'_>) -> Result<ExecResult> {
        Ok(ExecResult::err(format!("bash: {}: command not found: {}\n", self.name, self.sentence), 127))
    }
}

#[cfg(test)]
mod tests {
    use super::{advice, stays};

    #[test]
    fn what_cannot_exist_is_answered_with_one_sentence() {
        for name in ["cargo", "git", "npm", "python", "python3", "curl", "ssh", "sudo", "docker", "apt-get", "vim"] {
            let sentence = advice(name).expect("it has advice");
            assert!(!sentence.contains('\n') && !sentence.ends_with('.'), "{name}: {sentence}");
            assert!(!stays(name), "{name}");
        }
    }

    #[test]
    fn what_the_shell_has_stays() {
        for name in ["awk", "sed", "jq", "tar", "gzip", "find", "xargs", "make", "no-such-thing"] {
            assert!(stays(name), "{name}");
        }
    }
}
