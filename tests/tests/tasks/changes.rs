//! Tasks that read and edit the workspace.

use crate::task::{Task, edit, glob, grep, perform_all, read, shell, write};

const EDITS: &str = "accept-edits";

/// With the tools that edit files.
fn with_tools() -> Vec<Task> {
    let main = ("src/main.rs", "fn main() {\n    greet(\"you\");\n}\n");
    let lib = ("src/greet.rs", "pub fn greet(name: &str) {\n    println!(\"Hi {name}\");\n}\n");
    vec![
        Task {
            name: "change a line of code",
            before: vec![lib],
            steps: vec![vec![read("src/greet.rs")], vec![edit("src/greet.rs", "Hi ", "Hello ")]],
            after: vec![("src/greet.rs", "pub fn greet(name: &str) {\n    println!(\"Hello {name}\");\n}\n")],
            ..Task::default()
        },
        Task {
            name: "rename a function over files",
            before: vec![main, lib],
            steps: vec![
                vec![grep("greet")],
                vec![edit("src/main.rs", "greet", "welcome"), edit("src/greet.rs", "greet", "welcome")],
                vec![grep("greet\\(|welcome")],
            ],
            after: vec![
                ("src/main.rs", "fn main() {\n    welcome(\"you\");\n}\n"),
                ("src/greet.rs", "pub fn welcome(name: &str) {\n    println!(\"Hi {name}\");\n}\n"),
            ],
            ..Task::default()
        },
        Task {
            name: "fix a configuration that does not parse",
            before: vec![("app.json", "{\"port\": 80,}\n")],
            steps: vec![
                vec![shell("jq . app.json 2>&1 | head -1; true")],
                vec![read("app.json")],
                vec![edit("app.json", "80,", "80")],
                vec![shell("jq .port app.json")],
            ],
            after: vec![("app.json", "{\"port\": 80}\n")],
            ..Task::default()
        },
        Task {
            name: "add a test",
            before: vec![lib],
            steps: vec![vec![read("src/greet.rs")], vec![write("tests/greet.rs", "#[test]\nfn greets() {}\n")]],
            after: vec![("tests/greet.rs", "#[test]\nfn greets() {}\n")],
            ..Task::default()
        },
        Task {
            name: "write a report on the repository",
            before: vec![main, lib],
            steps: vec![
                vec![glob("**/*"), grep("fn ")],
                vec![write("REPORT.md", "# Report\n\nTwo files.\n")],
                vec![read("REPORT.md")],
            ],
            after: vec![("REPORT.md", "# Report\n\nTwo files.\n")],
            ..Task::default()
        },
        Task {
            name: "bring the changelog up to date",
            before: vec![("CHANGELOG.md", "# Changes\n\n## 1.0\n")],
            steps: vec![
                vec![read("CHANGELOG.md")],
                vec![edit("CHANGELOG.md", "## 1.0", "## 1.1\n\n* Hello\n\n## 1.0")],
            ],
            after: vec![("CHANGELOG.md", "# Changes\n\n## 1.1\n\n* Hello\n\n## 1.0\n")],
            ..Task::default()
        },
        Task {
            name: "begin a project",
            steps: vec![vec![
                write("Cargo.toml", "[package]\n"),
                write("src/lib.rs", "//! New.\n"),
                write(".gitignore", "target\n"),
                write("docs/guide/one.md", "# One\n"),
            ]],
            after: vec![("Cargo.toml", "[package]\n"), ("docs/guide/one.md", "# One\n"), (".gitignore", "target\n")],
            ..Task::default()
        },
        Task {
            name: "bump the version in two files",
            before: vec![("a/Cargo.toml", "version = \"1.0\"\n"), ("b/Cargo.toml", "version = \"1.0\"\n")],
            steps: vec![
                vec![grep("version = ")],
                vec![edit("a/Cargo.toml", "1.0", "1.1"), edit("b/Cargo.toml", "1.0", "1.1")],
            ],
            after: vec![("a/Cargo.toml", "version = \"1.1\"\n"), ("b/Cargo.toml", "version = \"1.1\"\n")],
            ..Task::default()
        },
        Task {
            name: "translate the introduction",
            before: vec![("README.md", "# Apples\n")],
            steps: vec![vec![read("README.md")], vec![write("README.de.md", "# Äpfel\n")]],
            after: vec![("README.de.md", "# Äpfel\n"), ("README.md", "# Apples\n")],
            ..Task::default()
        },
    ]
}

