//! Tasks that only read, as everybody begins: the mode `ask`, no grant. Nobody is asked anything.

use crate::task::{Task, call, glob, grep, perform_all, read, shell};
use serde_json::json;

fn tasks() -> Vec<Task> {
    let code = ("src/lib.rs", "/// Adds.\npub fn add(a: u32, b: u32) -> u32 {\n    a + b\n}\n\n// TODO: subtract\n");
    let test = ("tests/add.rs", "#[test]\nfn adds() {\n    assert_eq!(shop::add(1, 2), 3);\n}\n");
    let log =
        ("server.log", "10:00 GET /a 200\n10:01 GET /b 404\n10:02 GET /b 404\n10:03 GET /c 500\n10:04 GET /b 404\n");
    vec![
        Task {
            name: "search the repository for the users of a function",
            before: vec![code, test],
            steps: vec![vec![grep("\\badd\\(")], vec![read("tests/add.rs")]],
            told: vec!["src/lib.rs:2:", "tests/add.rs:3:"],
            ..Task::default()
        },
        Task {
            name: "explain a function",
            before: vec![code],
            steps: vec![vec![glob("**/*.rs")], vec![read("src/lib.rs")]],
            told: vec!["Adds."],
            ..Task::default()
        },
        Task {
            name: "count the lines of code",
            before: vec![code, test],
            steps: vec![vec![shell("find . -name '*.rs' -exec cat {} + | wc -l")]],
            told: vec!["\"10"],
            ..Task::default()
        },
        Task {
            name: "summarise a log",
            before: vec![log],
            steps: vec![vec![
                shell("awk '{print $4}' server.log | sort | uniq -c | sort -rn"),
                shell("grep -c 404 server.log"),
            ]],
            told: vec!["3 404"],
            ..Task::default()
        },
        Task {
            name: "compare two configurations",
            before: vec![("a.ini", "port=1\nhost=x\n"), ("b.ini", "port=2\nhost=x\n")],
            steps: vec![vec![shell("diff a.ini b.ini || true")]],
            told: vec!["< port=1"],
            ..Task::default()
        },
        Task {
            name: "list the dependencies",
            before: vec![("package.json", "{\"dependencies\": {\"left-pad\": \"1.0.0\"}}\n")],
            steps: vec![vec![glob("package.json")], vec![shell("jq -r '.dependencies | keys[]' package.json")]],
            told: vec!["left-pad"],
            ..Task::default()
        },
        Task {
            name: "find the largest files",
            before: vec![("small.txt", "x\n"), ("large.txt", "0123456789012345678901234567890123456789\n")],
            steps: vec![vec![shell("find . -type f -size +0 | xargs wc -c | sort -rn | head -3")]],
            told: vec!["large.txt"],
            ..Task::default()
        },
        Task {
            name: "say on which branch the repository is",
            before: vec![(".git/HEAD", "ref: refs/heads/feature\n")],
            steps: vec![vec![read(".git/HEAD")]],
            told: vec!["feature"],
            ..Task::default()
        },
        Task {
            name: "work out an invoice in a scratch file",
            before: vec![("items.csv", "apple,3,2\npear,4,5\n")],
            steps: vec![vec![shell("awk -F, '{print $2*$3}' items.csv > /tmp/sums; paste -sd+ /tmp/sums | bc")]],
            told: vec!["26"],
            ..Task::default()
        },
        Task {
            name: "look for what is left to do, with context",
            before: vec![code],
            steps: vec![vec![call("grep", &json!({"pattern": "TODO", "before": 2, "glob": "*.rs"})), glob("src/**")]],
            told: vec!["subtract"],
            ..Task::default()
        },
    ]
}

#[test]
fn ten_tasks_that_only_read_ask_nothing() {
    perform_all(&tasks(), &[0; 10]);
}
