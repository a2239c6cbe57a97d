//! Random programs, run twice: on the disk, and over a stage with a yes at the end. Nobody may be able to tell which.

use crate::bench::Bench;
use crate::staged::{asked, tree};
use serde_json::{Value, json};
use std::os::unix::fs::symlink;

/// A stream of small numbers that is the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn path(&mut self) -> String {
        let names = ["a", "b", "sub", "sub/file", "sub/a", "a/b", "b/a", "link", "link/a", "sub/deep", "sub/deep/x"];
        let at = usize::try_from(self.roll(names.len() as u64)).unwrap();
        format!("/workspace/{}", names[at])
    }

    fn operation(&mut self, number: usize) -> Value {
        let (path, data) = (self.path(), format!("<{number}>"));
        match self.roll(14) {
            0 | 1 => json!({ "op": "write", "path": path, "data": data }),
            2 => json!({ "op": "append", "path": path, "data": data }),
            3 => json!({ "op": "create_new", "path": path, "data": data }),
            4 => json!({ "op": "mkdir", "path": path }),
            5 => json!({ "op": "rmdir", "path": path }),
            6 => json!({ "op": "remove", "path": path }),
            7 | 8 => json!({ "op": "rename", "from": path, "to": self.path() }),
            9 => json!({ "op": "read", "path": path }),
            10 => json!({ "op": "list", "path": path }),
            11 => json!({ "op": "set_len", "path": path, "size": self.roll(8) }),
            12 => json!({ "op": "read_link", "path": path }),
            _ => {
                json!({ "op": "holding", "path": path, "data": data, "ops": [{ "op": "rename", "from": path, "to": self.path() }] })
            }
        }
    }
}

fn story(ops: &[Value], answers: &[Value]) -> String {
    let lines: Vec<String> = ops.iter().zip(answers).map(|(op, answer)| format!("{op} => {answer}")).collect();
    format!("\n{}", lines.join("\n"))
}

/// The strongest test there is of the view: whatever a program does, it is answered as if there were no stage, and the
/// disk is afterwards as if there had been none.
#[tokio::test(flavor = "multi_thread")]
async fn prepared_work_ends_like_work_on_the_disk() {
    let mut dice = Dice(1);
    for round in 0..150 {
        let ops: Vec<Value> = (0..24).map(|number| dice.operation(number)).collect();
        let (direct, staged) = (Bench::new(), asked([true]));
        for bench in [&direct, &staged] {
            symlink("sub", bench.inside("link")).unwrap();
        }
        let expected = direct.probe(json!(ops)).await;
        let answers = staged.probe(json!(ops)).await;
        for (number, op) in ops.iter().enumerate() {
            assert_eq!(
                answers[number],
                expected[number],
                "round {round}, operation {number}: {op}{}",
                story(&ops, &expected)
            );
        }
        assert_eq!(tree(&staged.inside("")), tree(&direct.inside("")), "round {round}: {}", story(&ops, &expected));
    }
}