/// With the shell.
fn with_the_shell() -> Vec<Task> {
    let headed = |name| (name, "// old\ncode\n");
    vec![
        Task {
            name: "replace a header in every file",
            before: vec![headed("a.rs"), headed("b.rs"), headed("src/c.rs")],
            steps: vec![vec![shell(
                "for f in $(find . -name '*.rs'); do sed -i 's/^\\/\\/ old/\\/\\/ new/' $f; done; grep -c new a.rs",
            )]],
            after: vec![("a.rs", "// new\ncode\n"), ("src/c.rs", "// new\ncode\n")],
            ..Task::default()
        },
        Task {
            name: "convert CSV to JSON",
            before: vec![("people.csv", "name,age\nAda,36\nAlan,41\n")],
            steps: vec![
                vec![shell("head -2 people.csv")],
                vec![shell(
                    "tail -n +2 people.csv | jq -R -c 'split(\",\") | {name: .[0], age: (.[1] | tonumber)}' > people.jsonl; cat people.jsonl",
                )],
            ],
            after: vec![("people.jsonl", "{\"name\":\"Ada\",\"age\":36}\n{\"name\":\"Alan\",\"age\":41}\n")],
            ..Task::default()
        },
        Task {
            name: "sort a list and take out what stands twice",
            before: vec![("words.txt", "pear\napple\npear\n")],
            steps: vec![vec![shell("sort -u words.txt > sorted && mv sorted words.txt; cat words.txt")]],
            after: vec![("words.txt", "apple\npear\n")],
            gone: vec!["sorted"],
            ..Task::default()
        },
        Task {
            name: "take away what is obsolete",
            before: vec![("old/a.txt", "a\n"), ("old/b.txt", "b\n"), ("keep.txt", "k\n")],
            steps: vec![vec![shell("ls old")], vec![shell("rm -r old && ls")]],
            after: vec![("keep.txt", "k\n")],
            gone: vec!["old"],
            ..Task::default()
        },
        Task {
            name: "sort files into folders",
            before: vec![("a.md", "a\n"), ("b.txt", "b\n"), ("c.md", "c\n")],
            steps: vec![vec![shell("mkdir -p docs notes && mv *.md docs/ && mv *.txt notes/ && ls docs notes")]],
            after: vec![("docs/a.md", "a\n"), ("notes/b.txt", "b\n")],
            gone: vec!["a.md", "b.txt"],
            ..Task::default()
        },
        Task {
            name: "mend the ends of lines",
            before: vec![("dos.txt", "one\r\ntwo\r\n")],
            steps: vec![vec![shell("tr -d '\\r' < dos.txt > /tmp/unix && cp /tmp/unix dos.txt && wc -l dos.txt")]],
            after: vec![("dos.txt", "one\ntwo\n")],
            ..Task::default()
        },
        Task {
            name: "collect what is left to do",
            before: vec![("a.rs", "// TODO: one\n"), ("b.rs", "// TODO: two\n")],
            steps: vec![vec![shell("grep -rho 'TODO: .*' --include='*.rs' . | sort > TODO.md; cat TODO.md")]],
            after: vec![("TODO.md", "TODO: one\nTODO: two\n")],
            ..Task::default()
        },
        Task {
            name: "merge two configurations",
            before: vec![("base.json", "{\"a\":1,\"b\":1}\n"), ("more.json", "{\"b\":2}\n")],
            steps: vec![vec![shell("jq -c -s '.[0] * .[1]' base.json more.json > merged.json && cat merged.json")]],
            after: vec![("merged.json", "{\"a\":1,\"b\":2}\n")],
            ..Task::default()
        },
        Task {
            name: "apply a patch",
            before: vec![
                ("poem.txt", "roses\nviolets\n"),
                ("fix.patch", "--- poem.txt\n+++ poem.txt\n@@ -1,2 +1,2 @@\n roses\n-violets\n+tulips\n"),
            ],
            steps: vec![vec![shell("patch -p0 < fix.patch && cat poem.txt")]],
            after: vec![("poem.txt", "roses\ntulips\n")],
            ..Task::default()
        },
        Task {
            name: "split a long file",
            before: vec![("long.txt", "1\n2\n3\n4\n")],
            steps: vec![vec![shell("split -l 2 long.txt part- && ls part-*")]],
            after: vec![("part-aa", "1\n2\n"), ("part-ab", "3\n4\n")],
            ..Task::default()
        },
        Task {
            name: "pack the sources",
            before: vec![("src/a.rs", "a\n")],
            steps: vec![vec![shell("tar czf src.tar.gz src && tar tzf src.tar.gz")]],
            told: vec!["src/a.rs"],
            ..Task::default()
        },
    ]
}

#[test]
fn twenty_tasks_that_read_and_edit_ask_nothing_where_edits_are_accepted() {
    let tasks: Vec<Task> =
        with_tools().into_iter().chain(with_the_shell()).map(|task| Task { mode: EDITS, ..task }).collect();
    perform_all(&tasks, &[0; 20]);
}

/// Whoever has granted the folder beforehand is not asked either, and a script is one question however much it changes.
#[test]
fn four_tasks_under_the_default_mode_ask_once_at_most() {
    let granted = ["fs.write:/workspace"].map(str::to_owned).to_vec();
    let once = |names: &[&str]| -> Vec<Task> {
        with_tools().into_iter().chain(with_the_shell()).filter(|task| names.contains(&task.name)).collect()
    };
    let tasks = once(&["change a line of code", "write a report on the repository", "sort files into folders"]);
    perform_all(&tasks, &[1; 3]);
    let tasks: Vec<Task> = once(&["rename a function over files"])
        .into_iter()
        .map(|task| Task { grants: granted.clone(), ..task })
        .collect();
    perform_all(&tasks, &[0]);
}
