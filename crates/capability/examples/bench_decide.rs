//! Times decisions under rules as people have them, for `cargo xtask bench decide`.
//!
//! Each line of its output is a case: its name, a tab, and the nanoseconds of each decision.

use boxagnts_capability::{
    Authority, Capability, Ceiling, DecideRequest, Decision, Effect, Effects, Layer, Mode, Rule, Rulebook, Subject,
    Verdict, decide,
};
use boxagnts_types::{AgentName, CallId, Label, ToolName};
use std::hint::black_box;
use std::time::Instant;

/// How often each case is decided before any is counted, and then by turns.
const WARM: usize = 500;
const TIMES: usize = 20_000;

/// What calls have as effects: `exact` is decided as a whole, `envelope` says what a program could ever need.
const CASES: [(&str, bool, &[&str]); 10] = [
    ("read a file of the workspace", true, &["fs.read:/workspace/src/runtime/session.rs"]),
    ("write a file that a glob grants", true, &["fs.write:/workspace/crates/c17/src/deep/er/module.rs"]),
    ("write a file that nothing grants: a question", true, &["fs.write:/workspace/notes/today.md"]),
    ("write a file that a ceiling denies", true, &["fs.write:/workspace/crates/c17/Cargo.lock"]),
    ("write a file in other letters than ASCII", true, &["fs.write:/workspace/crates/c17/src/größe/naïve.rs"]),
    ("write a protected file", true, &["fs.write:/workspace/vendor/x/.GIT/hooks/pre-commit"]),
    ("fetch a page that is granted", true, &["network.get:https://docs11.example.com/book/ch01.html?highlight=a"]),
    ("send with a secret", true, &["network:https://api3.example.com/v1/issues", "secret:TOKEN@api3.example.com"]),
    (
        "rename a file: four effects",
        true,
        &[
            "fs.read:/workspace/crates/c1/src/a.rs",
            "fs.write:/workspace/crates/c1/src/a.rs",
            "fs.read:/workspace/crates/c2/src/b.rs",
            "fs.write:/workspace/crates/c2/src/b.rs",
        ],
    ),
    (
        "start a shell: an envelope of six",
        false,
        &[
            "fs.read:/workspace",
            "fs.write:/workspace",
            "fs.read:/tmp",
            "fs.write:/tmp",
            "network.get:https://docs.example.com",
            "env:LANG",
        ],
    ),
];

fn main() {
    let authority = Authority::new(rulebook());
    for (name, is_exact, texts) in CASES {
        println!("{name}\t{}", times(|| decided(&authority, effects(is_exact, texts))));
    }
    let whole = effects(false, &["fs.read:/workspace", "fs.write:/workspace"]);
    let (_, Decision::Allow { permit, .. }) = decided(&authority, whole) else { panic!("the shell may start") };
    for (name, text) in [
        ("a running call reads a file", "fs.read:/workspace/src/runtime/session.rs"),
        ("a running call writes what a glob grants", "fs.write:/workspace/crates/c17/src/deep/er/module.rs"),
    ] {
        let effect: Effect = text.parse().expect("an effect");
        let check = || {
            let began = Instant::now();
            let checked = black_box(permit.check(black_box(&effect)));
            (nanoseconds(began), checked)
        };
        println!("{name}\t{}", times(check));
    }
}

/// Rules of somebody who has worked for a while: the defaults, fifty grants of five layers, and five ceilings.
fn rulebook() -> Rulebook {
    let grants = (0..50).map(|number| {
        let capability = match number % 5 {
            0 => format!("fs.write:/workspace/crates/c{number}/src/**"),
            1 => format!("fs.write:/workspace/crates/*{number}/{{src,tests}}/**/*.{{rs,toml}}"),
            2 => format!("fs.write:/workspace/**/c{}/**/*.rs", number - 5),
            3 => format!("network:https://api{number}.example.com/v1"),
            _ => format!("network.get:https://docs{}.example.com", number - 3),
        };
        let layer = [Layer::Answer, Layer::CommandLine, Layer::Granted, Layer::UserConfig][number % 4];
        allow(&capability, layer)
    });
    let others = ["secret:TOKEN@*.example.com", "env:LANG", "fs.write:/tmp"].map(|text| allow(text, Layer::UserConfig));
    let book = grants.chain(others).fold(Rulebook::defaults(Mode::Ask), Rulebook::with);
    (0..5).fold(book, |book, number| book.with_ceiling(ceiling(number)))
}

fn ceiling(number: usize) -> Ceiling {
    let list = |texts: &[&str]| texts.iter().map(|text| capability(text)).collect();
    let mut ceiling = Ceiling::new(format!("the policy {number}"));
    let wide =
        ["fs.read:/", "fs.write:/workspace/**", "fs.write:/tmp", "network:*", "secret:*@*", "env:*", "exec:cargo **"];
    ceiling.allow = number.is_multiple_of(2).then(|| list(&wide));
    ceiling.ask = list(&["network:https://*.bank.example", "fs.write:/workspace/**/release/*.{yml,yaml}"]);
    ceiling.deny = list(&["fs.write:/workspace/**/*.lock", "fs.read:**/[iI]d_*", "network:https://*.ads.example"]);
    ceiling
}

fn allow(text: &str, layer: Layer) -> Rule {
    Rule { verdict: Verdict::Allow, capability: capability(text), layer, subject: Subject::BuiltIn }
}

fn capability(text: &str) -> Capability {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn effects(is_exact: bool, texts: &[&str]) -> Effects {
    if is_exact {
        Effects::Exact(texts.iter().map(|text| text.parse().unwrap_or_else(|error| panic!("{error}"))).collect())
    } else {
        Effects::Envelope(texts.iter().map(|text| capability(text)).collect())
    }
}

/// One decision and its time; what the call is made of was there before, and what came of it is dropped after.
fn decided(authority: &Authority, effects: Effects) -> (u128, Decision) {
    let tool: ToolName = "bash".parse().expect("a tool's name");
    let call: CallId = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().expect("a call's id");
    let (subject, chain, context) = (Subject::BuiltIn, [AgentName::main()], Label::INTERNAL);
    let request = DecideRequest { call, tool: &tool, subject: &subject, chain: &chain, effects, context: &context };
    let began = Instant::now();
    let decision = black_box(decide(authority, black_box(request)));
    (nanoseconds(began), decision)
}

fn nanoseconds(began: Instant) -> u128 {
    began.elapsed().as_nanos()
}

fn times<T>(one: impl Fn() -> (u128, T)) -> String {
    (0..WARM).for_each(|_| drop(one()));
    let times: Vec<String> = (0..TIMES).map(|_| one().0.to_string()).collect();
    times.join(" ")
}
