//! The shell as the tool uses it: its disk, its memory from call to call, its bounds and its advice.

use std::fs;
use std::time::Duration;

use boxagnts_guest_shell::{Answer, Disk, Request, run};
use tempfile::TempDir;

fn place() -> TempDir {
    let place = tempfile::tempdir().expect("there is room for temporary files");
    for folder in ["workspace", "tmp", "folders/books", "results"] {
        fs::create_dir_all(place.path().join(folder)).expect("the folder is fresh");
    }
    place
}

fn run_in(place: &TempDir, script: &str, kept: Option<&[u8]>) -> Answer {
    let disk = Disk::below(&place.path().to_string_lossy());
    let script = script.to_owned();
    let kept = kept.map(<[u8]>::to_vec);
    // Without optimisation the language needs more stack than a thread of a test has.
    let thread = std::thread::Builder::new().stack_size(64 * 1024 * 1024);
    let work = move || {
        let request =
            Request { script: &script, stdin: None, kept: kept.as_deref(), longest: Some(Duration::from_secs(5)) };
        run(disk, request).expect("the machine has timers")
    };
    thread.spawn(work).expect("there is room for a thread").join().expect("the shell does not panic")
}

fn says(script: &str) -> String {
    run_in(&place(), script, None).stdout.text()
}

#[test]
fn it_starts_in_the_workspace_and_sees_the_folders_of_a_tool() {
    assert_eq!(
        says("pwd; echo $HOME; ls /folders; ls / | grep -cE '^(workspace|tmp|folders|results)$'"),
        "/workspace\n/workspace\nbooks\n4\n"
    );
}

#[test]
fn what_is_written_is_on_the_disk() {
    let place = place();
    run_in(&place, "mkdir -p a/b; echo hello > a/b/c.txt; echo x > /tmp/t", None);
    assert_eq!(fs::read_to_string(place.path().join("workspace/a/b/c.txt")).expect("it is there"), "hello\n");
    assert_eq!(fs::read_to_string(place.path().join("tmp/t")).expect("it is there"), "x\n");
}

#[test]
fn outside_of_the_folders_there_is_nothing_to_read_or_to_write() {
    let place = place();
    fs::create_dir(place.path().join("home")).expect("the folder is fresh");
    fs::write(place.path().join("home/secret"), "secret").expect("the folder is fresh");
    let answer = run_in(
        &place,
        "cat /home/secret; ls /home; echo x > /home/new; echo x > /new; mkdir /etc/x; cat ../home/secret",
        None,
    );
    assert_eq!(answer.stdout.text(), "");
    assert!(answer.stderr.text().contains("Permission denied"), "{}", answer.stderr.text());
    assert!(!place.path().join("home/new").exists() && !place.path().join("new").exists());
    assert!(!place.path().join("etc").exists());
}

#[test]
fn variables_functions_aliases_and_the_directory_last() {
    let place = place();
    let script =
        "mkdir sub; cd sub; x=1; export y=2; a=(p q); declare -A m=([k]=v); f() { echo \"f $1\"; }; shopt -s extglob";
    let first = run_in(&place, script, None);
    let script = "pwd; echo $x $y ${a[1]} ${m[k]}; f z; bash -c 'echo $y'; cd - > /dev/null; pwd";
    let second = run_in(&place, script, Some(&first.kept.bytes));
    assert_eq!(second.stdout.text(), "/workspace/sub\n1 2 q v\nf z\n2\n/workspace\n", "{}", second.stderr.text());
}

#[test]
fn traps_and_set_options_do_not_last() {
    let place = place();
    let first = run_in(&place, "set -e; trap 'echo bye' EXIT; x=1", None);
    assert_eq!(first.stdout.text(), "bye\n");
    let second = run_in(&place, "false; echo on $x", Some(&first.kept.bytes));
    assert_eq!(second.stdout.text(), "on 1\n");
}

#[test]
fn a_directory_that_is_gone_is_the_workspace_again() {
    let place = place();
    let first = run_in(&place, "mkdir sub; cd sub", None);
    fs::remove_dir(place.path().join("workspace/sub")).expect("it is empty");
    assert_eq!(run_in(&place, "pwd", Some(&first.kept.bytes)).stdout.text(), "/workspace\n");
}

