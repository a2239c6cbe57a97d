//! Fuel as a person sets it: an endless script ends at the same line each time, long before its deadline.

#![expect(clippy::unwrap_used, reason = "end-to-end tests look at the world and insist on it")]
#![expect(clippy::disallowed_methods, reason = "the test writes the settings of its own home")]

use boxagnts_tests::{Ended, House};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};

/// Leaves behind how far it came.
const ENDLESS: &str = "i=0; while true; do i=$((i+1)); echo line $i >> trace; done";

fn with(settings: &str) -> House {
    let house = House::new();
    let folder = house.home().join(".config/boxagnts");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    house
}

/// The shell is compiled for counting once and not in each home.
fn script(house: &House, script: &str) -> Ended {
    let input = json!({ "script": script }).to_string();
    let mut command = house.command(["tool", "call", "bash", &input, "--permission-mode", "bypass"]);
    command.env("XDG_CACHE_HOME", Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuel"));
    Ended::of(&command.output().unwrap())
}

/// The last line that an endless script wrote before its fuel was used up.
fn last_line(fuel: u64) -> String {
    let house = with(&format!("[tools.bash.limits]\ntimeout = \"1h\"\nfuel = {fuel}\n"));
    let ended = script(&house, ENDLESS).code(3);
    assert!(ended.err.contains(&format!("the limit of {fuel} units of fuel")), "{ended:?}");
    house.read("trace").lines().last().unwrap().to_owned()
}

#[test]
fn c01_fuel_ends_an_endless_script_at_the_same_line_long_before_its_deadline() {
    const FUEL: u64 = 50_000_000;
    let finite = with(&format!("[tools.bash.limits]\nfuel = {FUEL}\n"));
    // Twin: what needs less ends well. With it the shell is compiled, so that the clock below measures calls.
    assert_eq!(script(&finite, "for i in 1 2 3; do echo $i; done").code(0).out.trim(), "1\n2\n3");
    let begun = Instant::now();
    let first = last_line(FUEL);
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    // Side by side, so that they take the processor from one another.
    let again = std::thread::scope(|scope| {
        let runs = [(); 4].map(|()| scope.spawn(|| last_line(FUEL)));
        runs.map(|run| run.join().unwrap())
    });
    assert_eq!(again, [(); 4].map(|()| first.clone()));
    assert_ne!(last_line(2 * FUEL), first, "with more it comes further");
}

#[test]
fn without_fuel_nothing_is_counted() {
    let house = with("[tools.bash.limits]\ntimeout = \"500ms\"\n[tools.read.limits]\nfuel = 1\n");
    let ended = script(&house, "while true; do x=1; done").code(3);
    assert!(ended.err.contains("the limit of 500 ms of time"), "{ended:?}");
    // Another tool has the fuel, and it is that tool's calls that end.
    house.write("a", "text");
    let read = house.run(["tool", "call", "read", r#"{"path":"a"}"#]).code(3);
    assert!(read.err.contains("the limit of 1 units of fuel") && !read.out.contains("text"), "{read:?}");
    assert_eq!(script(&with(""), "for i in 1 2 3; do echo $i; done").code(0).out.trim(), "1\n2\n3");
    let shown = |tool: &str| house.run(["tool", "show", tool]).code(0).out;
    assert!(shown("bash").contains("limit    fuel off\n"), "{}", shown("bash"));
    assert!(shown("read").contains("limit    fuel 1, from "), "{}", shown("read"));
}
