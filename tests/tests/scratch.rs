//! Two sessions of one workspace at the same time: what the one puts into its `/tmp` is not there for the other.

use boxagnts_tests::{House, ScriptedModel};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

const SECRET: &str = "only the first session knows this";

#[test]
fn a12_two_programs_on_one_workspace_have_a_tmp_each() {
    let house = House::new();
    let keep = json!({"script": format!("echo '{SECRET}' > /tmp/kept; cat /tmp/kept")});
    let replies = json!([{"calls": [{"tool": "bash", "input": keep}]}, {"expect": [SECRET], "silent": true}]);
    let model = ScriptedModel::start(&house, &replies);
    let mut first = model.command(&house, &["--permission-mode", "bypass"]).spawn().expect("it starts");
    // It waits for its second answer, which does not come; until then its folder is there.
    while model.requests().len() < 2 {
        std::thread::yield_now();
    }
    let is_kept = |(_, bytes): &(_, Vec<u8>)| String::from_utf8_lossy(bytes).starts_with(SECRET);
    let (kept, _) = house.left_behind().into_iter().find(is_kept).expect("the first session has written it");
    assert!(kept.ends_with("kept") && kept.starts_with(house.home()), "{}", kept.display());

    let look = format!("cat /tmp/kept; ls -a /tmp; cat {}; ls /tmp/..; find / -name kept", kept.display());
    let input = json!({"script": look}).to_string();
    let second = house.run(["tool", "call", "bash", &input, "--permission-mode", "bypass"]);
    assert!(!second.out.contains(SECRET) && !second.err.contains(SECRET), "{second:?}");
    let written = json!({"script": "echo mine > /tmp/kept; cat /tmp/kept"}).to_string();
    let own = house.run(["tool", "call", "bash", &written, "--permission-mode", "bypass"]).code(0);
    assert!(own.out.contains("mine"), "twin: its own is there: {own:?}");
    assert!(house.left_behind().iter().any(is_kept), "the first session's is as it was");

    kill_process(Pid::from_child(&first), Signal::INT).expect("it is there");
    assert_eq!(first.wait().expect("it ends").code(), Some(130));
    assert!(!house.left_behind().iter().any(is_kept), "it went with its session");
}