#[test]
fn a_damaged_state_is_as_none() {
    let place = place();
    let mut kept = run_in(&place, "x=1", None).kept.bytes;
    kept.truncate(kept.len() / 2);
    for damaged in [&kept[..], b"", b"\0\xff garbage"] {
        assert_eq!(run_in(&place, "echo \"[$x]\"; pwd", Some(damaged)).stdout.text(), "[]\n/workspace\n");
    }
}

#[test]
fn an_exit_keeps_the_state() {
    let place = place();
    let first = run_in(&place, "x=kept; exit 4", None);
    assert_eq!(first.status, 4);
    assert_eq!(run_in(&place, "echo $x", Some(&first.kept.bytes)).stdout.text(), "kept\n");
}

#[test]
fn programs_that_cannot_exist_say_what_to_use() {
    let cases = [
        ("cargo build", "`exec`"),
        ("git push", "`exec`"),
        ("npm install", "`exec`"),
        ("python3 -c 'print(1)'", "`python`"),
        ("curl https://example.com", "`web_fetch`"),
        ("ssh host", "no network"),
        ("sudo ls", "without it"),
        ("docker ps", "no containers"),
        ("vim x", "`edit`"),
    ];
    for (script, advice) in cases {
        let answer = run_in(&place(), script, None);
        let stderr = answer.stderr.text();
        assert_eq!(answer.status, 127, "{script}: {stderr}");
        assert!(stderr.contains("command not found") && stderr.contains(advice), "{script}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{script}: {stderr}");
    }
}

#[test]
fn a_missing_program_is_missing_for_command_and_type_too() {
    assert_eq!(
        says("command -v cargo || echo none; command -v curl || echo none; type git > /dev/null 2>&1 || echo none"),
        "none\nnone\nnone\n"
    );
}

#[test]
fn a_flood_is_stopped_and_keeps_its_beginning_and_end() {
    let answer = run_in(&place(), "while :; do printf '%04000d\\n' 7; done", None);
    assert!(answer.stopped.expect("it was stopped").contains("64 MiB"));
    let text = answer.stdout.text();
    assert!(text.len() < 1100 * 1024 && text.contains("bytes left out"), "{}", text.len());
}

#[test]
fn a_script_without_end_is_stopped_and_says_how_long_it_ran() {
    for script in ["echo on; sleep 100", "echo on; while :; do :; done"] {
        let answer = run_in(&place(), script, None);
        assert_eq!((answer.stdout.text().as_str(), answer.status), ("on\n", 137), "{script}");
        assert!(answer.stopped.expect("it was stopped").contains("5 s"), "{script}");
    }
}

#[test]
fn depth_without_end_is_an_error_and_keeps_what_was_printed() {
    let answer = run_in(&place(), "echo before; f() { f; }; f; echo after", None);
    assert!(answer.stdout.text().starts_with("before\n"));
    assert!(answer.stopped.is_some() || !answer.stderr.text().is_empty());
}

#[test]
fn a_script_that_cannot_be_read_says_where() {
    let answer = run_in(&place(), "echo one\nif true; then echo two", None);
    assert_eq!(answer.status, 2, "{}", answer.stderr.text());
    assert!(answer.stderr.text().contains("line"), "{}", answer.stderr.text());
}

#[test]
fn too_large_a_state_is_cut_and_said() {
    let place = place();
    let first = run_in(&place, "mkdir sub; cd sub; export small=1; big=$(head -c 400000 /dev/zero | tr '\\0' x)", None);
    assert!(first.kept.shortened);
    let second = run_in(&place, "pwd; echo $small ${#big}", Some(&first.kept.bytes));
    assert_eq!(second.stdout.text(), "/workspace/sub\n1 0\n");
}

#[test]
fn a_workspace_script_runs_by_its_name() {
    let place = place();
    fs::write(place.path().join("workspace/tool.sh"), "#!/bin/bash\necho \"ran $1\"\n").expect("the folder is fresh");
    fs::write(place.path().join("workspace/notes.txt"), "echo no\n").expect("the folder is fresh");
    let answer = run_in(&place, "./tool.sh a; ./notes.txt; echo $?; chmod +x notes.txt; ./notes.txt", None);
    assert_eq!(answer.stdout.text(), "ran a\n126\nno\n");
}
